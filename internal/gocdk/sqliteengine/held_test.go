//go:build unix

package sqliteengine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"promptz/internal/gocdk/sqliteengine"
)

// TestWriteGivesUpWhileAnotherHoldsTheLock holds the lock file as a stopped
// process would: a caller whose context ends gets away, and its function never
// runs.
func TestWriteGivesUpWhileAnotherHoldsTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	e := open(t, path, nil)
	mustExec(t, e, "CREATE TABLE t (n)")
	other, err := os.OpenFile(path+".lock", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := syscall.Flock(int(other.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
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
	if err := syscall.Flock(int(other.Fd()), syscall.LOCK_UN); err != nil {
		t.Fatal(err)
	}
	mustExec(t, e, "INSERT INTO t VALUES (1)")
	if got := queryInt(t, e, "SELECT count(*) FROM t"); got != 1 {
		t.Errorf("there are %d rows, want 1", got)
	}
}
