package sqliteengine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A writer is the one goroutine that writes to the file, and its queue.
type writer struct {
	dsn      string
	conn     *Conn // of the goroutine while that runs; nil after it broke
	lock     *lockFile
	maxBatch int

	closing sync.RWMutex // held for reading while a call enters the queue
	closed  bool
	queue   chan *call
	stopped chan struct{}
	abandon chan struct{} // closed when nobody shall wait for other processes any more

	commits atomic.Uint64
	writes  atomic.Uint64
}

// startWriter opens the writer's connection and starts its goroutine, which
// runs until stop.
func startWriter(ctx context.Context, f *file) (*writer, error) {
	w := &writer{
		dsn:      f.dsn("rw"),
		lock:     f.lock,
		maxBatch: f.opts.MaxBatch,
		queue:    make(chan *call, f.opts.MaxBatch),
		stopped:  make(chan struct{}),
		abandon:  make(chan struct{}),
	}
	ctx = context.WithoutCancel(ctx)
	if err := w.connect(); err != nil {
		return nil, err
	}
	go w.run(ctx)
	return w, nil
}

func (w *writer) connect() error {
	if w.conn != nil {
		return nil
	}
	conn, err := openConn(w.dsn)
	if err != nil {
		return err
	}
	w.conn = conn
	return nil
}

func (w *writer) stats() Stats {
	return Stats{Commits: w.commits.Load(), Writes: w.writes.Load()}
}

// The states of a call. It leaves callWaiting once, by compare-and-swap.
const (
	callWaiting int32 = iota
	callTaken
	callAbandoned
)

// A call is one caller's function on its way through the writer.
type call struct {
	fn       func(*Conn) error
	state    atomic.Int32
	err      error  // set before done is closed
	panicked string // what fn panicked with, and where
	done     chan struct{}
}

// do hands fn to the writer's goroutine and waits for the outcome.
func (w *writer) do(ctx context.Context, fn func(*Conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &call{fn: fn, done: make(chan struct{})}
	if err := w.enqueue(ctx, c); err != nil {
		return err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if c.state.CompareAndSwap(callWaiting, callAbandoned) {
			return ctx.Err()
		}
		<-c.done
	}
	if c.panicked != "" {
		panic(c.panicked)
	}
	return c.err
}

func (w *writer) enqueue(ctx context.Context, c *call) error {
	w.closing.RLock()
	defer w.closing.RUnlock()
	if w.closed {
		return ErrClosed
	}
	select {
	case w.queue <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// closeWait is how long closing waits for another process that holds the lock.
const closeWait = 5 * time.Second

// errLockAbandoned says that another process held the lock until nobody waited
// for it any more.
var errLockAbandoned = errors.New("another process holds the lock file")

// stop lets the goroutine finish what is queued and ends it. What waits for
// another process after closeWait fails. The error is that of closing the
// connection.
func (w *writer) stop() error {
	w.closing.Lock()
	w.closed = true
	close(w.queue)
	w.closing.Unlock()
	giveUp := time.AfterFunc(closeWait, func() { close(w.abandon) })
	<-w.stopped
	giveUp.Stop()
	return w.disconnect()
}

func (w *writer) run(ctx context.Context) {
	defer close(w.stopped)
	for c := range w.queue {
		w.runBatch(ctx, c)
	}
}

// errAbandoned says that nobody waits for a batch any more.
var errAbandoned = errors.New("nobody waits")

// runBatch runs first and whatever else is queued in one transaction. Calls are
// taken once it has begun: until then their callers may give up. It does not
// wait for more: while one batch is being written to disk the next one gathers
// by itself.
func (w *writer) runBatch(ctx context.Context, first *call) {
	var batch []*call
	err := w.transaction(ctx, func() error {
		if batch = w.gather(nil, first); len(batch) == 0 {
			return errAbandoned
		}
		for i := 0; i < len(batch); i++ {
			if err := w.runCall(ctx, batch[i]); err != nil {
				return err
			}
			if i == len(batch)-1 {
				batch = w.gather(batch, nil)
			}
		}
		return nil
	})
	if batch == nil && first.take() { // it never began
		batch = []*call{first}
	}
	for _, c := range batch {
		switch {
		case err != nil:
			c.err = err
		case c.err == nil && c.panicked == "":
			w.writes.Add(1)
		}
		close(c.done)
	}
}

// take keeps the caller from giving up, unless it has.
func (c *call) take() bool { return c.state.CompareAndSwap(callWaiting, callTaken) }

// gather adds first and the queued calls whose callers still wait.
func (w *writer) gather(batch []*call, first *call) []*call {
	take := func(c *call) {
		if c != nil && c.take() {
			batch = append(batch, c)
		}
	}
	take(first)
	for len(batch) < w.maxBatch {
		select {
		case c, ok := <-w.queue:
			if !ok {
				return batch
			}
			take(c)
		default:
			return batch
		}
	}
	return batch
}

// transaction runs fn between BEGIN and COMMIT, under the lock file.
func (w *writer) transaction(ctx context.Context, fn func() error) error {
	if err := w.lock.lock(w.abandon); err != nil {
		return fmt.Errorf("lock database: %w", err)
	}
	defer w.lock.unlock()
	if err := w.connect(); err != nil {
		return fmt.Errorf("connect to database: %w", err)
	}
	if _, err := w.conn.Exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		w.rollback(ctx)
		return fmt.Errorf("begin transaction: %w", err)
	}
	if err := fn(); err != nil {
		w.rollback(ctx)
		return fmt.Errorf("transaction lost: %w", err)
	}
	if _, err := w.conn.Exec(ctx, "COMMIT"); err != nil {
		w.rollback(ctx)
		return fmt.Errorf("commit transaction: %w", err)
	}
	w.commits.Add(1)
	return nil
}

// rollback ends the transaction, with the connection if nothing else helps.
// SQLite may have rolled back by itself (a full disk), and then says that
// there is no transaction; a fresh connection is right in any case.
func (w *writer) rollback(ctx context.Context) {
	if _, err := w.conn.Exec(ctx, "ROLLBACK"); err != nil {
		w.disconnect() // whose error would tell nothing new
	}
}

func (w *writer) disconnect() error {
	if w.conn == nil {
		return nil
	}
	conn := w.conn
	w.conn = nil
	return conn.close()
}

// runCall runs c's function in a savepoint. What it returns is an error of the
// transaction as a whole; the function's own is left in c.
func (w *writer) runCall(ctx context.Context, c *call) error {
	if _, err := w.conn.Exec(ctx, "SAVEPOINT caller"); err != nil {
		return err
	}
	c.protect(w.conn)
	if c.err == nil && c.panicked == "" {
		_, err := w.conn.Exec(ctx, "RELEASE caller")
		return err
	}
	_, err := w.conn.Exec(ctx, "ROLLBACK TO caller")
	if err == nil {
		_, err = w.conn.Exec(ctx, "RELEASE caller")
	}
	if err != nil {
		return errors.Join(c.err, err)
	}
	return nil
}

func (c *call) protect(conn *Conn) {
	defer func() {
		if p := recover(); p != nil {
			c.panicked = fmt.Sprintf("%v\n\nin a write function:\n%s", p, debug.Stack())
		}
	}()
	c.err = c.fn(conn)
}
