package sqliteengine

import (
	"context"
	"database/sql"
	"errors"
)

// maxStatements bounds the prepared statements that a connection keeps.
const maxStatements = 256

// Conn is a connection lent to a function for the time of one call. It is not
// for concurrent use.
//
// It keeps the statements it prepared, so the text of a statement should be one
// of few and its values should be arguments. Statements should be short: they
// run to their end even if their context is cancelled. An interrupted write
// would undo the transaction of all callers, and watching for the end of a
// context costs more than a read by key.
type Conn struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func openConn(ctx context.Context, db *sql.DB) (*Conn, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &Conn{conn: conn, statements: map[string]*sql.Stmt{}}, nil
}

// Exec runs a statement that returns no rows, and returns how many rows it
// changed.
func (c *Conn) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx = context.WithoutCancel(ctx)
	stmt, err := c.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Query runs a statement that returns rows, which must be closed before the
// connection goes back.
func (c *Conn) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx = context.WithoutCancel(ctx)
	stmt, err := c.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// QueryRow runs a statement that returns at most one row.
func (c *Conn) QueryRow(ctx context.Context, query string, args ...any) Row {
	ctx = context.WithoutCancel(ctx)
	stmt, err := c.prepare(ctx, query)
	if err != nil {
		return Row{err: err}
	}
	return Row{row: stmt.QueryRowContext(ctx, args...)}
}

// Row is the result of QueryRow.
type Row struct {
	row *sql.Row
	err error
}

// Scan copies the row's columns into dest, as sql.Row.Scan does. Its error is
// sql.ErrNoRows when there is no row.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return r.row.Scan(dest...)
}

func (c *Conn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := c.statements[query]; ok {
		return stmt, nil
	}
	if len(c.statements) >= maxStatements {
		c.closeStatements()
	}
	stmt, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = stmt
	return stmt, nil
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
