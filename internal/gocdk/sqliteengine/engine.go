package sqliteengine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrClosed is returned by the methods of an Engine after its Close.
var ErrClosed = errors.New("sqliteengine: closed")

// Options adjust an engine. The zero value of each field means its default.
type Options struct {
	// Readers is the most connections that read at the same time; 4 by default.
	Readers int

	// MaxBatch is the most callers whose writes share one commit; 256 by default.
	MaxBatch int

	// BusyTimeout is how long a transaction waits for a program that writes to
	// the file without the lock file, such as the sqlite3 shell; 10 seconds by
	// default.
	BusyTimeout time.Duration

	// SecureDelete overwrites deleted content with zeros.
	// See https://www.sqlite.org/pragma.html#pragma_secure_delete.
	SecureDelete bool
}

func (o *Options) withDefaults() Options {
	var r Options
	if o != nil {
		r = *o
	}
	if r.Readers <= 0 {
		r.Readers = 4
	}
	if r.MaxBatch <= 0 {
		r.MaxBatch = 256
	}
	if r.BusyTimeout <= 0 {
		r.BusyTimeout = 10 * time.Second
	}
	return r
}

// Stats counts what an engine did since the file was opened in this process.
type Stats struct {
	// Commits is the number of transactions committed. One that wrote costs one
	// fsync of the write-ahead log, so Commits/Writes is the fsyncs per write.
	Commits uint64

	// Writes is the number of functions whose writes were committed.
	Writes uint64
}

// Engine is one opening of a database file. It is safe for concurrent use.
type Engine struct {
	slot   *slot
	file   *file
	closed atomic.Bool
}

// Open opens the database file at path, making it when there is none; its
// folder must exist. The file and those that SQLite keeps beside it get mode
// 0600. Opening a file that is open in this process already shares its engine:
// the options of the first opening hold, and asking for another SecureDelete is
// an error. The engine stops when the last opening is closed. ctx limits the
// wait for another process that holds the lock file.
func Open(ctx context.Context, path string, opts *Options) (*Engine, error) {
	s, err := acquire(ctx, path, opts.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("open database %q: %w", path, err)
	}
	return &Engine{slot: s, file: s.file}, nil
}

// Path returns the absolute path of the database file.
func (e *Engine) Path() string { return e.file.path }

// Write runs fn inside a transaction and returns nil once the transaction is
// on disk. Functions of concurrent callers share a transaction but not their
// fate: when fn returns an error, all that it wrote is undone, nothing that
// others wrote is, and Write returns the error. When the commit fails every
// caller gets its error.
//
// When ctx is done before fn has begun, fn never runs and Write returns ctx's
// error; once fn has begun, ctx is no longer regarded. When fn panics its
// writes are undone and Write panics in the caller's goroutine. fn must not
// keep the connection, begin or end transactions, call the engine, or call
// runtime.Goexit, and should be quick: other writers wait for it.
func (e *Engine) Write(ctx context.Context, fn func(*Conn) error) error {
	if e.closed.Load() {
		return ErrClosed
	}
	return e.file.writer.do(ctx, fn)
}

// Read lends fn a read-only connection. Each statement sees everything that was
// committed when it began. ctx limits the wait for a connection. fn must not
// keep the connection, nor call the engine.
func (e *Engine) Read(ctx context.Context, fn func(*Conn) error) error {
	if e.closed.Load() {
		return ErrClosed
	}
	return e.file.readers.do(ctx, fn)
}

// Stats returns the counters of the file's engine, which all its openings in
// this process share.
func (e *Engine) Stats() Stats { return e.file.writer.stats() }

// Close ends this opening. The last one waits for the writes under way, brings
// the write-ahead log into the database and closes the file. Writes that wait
// for another process fail when that lasts longer than a few seconds. A second
// Close returns ErrClosed.
func (e *Engine) Close() error {
	if e.closed.Swap(true) {
		return ErrClosed
	}
	if err := e.slot.release(); err != nil {
		return fmt.Errorf("close database %q: %w", e.file.path, err)
	}
	return nil
}
