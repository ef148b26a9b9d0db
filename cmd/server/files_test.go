package main

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// TestDataIsItsOwnersAlone runs server and commands from a shell whose
// umask takes nothing away: whatever is written must be its owner's alone.
func TestDataIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	server := startServer(t, dir)
	maria := client{t, server.url, newKey(t, dir, "maria")}
	maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("A prompt"))
	source := writeFiles(t, map[string]string{"prompts/empty.md": ""})
	mustRun(t, "--data", dir, "import", "--user", "maria", "--rejects", filepath.Join(dir, "rejects.jsonl"), source)
	mustRun(t, "--data", dir, "export", filepath.Join(dir, "library.tar.gz"))
	mustRun(t, "--data", dir, "backup", filepath.Join(dir, "backup.tar"))

	for _, name := range []string{"library.db", "library.db-wal", "library.db-shm", "identity.db", "lock", "address", "rejects.jsonl", "library.tar.gz", "backup.tar"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	checkModes(t, dir)
	if err := server.stop(); err != nil {
		t.Error(err)
	}
	mustRun(t, "--data", dir, "restore", filepath.Join(dir, "backup.tar"))
	checkModes(t, dir)
}

// checkModes sees that folders have mode 0700 and files 0600.
func checkModes(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if mode := info.Mode().Perm(); mode != want {
			t.Errorf("%s has mode %04o instead of %04o", path, mode, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// writeFiles writes files, by their paths, into a new folder.
func writeFiles(t testing.TB, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// readFiles reads all files below a folder, by their paths.
func readFiles(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
