package sqliteengine_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

func TestBackup(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	e := open(t, filepath.Join(dir, "test.db"), nil)
	createLog(t, e)
	var writers sync.WaitGroup
	var stop atomic.Bool
	for range 4 {
		writers.Go(func() {
			for i := 0; !stop.Load(); i++ {
				if err := logWrite(ctx, e, "writer", i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	before := queryInt(t, e, "SELECT count(*) FROM log")
	dest := filepath.Join(dir, "copy.db")
	if err := e.Backup(ctx, dest); err != nil {
		t.Fatal(err)
	}
	stop.Store(true)
	writers.Wait()

	checkMode(t, dest)
	copied := open(t, dest, nil)
	rows, counter := queryInt(t, copied, "SELECT count(*) FROM log"), queryInt(t, copied, "SELECT n FROM counter")
	if rows != counter || rows < before {
		t.Errorf("the copy has %d rows and counted %d; there were %d when it began", rows, counter, before)
	}
}

func TestBackupKeepsExistingFile(t *testing.T) {
	dir := t.TempDir()
	e := open(t, filepath.Join(dir, "test.db"), nil)
	dest := filepath.Join(dir, "precious")
	if err := os.WriteFile(dest, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.Backup(t.Context(), dest); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Backup returned %v, want ErrExist", err)
	}
	if got, _ := os.ReadFile(dest); string(got) != "precious" {
		t.Errorf("the file now holds %q", got)
	}
}
