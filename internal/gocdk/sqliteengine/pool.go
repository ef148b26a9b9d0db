package sqliteengine

import (
	"context"
	"database/sql"
	"errors"
)

// A pool lends connections, at most as many at a time as it has slots. A slot
// whose connection was never needed holds nil.
type pool struct {
	db      *sql.DB
	slots   chan *Conn
	closing chan struct{}
}

func newPool(db *sql.DB, size int) *pool {
	p := &pool{db: db, slots: make(chan *Conn, size), closing: make(chan struct{})}
	for range size {
		p.slots <- nil
	}
	return p
}

// do lends fn a connection, and has it back whatever becomes of fn.
func (p *pool) do(ctx context.Context, fn func(*Conn) error) error {
	conn, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer func() { p.slots <- conn }()
	if conn == nil {
		if conn, err = openConn(ctx, p.db); err != nil {
			return err
		}
	}
	return fn(conn)
}

func (p *pool) take(ctx context.Context) (*Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-p.closing:
		return nil, ErrClosed
	default:
	}
	select {
	case conn := <-p.slots:
		return conn, nil
	case <-p.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// close waits for the connections that are lent, and closes all.
func (p *pool) close() error {
	close(p.closing)
	var errs []error
	for range cap(p.slots) {
		if conn := <-p.slots; conn != nil {
			errs = append(errs, conn.close())
		}
	}
	return errors.Join(errs...)
}
