package sqliteengine

import (
	"context"
	"errors"
)

// A pool lends connections, at most as many at a time as it has slots. A slot
// whose connection was never needed holds nil.
type pool struct {
	dsn     string
	slots   chan *Conn
	closing chan struct{}
}

func newPool(dsn string, size int) *pool {
	p := &pool{dsn: dsn, slots: make(chan *Conn, size), closing: make(chan struct{})}
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
		if conn, err = openConn(p.dsn); err != nil {
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
