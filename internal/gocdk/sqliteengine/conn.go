package sqliteengine

import (
	"context"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// maxStatements bounds the prepared statements that a connection keeps.
const maxStatements = 256

// ErrNoRows is the error of Row.Scan when there is no row.
var ErrNoRows = errors.New("sqliteengine: no rows")

// Conn is a connection lent to a function for the time of one call. It is not
// for concurrent use.
//
// It keeps the statements it prepared, so the text of a statement should be one
// of few and its values should be arguments. Statements should be short: they
// run to their end even if their context is cancelled. An interrupted write
// would undo the transaction of all callers, and watching for the end of a
// context costs more than a read by key.
//
// It works on the driver itself: the pools here are our own, and what
// database/sql adds to every statement costs as much as a read by key.
type Conn struct {
	conn       driver.Conn
	statements map[string]*statement
}

// statement is a prepared one, by the interfaces that the driver's has.
type statement struct {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func openConn(dsn string) (*Conn, error) {
	conn, err := new(sqlite.Driver).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &Conn{conn: conn, statements: map[string]*statement{}}, nil
}

// Exec runs a statement that returns no rows, and returns how many rows it
// changed.
func (c *Conn) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return c.execUntil(context.WithoutCancel(ctx), query, args...)
}

// execUntil is Exec for what ends with ctx.
func (c *Conn) execUntil(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, values, err := c.prepare(query, args)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, values)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Query runs a statement that returns rows, which must be closed before the
// connection goes back.
func (c *Conn) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	stmt, values, err := c.prepare(query, args)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(context.WithoutCancel(ctx), values)
	if err != nil {
		return nil, err
	}
	return &Rows{rows: rows, values: make([]driver.Value, len(rows.Columns()))}, nil
}

// QueryRow runs a statement of which at most the first row counts.
func (c *Conn) QueryRow(ctx context.Context, query string, args ...any) Row {
	rows, err := c.Query(ctx, query, args...)
	return Row{rows, err}
}

// prepare gives the statement, prepared, and its arguments as the driver takes
// them.
func (c *Conn) prepare(query string, args []any) (*statement, []driver.NamedValue, error) {
	values := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return nil, nil, err
		}
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	if stmt, ok := c.statements[query]; ok {
		return stmt, values, nil
	}
	if len(c.statements) >= maxStatements {
		c.closeStatements()
	}
	stmt, err := c.conn.Prepare(query)
	if err != nil {
		return nil, nil, err
	}
	c.statements[query] = &statement{stmt, stmt.(driver.StmtExecContext), stmt.(driver.StmtQueryContext)}
	return c.statements[query], values, nil
}

func (c *Conn) closeStatements() error {
	var errs []error
	for query, stmt := range c.statements {
		errs = append(errs, stmt.Close())
		delete(c.statements, query)
	}
	return errors.Join(errs...)
}

func (c *Conn) close() error {
	return errors.Join(c.closeStatements(), c.conn.Close())
}
