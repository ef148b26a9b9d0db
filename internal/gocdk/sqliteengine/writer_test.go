package sqliteengine_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"promptz/internal/gocdk/sqliteengine"
)

// blockWriter keeps the writer busy until the returned function is called,
// which also checks that the write went well.
func blockWriter(t *testing.T, e *sqliteengine.Engine) (release func()) {
	t.Helper()
	begun, end, result := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		result <- e.Write(t.Context(), func(*sqliteengine.Conn) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	return func() {
		t.Helper()
		close(end)
		if err := <-result; err != nil {
			t.Error(err)
		}
	}
}

func insert(ctx context.Context, n int) func(*sqliteengine.Conn) error {
	return func(c *sqliteengine.Conn) error {
		_, err := c.Exec(ctx, "INSERT INTO t VALUES (?)", n)
		return err
	}
}

func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		e := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
		mustExec(t, e, "CREATE TABLE t (n)")
		before := e.Stats()
		release := blockWriter(t, e)
		var callers sync.WaitGroup
		for i := range 50 {
			callers.Go(func() {
				if err := e.Write(ctx, insert(ctx, i)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // all are queued
		release()
		callers.Wait()
		after := e.Stats()
		if commits, writes := after.Commits-before.Commits, after.Writes-before.Writes; commits != 1 || writes != 51 {
			t.Errorf("%d writes in %d commits, want 51 in 1", writes, commits)
		}
		if got := queryInt(t, e, "SELECT count(*) FROM t"); got != 50 {
			t.Errorf("there are %d rows, want 50", got)
		}
	})
}

func TestBatchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, filepath.Join(t.TempDir(), "test.db"), &sqliteengine.Options{MaxBatch: 4})
		mustExec(t, e, "CREATE TABLE t (n)")
		before := e.Stats().Commits
		release := blockWriter(t, e)
		var callers sync.WaitGroup
		for i := range 7 {
			callers.Go(func() {
				if err := e.Write(t.Context(), insert(t.Context(), i)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		release()
		callers.Wait()
		if got := e.Stats().Commits - before; got != 2 {
			t.Errorf("8 writes took %d commits, want 2 of 4", got)
		}
	})
}

type failureCase struct {
	fn        func(ctx context.Context, c *sqliteengine.Conn) error
	wantErr   error
	wantPanic string
}

func TestFailureDoesNotHurtNeighbours(t *testing.T) {
	failure := errors.New("changed my mind")
	cases := map[string]failureCase{
		"error": {
			fn:      func(context.Context, *sqliteengine.Conn) error { return failure },
			wantErr: failure,
		},
		"panic": {
			fn:        func(context.Context, *sqliteengine.Conn) error { panic("out of cheese") },
			wantPanic: "out of cheese",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testFailure(t, test) })
		})
	}
}

// testFailure runs a function that fails among ten that do not.
func testFailure(t *testing.T, test failureCase) {
	ctx := t.Context()
	e := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	mustExec(t, e, "CREATE TABLE t (n)")
	release := blockWriter(t, e)
	var callers sync.WaitGroup
	for i := range 10 {
		callers.Go(func() {
			if err := e.Write(ctx, insert(ctx, i)); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Go(func() {
		panicked, err := writeRecovering(ctx, e, func(c *sqliteengine.Conn) error {
			if err := insert(ctx, 99)(c); err != nil {
				return err
			}
			return test.fn(ctx, c)
		})
		if !errors.Is(err, test.wantErr) {
			t.Errorf("error is %v, want %v", err, test.wantErr)
		}
		if !strings.HasPrefix(panicked, test.wantPanic) {
			t.Errorf("panic is %q, want %q", panicked, test.wantPanic)
		}
	})
	synctest.Wait()
	release()
	callers.Wait()
	if got := queryInt(t, e, "SELECT count(*) FROM t"); got != 10 {
		t.Errorf("there are %d rows, want 10", got)
	}
	if got := queryInt(t, e, "SELECT count(*) FROM t WHERE n = 99"); got != 0 {
		t.Error("the failed function's row is there")
	}
}

func writeRecovering(ctx context.Context, e *sqliteengine.Engine, fn func(*sqliteengine.Conn) error) (panicked string, err error) {
	defer func() {
		if p := recover(); p != nil {
			panicked = p.(string)
		}
	}()
	return "", e.Write(ctx, fn)
}

func TestCancelledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
		mustExec(t, e, "CREATE TABLE t (n)")
		release := blockWriter(t, e)
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error)
		go func() { result <- e.Write(ctx, insert(ctx, 1)) }()
		synctest.Wait() // it is queued
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("Write returned %v, want Canceled", err)
		}
		release()
		mustExec(t, e, "INSERT INTO t VALUES (2)")
		if got := queryInt(t, e, "SELECT sum(n) FROM t"); got != 2 {
			t.Errorf("sum is %d, want 2: a write ran that was given up", got)
		}
	})
}

func TestCancelledWhileRunning(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	mustExec(t, e, "CREATE TABLE t (n)")
	ctx, cancel := context.WithCancel(t.Context())
	err := e.Write(ctx, func(c *sqliteengine.Conn) error {
		cancel()
		return insert(ctx, 1)(c)
	})
	if err != nil {
		t.Errorf("Write returned %v for a write that had begun", err)
	}
	if got := queryInt(t, e, "SELECT count(*) FROM t"); got != 1 {
		t.Errorf("there are %d rows, want 1", got)
	}
}

func TestCloseFinishesQueuedWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "test.db")
		e := open(t, path, nil)
		mustExec(t, e, "CREATE TABLE t (n)")
		release := blockWriter(t, e)
		result := make(chan error, 2)
		go func() { result <- e.Write(t.Context(), insert(t.Context(), 1)) }()
		synctest.Wait()
		go func() { result <- e.Close() }()
		release()
		for range 2 {
			if err := <-result; err != nil {
				t.Error(err)
			}
		}
		if got := queryInt(t, open(t, path, nil), "SELECT count(*) FROM t"); got != 1 {
			t.Errorf("there are %d rows, want 1", got)
		}
	})
}

// A full database makes SQLite undo the whole transaction by itself.
func TestDiskFull(t *testing.T) {
	ctx := t.Context()
	e := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	mustExec(t, e, "CREATE TABLE t (n)")
	limit := func(pages string) {
		t.Helper()
		err := e.Write(ctx, func(c *sqliteengine.Conn) error {
			var got int
			return c.QueryRow(ctx, "PRAGMA max_page_count = "+pages).Scan(&got)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit("20")
	err := e.Write(ctx, func(c *sqliteengine.Conn) error {
		_, err := c.Exec(ctx, "INSERT INTO t VALUES (zeroblob(1000000))")
		return err
	})
	var native *sqlite.Error
	if !errors.As(err, &native) || native.Code() != sqlite3.SQLITE_FULL {
		t.Fatalf("error is %v, want SQLITE_FULL", err)
	}
	limit("1000000")
	mustExec(t, e, "INSERT INTO t VALUES (1)")
	if got := queryInt(t, e, "SELECT count(*) FROM t"); got != 1 {
		t.Errorf("there are %d rows, want 1", got)
	}
}

// A function that ends the transaction breaks the promise made to its
// neighbours: they must learn of it, and the writer goes on with another
// connection.
func TestLostTransaction(t *testing.T) {
	ctx := t.Context()
	e := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	mustExec(t, e, "CREATE TABLE t (n)")
	timeout := func(query string) (got int) {
		t.Helper()
		err := e.Write(ctx, func(c *sqliteengine.Conn) error { return c.QueryRow(ctx, query).Scan(&got) })
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := timeout("PRAGMA busy_timeout = 7"); got != 7 {
		t.Fatalf("busy_timeout is %d, want 7", got)
	}
	err := e.Write(ctx, func(c *sqliteengine.Conn) error {
		_, err := c.Exec(ctx, "ROLLBACK")
		return err
	})
	if err == nil {
		t.Error("Write succeeded although its transaction was rolled back")
	}
	if got := timeout("PRAGMA busy_timeout"); got != 10_000 {
		t.Errorf("busy_timeout is %d: the connection is the old one", got)
	}
	mustExec(t, e, "INSERT INTO t VALUES (1)")
	if got := queryInt(t, e, "SELECT count(*) FROM t"); got != 1 {
		t.Errorf("there are %d rows, want 1", got)
	}
}
