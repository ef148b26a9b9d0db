package sqliteengine_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"promptz/internal/gocdk/sqliteengine"
)

// The tests of several processes run the test binary again, with these set.
const (
	envFile  = "SQLITEENGINE_TEST_FILE"
	envCount = "SQLITEENGINE_TEST_COUNT"
)

func TestMain(m *testing.M) {
	if os.Getenv(envFile) == "" {
		os.Exit(m.Run())
	}
	if err := child(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child opens the file, says so, waits for a line, and then writes as often as
// it was told, saying the number of each write once it is acknowledged.
func child(ctx context.Context) error {
	e, err := sqliteengine.Open(ctx, os.Getenv(envFile), nil)
	if err != nil {
		return err
	}
	fmt.Println("open")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	n, err := strconv.Atoi(os.Getenv(envCount))
	if err != nil {
		return err
	}
	for i := 1; i <= n; i++ {
		if err := logWrite(ctx, e, "child", i); err != nil {
			return err
		}
		fmt.Println(i)
	}
	return e.Close()
}

// logWrite notes one write and adds one to the counter, by reading it first.
func logWrite(ctx context.Context, e *sqliteengine.Engine, who string, n int) error {
	return e.Write(ctx, func(c *sqliteengine.Conn) error {
		if _, err := c.Exec(ctx, "INSERT INTO log (who, n) VALUES (?, ?)", who, n); err != nil {
			return err
		}
		var counter int
		if err := c.QueryRow(ctx, "SELECT n FROM counter").Scan(&counter); err != nil {
			return err
		}
		_, err := c.Exec(ctx, "UPDATE counter SET n = ?", counter+1)
		return err
	})
}

func createLog(t *testing.T, e *sqliteengine.Engine) {
	t.Helper()
	mustExec(t, e, "CREATE TABLE log (id INTEGER PRIMARY KEY, who TEXT, n INTEGER)")
	mustExec(t, e, "CREATE TABLE counter (n INTEGER)")
	mustExec(t, e, "INSERT INTO counter VALUES (0)")
}

// A process is a child that has opened the file.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Scanner
}

func startChild(t *testing.T, path string, count int) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(exe)}
	p.cmd.Env = append(os.Environ(), envFile+"="+path, envCount+"="+strconv.Itoa(count))
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(stdout)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !p.out.Scan() || p.out.Text() != "open" {
		t.Fatalf("child said %q, want open", p.out.Text())
	}
	return p
}

func (p *process) begin(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(p.stdin, "go\n"); err != nil {
		t.Fatal(err)
	}
}

// wait reads what is left of the child's output, returns the number of lines,
// and checks that the child ended well.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	lines := 0
	for p.out.Scan() {
		lines++
	}
	if err := p.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// While it writes, the engine holds the lock file against other engines, and
// SQLite's own lock, from the beginning, against programs that do not know it.
func TestWriterExcludesOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	e := open(t, path, nil)
	mustExec(t, e, "CREATE TABLE t (n)")
	lock, err := os.Open(path + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tryBoth := func() (lockErr, writeErr error) {
		lockErr = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		_, writeErr = other.ExecContext(t.Context(), "INSERT INTO t VALUES (1)")
		return lockErr, writeErr
	}
	err = e.Write(t.Context(), func(*sqliteengine.Conn) error {
		if lockErr, writeErr := tryBoth(); !errors.Is(lockErr, syscall.EWOULDBLOCK) || writeErr == nil {
			t.Errorf("during a write: locking gave %v, writing gave %v", lockErr, writeErr)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if lockErr, writeErr := tryBoth(); lockErr != nil || writeErr != nil {
		t.Errorf("after it: locking gave %v, writing gave %v", lockErr, writeErr)
	}
}

// A child with one caller must get its turn beside a parent with fifty, and no
// write may be lost between them.
func TestTwoProcessesTakeTurns(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "test.db")
	e := open(t, path, nil)
	createLog(t, e)
	count := 200
	if testing.Short() {
		count = 50
	}
	p := startChild(t, path, count)
	before := e.Stats()
	p.begin(t)
	var parents sync.WaitGroup
	var stop atomic.Bool
	for range 50 {
		parents.Go(func() {
			for i := 0; !stop.Load(); i++ {
				if err := logWrite(ctx, e, "parent", i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	acknowledged := p.wait(t)
	commits := e.Stats().Commits - before.Commits
	stop.Store(true)
	parents.Wait()

	if acknowledged != count {
		t.Errorf("the child had %d writes acknowledged, want %d", acknowledged, count)
	}
	if commits > uint64(10*count) {
		t.Errorf("the parent committed %d times while the child did %d times", commits, count)
	}
	if got := queryInt(t, e, "SELECT count(*) FROM log WHERE who = 'child'"); got != count {
		t.Errorf("there are %d writes of the child, want %d", got, count)
	}
	rows, counter := queryInt(t, e, "SELECT count(*) FROM log"), queryInt(t, e, "SELECT n FROM counter")
	if rows != counter {
		t.Errorf("%d writes counted %d: an update was lost", rows, counter)
	}
}
