package sqliteengine_test

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/gocdk/sqliteengine"
)

func open(t testing.TB, path string, opts *sqliteengine.Options) *sqliteengine.Engine {
	t.Helper()
	e, err := sqliteengine.Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func mustExec(t testing.TB, e *sqliteengine.Engine, query string, args ...any) {
	t.Helper()
	err := e.Write(t.Context(), func(c *sqliteengine.Conn) error {
		_, err := c.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func queryInt(t testing.TB, e *sqliteengine.Engine, query string, args ...any) int {
	t.Helper()
	var n int
	err := e.Read(t.Context(), func(c *sqliteengine.Conn) error {
		return c.QueryRow(t.Context(), query, args...).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFileModes(t *testing.T) {
	for _, mask := range []int{0, 0o277} {
		t.Run(strconv.FormatInt(int64(mask), 8), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			defer syscall.Umask(syscall.Umask(mask))
			e := open(t, path, nil)
			mustExec(t, e, "CREATE TABLE t (n)")
			for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
				checkMode(t, path+suffix)
			}
		})
	}
}

func TestOpenNarrowsMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, path, nil)
	checkMode(t, path)
}

func checkMode(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode of %s is %o, want 600", filepath.Base(path), got)
	}
}

func TestSettings(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "test.db"), &sqliteengine.Options{SecureDelete: true})
	for pragma, want := range map[string]any{
		"journal_mode":  "wal",
		"synchronous":   int64(2), // FULL
		"secure_delete": int64(1),
	} {
		var got any
		err := e.Write(t.Context(), func(c *sqliteengine.Conn) error {
			return c.QueryRow(t.Context(), "PRAGMA "+pragma).Scan(&got)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s = %v, want %v", pragma, got, want)
		}
	}
}

func TestReadersMapTheFile(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	var mapped int64
	err := e.Read(t.Context(), func(c *sqliteengine.Conn) error {
		return c.QueryRow(t.Context(), "PRAGMA mmap_size").Scan(&mapped)
	})
	if err != nil || mapped < 1<<30 {
		t.Errorf("%d bytes are mapped, %v", mapped, err)
	}
}

func TestScan(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	scan := func(query string, dest ...any) error {
		return e.Read(t.Context(), func(c *sqliteengine.Conn) error { return c.QueryRow(t.Context(), query).Scan(dest...) })
	}
	var (
		text    string
		blob    []byte
		whole   int
		long    int64
		float   float64
		yes     bool
		nothing any = "before"
	)
	err := scan("SELECT 'a', x'00ff', 7, -9223372036854775808, 0.5, true, NULL", &text, &blob, &whole, &long, &float, &yes, &nothing)
	if err != nil || text != "a" || string(blob) != "\x00\xff" || whole != 7 || long != math.MinInt64 || float != 0.5 || !yes || nothing != nil {
		t.Errorf("%q %q %d %d %v %t %v, %v", text, blob, whole, long, float, yes, nothing, err)
	}
	for query, dest := range map[string]any{
		"SELECT 1": &text, "SELECT 'a'": &whole, "SELECT x'00'": &text, "SELECT NULL": &long, "SELECT 1.5": &long, "SELECT 2": new(bool),
	} {
		if err := scan(query, dest); err == nil {
			t.Errorf("%s fits into %T", query, dest)
		}
	}
	if err := scan("SELECT 1, 2", &whole); err == nil {
		t.Error("two columns fit into one")
	}
	if err := scan("SELECT 1 WHERE false", &whole); !errors.Is(err, sqliteengine.ErrNoRows) {
		t.Errorf("no row: %v", err)
	}
}

func TestOneEnginePerFile(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "test.db"), filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	first := open(t, filepath.Join(link, "test.db"), nil) // which does not exist yet
	second := open(t, path, nil)
	if first.Path() != second.Path() {
		t.Fatalf("paths are %q and %q", first.Path(), second.Path())
	}
	mustExec(t, first, "CREATE TABLE t (n)")
	if diff := cmp.Diff(first.Stats(), second.Stats()); diff != "" {
		t.Errorf("openings count apart (-first +second):\n%s", diff)
	}
	if _, err := sqliteengine.Open(t.Context(), path, &sqliteengine.Options{SecureDelete: true}); err == nil {
		t.Error("opened with another secure_delete")
	}

	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	mustExec(t, second, "INSERT INTO t VALUES (1)")
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the last Close the write-ahead log is still there: %v", err)
	}
	if got := queryInt(t, open(t, path, nil), "SELECT count(*) FROM t"); got != 1 {
		t.Errorf("after reopening there are %d rows, want 1", got)
	}
}

func TestClosed(t *testing.T) {
	ctx := t.Context()
	e := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	nothing := func(*sqliteengine.Conn) error { t.Error("function was called"); return nil }
	for name, err := range map[string]error{
		"Write":  e.Write(ctx, nothing),
		"Read":   e.Read(ctx, nothing),
		"Backup": e.Backup(ctx, filepath.Join(t.TempDir(), "copy")),
		"Close":  e.Close(),
	} {
		if !errors.Is(err, sqliteengine.ErrClosed) {
			t.Errorf("%s after Close returned %v, want ErrClosed", name, err)
		}
	}
}

func TestOpenFails(t *testing.T) {
	notDB := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(notDB, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"no name":        "",
		"no folder":      filepath.Join(t.TempDir(), "missing", "test.db"),
		"not a database": notDB,
	} {
		if _, err := sqliteengine.Open(t.Context(), path, nil); err == nil {
			t.Errorf("%s: Open succeeded", name)
		}
	}
}

func TestReadsCannotWrite(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	err := e.Read(t.Context(), func(c *sqliteengine.Conn) error {
		_, err := c.Exec(t.Context(), "CREATE TABLE t (n)")
		return err
	})
	if err == nil {
		t.Error("a read connection created a table")
	}
}

func TestReadersAreBounded(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "test.db"), &sqliteengine.Options{Readers: 1})
	err := e.Read(t.Context(), func(*sqliteengine.Conn) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		return e.Read(ctx, func(*sqliteengine.Conn) error { return nil })
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second reader got %v, want to wait for the first", err)
	}
}
