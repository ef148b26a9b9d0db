//go:build unix

package sqliteengine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"promptz/internal/gocdk/sqliteengine"
)

// hold holds the lock file of a database as a stopped process would, until
// letGo.
func hold(t *testing.T, path string) (letGo func()) {
	t.Helper()
	other, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	if err := syscall.Flock(int(other.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := syscall.Flock(int(other.Fd()), syscall.LOCK_UN); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWriteGivesUpWhileAnotherHoldsTheLock holds the lock file as a stopped
// process would: a caller whose context ends gets away, and its function never
// runs.
func TestWriteGivesUpWhileAnotherHoldsTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	e := open(t, path, nil)
	mustExec(t, e, "CREATE TABLE t (n)")
	letGo := hold(t, path)
	for range 3 { // those that queue behind the first, too
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		err := e.Write(ctx, func(c *sqliteengine.Conn) error {
			t.Error("the function of a caller that gave up ran")
			return nil
		})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
	}
	letGo()
	mustExec(t, e, "INSERT INTO t VALUES (1)")
	if got := queryInt(t, e, "SELECT count(*) FROM t"); got != 1 {
		t.Errorf("there are %d rows, want 1", got)
	}
}

// Opening one database waits for a stopped process no longer than its caller
// does, and keeps nobody from another database.
func TestOpenGivesUpWhileAnotherHoldsTheLock(t *testing.T) {
	held, free := filepath.Join(t.TempDir(), "held.db"), filepath.Join(t.TempDir(), "free.db")
	letGo := hold(t, held)
	ctx, cancel := context.WithCancel(t.Context())
	const openers = 3
	refused := make(chan error, openers)
	for range openers {
		go func() {
			_, err := sqliteengine.Open(ctx, held, nil)
			refused <- err
		}()
	}
	e, err := sqliteengine.Open(t.Context(), free, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	for range openers {
		if err := <-refused; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's error", err)
		}
	}
	letGo()
	mustExec(t, open(t, held, nil), "CREATE TABLE t (n)")
}

// Closing ends, whoever holds the lock file; a caller that still waited gets an
// error, and what was acknowledged before is there.
func TestCloseGivesUpWhileAnotherHoldsTheLock(t *testing.T) {
	t.Parallel() // it takes as long as closing waits
	path := filepath.Join(t.TempDir(), "test.db")
	e, err := sqliteengine.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, e, "CREATE TABLE t (n)")
	letGo := hold(t, path)
	const writers = 2 // the second waits in the queue
	written := make(chan error, writers)
	for range writers {
		go func() {
			written <- e.Write(t.Context(), func(c *sqliteengine.Conn) error {
				t.Error("the function of a caller that was refused ran")
				return nil
			})
		}()
	}
	for e.Queued() < writers-1 {
		runtime.Gosched()
	}
	if err := e.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	for range writers {
		if err := <-written; err == nil {
			t.Error("a write that never was is acknowledged")
		}
	}
	letGo()
	again := open(t, path, nil)
	mustExec(t, again, "INSERT INTO t VALUES (1)")
	if got := queryInt(t, again, "SELECT count(*) FROM t"); got != 1 {
		t.Errorf("there are %d rows, want 1", got)
	}
}
