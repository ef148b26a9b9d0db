package sqliteengine

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// Rows are the rows of a query, one at a time. They are not for concurrent use.
type Rows struct {
	rows   driver.Rows
	values []driver.Value
	err    error
}

// Next goes to the next row. It is false after the last, and when reading failed:
// see Err.
func (r *Rows) Next() bool {
	r.err = r.rows.Next(r.values)
	return r.err == nil
}

// Scan gives the columns of the row: into a *string, *[]byte, *int, *int64,
// *bool or *float64, which take values of their own type alone, or into an *any.
// What it gives is the caller's to keep.
func (r *Rows) Scan(dest ...any) error {
	if len(dest) != len(r.values) {
		return fmt.Errorf("scan: %d columns into %d", len(r.values), len(dest))
	}
	for i, d := range dest {
		if !assign(d, r.values[i]) {
			return fmt.Errorf("scan: column %d is a %T, not for a %T", i, r.values[i], d)
		}
	}
	return nil
}

// assign tells whether value is one for dest.
func assign(dest any, value driver.Value) (ok bool) {
	switch d := dest.(type) {
	case *any:
		*d, ok = value, true
	case *string:
		*d, ok = value.(string)
	case *[]byte:
		*d, ok = value.([]byte)
	case *int64:
		*d, ok = value.(int64)
	case *int:
		var n int64
		n, ok = value.(int64)
		*d = int(n)
	case *bool:
		*d, ok = value == int64(1), value == int64(0) || value == int64(1)
	case *float64:
		*d, ok = value.(float64)
	}
	return ok
}

// Err is why Next ended before the last row, if it did.
func (r *Rows) Err() error {
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}

// Close ends the query.
func (r *Rows) Close() error { return r.rows.Close() }

// Row is the first row of a query.
type Row struct {
	rows *Rows
	err  error
}

// Scan is Rows.Scan, and ends the query. Its error is ErrNoRows when there is no
// row.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return ErrNoRows
	}
	return r.rows.Scan(dest...)
}
