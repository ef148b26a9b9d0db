package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBackupHoldsAcknowledgedItems backs up beside a server under load and
// restores into a new folder: whatever was acknowledged before the backup began
// must be there, and the keys, too.
func TestBackupHoldsAcknowledgedItems(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := startServer(t, dir)
	maria := client{t, server.url, newKey(t, dir, "maria")}
	load := beginLoad(t, maria)
	load.await(t, 50)
	before := load.acknowledged()
	backup := filepath.Join(t.TempDir(), "backup.tar")
	mustRun(t, "--data", dir, "backup", backup)
	load.end()

	restored := filepath.Join(t.TempDir(), "data")
	mustRun(t, "--data", restored, "restore", backup)
	copySecretKey(t, dir, restored)
	again := client{t, startServer(t, restored).url, maria.key}
	for id, name := range before {
		item := again.expecting(http.StatusOK, http.MethodGet, "/v1/prompts/"+id, nil)
		if item.member(t, "name") != name || item.member(t, "content") != "Say "+name+"." {
			t.Errorf("%s (%s) came back as\n%s", id, name, item.body)
		}
	}
	again.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("After the restore"))
	t.Logf("%d items were acknowledged before the backup began", len(before))
}

// copySecretKey brings what a backup does not hold and can't be read without.
func copySecretKey(t testing.TB, from, to string) {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(from, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "secret.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
}

// load is writers that create items until they are told to end.
type load struct {
	cancel  context.CancelFunc
	writers sync.WaitGroup
	created chan struct{}

	mu   sync.Mutex
	made map[string]string // id to name
}

func beginLoad(t *testing.T, c client) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{cancel: cancel, created: make(chan struct{}), made: map[string]string{}}
	t.Cleanup(l.end)
	for w := range 4 {
		l.writers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("Writer %d item %d", w, n)
				a, err := c.try(ctx, http.MethodPost, "/v1/prompts", newPrompt(name))
				if ctx.Err() != nil {
					return
				}
				id, ok := a.created()
				if !ok {
					t.Errorf("create: status %d, %v\n%s", a.status, err, a.body)
					return
				}
				l.add(id, name)
			}
		})
	}
	return l
}

func (l *load) add(id, name string) {
	l.mu.Lock()
	l.made[id] = name
	l.mu.Unlock()
	select {
	case l.created <- struct{}{}:
	default: // nobody waits
	}
}

// await waits until n more items are acknowledged.
func (l *load) await(t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandWithin)
	defer cancel()
	for range n {
		select {
		case <-l.created:
		case <-ctx.Done():
			t.Fatal("the server acknowledges nothing any more")
		}
	}
}

func (l *load) acknowledged() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.made)
}

func (l *load) end() {
	l.cancel()
	l.writers.Wait()
}

// TestRestoreRefusesUnderARunningServer tries to take the databases away from a server.
func TestRestoreRefusesUnderARunningServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := startServer(t, dir)
	maria := client{t, server.url, newKey(t, dir, "maria")}
	backup := filepath.Join(t.TempDir(), "backup.tar")
	mustRun(t, "--data", dir, "backup", backup)
	path := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("After the backup")).header.Get("Location")

	mustFail(t, []string{"--data", dir, "restore", backup}, dir, "Stop it first")
	maria.expecting(http.StatusOK, http.MethodGet, path, nil)
	if replaced, _ := filepath.Glob(filepath.Join(dir, "*.replaced*")); len(replaced) > 0 {
		t.Errorf("restore left %q", replaced)
	}
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "--data", dir, "restore", backup)
	again := client{t, startServer(t, dir).url, maria.key}
	again.expecting(http.StatusNotFound, http.MethodGet, path, nil)
}

// TestRestoreRefusesWhatIsNoBackup restores files that are no backup, or no longer a
// whole one, over data that is there: nothing of it may change.
func TestRestoreRefusesWhatIsNoBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newKey(t, dir, "maria")
	good := filepath.Join(t.TempDir(), "backup.tar")
	mustRun(t, "--data", dir, "backup", good)
	entries := readTar(t, good)
	library, identity := entries[0], entries[1]
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		backup []byte
		words  string
	}{
		{"nothing", nil, "not whole"},
		{"garbage", bytes.Repeat([]byte("garbage "), 1000), "read backup"},
		{"cut off in a database", whole[:len(whole)/2], "unexpected EOF"},
		{"one database", writeTar(t, library), "identity.db is missing"},
		{"a database twice", writeTar(t, library, library, identity), "library.db"},
		{"more than databases", writeTar(t, library, identity, entry{name: "notes.txt"}), "notes.txt"},
		{"a way out", writeTar(t, library, identity, entry{name: "../evil.db", body: identity.body}), "../evil.db"},
		{"an absolute name", writeTar(t, entry{name: "/library.db", body: library.body}, identity), "/library.db"},
		{"a link", writeTar(t, entry{name: "library.db", kind: tar.TypeSymlink, link: "/etc/passwd"}, identity), "library.db"},
		{"a database that is none", writeTar(t, entry{name: "library.db", body: "not a database, but long enough"}, identity), "library.db"},
		{"an empty database", writeTar(t, library, entry{name: "identity.db"}), "identity.db"},
		{"the databases swapped", writeTar(t, entry{name: "library.db", body: identity.body}, entry{name: "identity.db", body: library.body}), "library.db"},
		{"a damaged database", writeTar(t, library, entry{name: "identity.db", body: damage(identity.body)}), "identity.db"},
		{"a database cut off", writeTar(t, entry{name: "library.db", body: library.body[:len(library.body)/2]}, identity), "library.db"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := readFiles(t, dir)
			path := filepath.Join(t.TempDir(), "backup.tar")
			if err := os.WriteFile(path, tt.backup, 0o600); err != nil {
				t.Fatal(err)
			}
			mustFail(t, []string{"--data", dir, "restore", path}, tt.words)
			if diff := cmp.Diff(before, readFiles(t, dir)); diff != "" {
				t.Errorf("the data changed (-before +after):\n%.2000s", diff)
			}
		})
	}
}

// TestRestoreOfNothingMakesNothing names a backup that is not there.
func TestRestoreOfNothingMakesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	mustFail(t, []string{"--data", dir, "restore", "no-such.tar"}, "no-such.tar")
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data folder was made: %v", err)
	}
}

// TestSecondRestoreKeepsWhatTheFirstKept restores twice, the first time over a
// database whose write-ahead log was left behind by a kill: what each replaced is
// kept, with its own log and no other's.
func TestSecondRestoreKeepsWhatTheFirstKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := startServer(t, dir)
	newKey(t, dir, "maria")
	backup := filepath.Join(t.TempDir(), "backup.tar")
	mustRun(t, "--data", dir, "backup", backup)
	server.kill()
	mustRun(t, "--data", dir, "restore", backup)
	if _, err := os.Stat(filepath.Join(dir, "identity.db.replaced-wal")); err != nil {
		t.Fatalf("the first restore did not keep the log: %v", err)
	}
	first, err := os.ReadFile(filepath.Join(dir, "identity.db.replaced-wal"))
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, "--data", dir, "restore", backup)
	again, err := os.ReadFile(filepath.Join(dir, "identity.db.replaced-wal"))
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("the second restore changed what the first kept: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "identity.db.replaced-2")); err != nil {
		t.Errorf("the second restore kept nothing: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "identity.db.replaced-2-wal")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("beside the kept database is another's log: %v", err)
	}
}

// TestUnfinishedRestoreKeepsServersAway finds the marker that a restore leaves when
// it is stopped between its two databases.
func TestUnfinishedRestoreKeepsServersAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newKey(t, dir, "maria")
	backup := filepath.Join(t.TempDir(), "backup.tar")
	mustRun(t, "--data", dir, "backup", backup)
	marker := filepath.Join(dir, "restore-unfinished")
	if err := os.WriteFile(marker, nil, 0o600); err != nil { // as a crash leaves it
		t.Fatal(err)
	}
	mustFail(t, []string{"--data", dir, "users", "create", "otto"}, dir, "restore")
	mustRun(t, "--data", dir, "restore", backup)
	if _, err := os.Stat(marker); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the restore ended and its marker is there: %v", err)
	}
	mustRun(t, "--data", dir, "keys", "list", "--user", "maria")
}

// TestRestoreSeesServersOfOtherFolders restores into the databases of a server
// whose data folder is another.
func TestRestoreSeesServersOfOtherFolders(t *testing.T) {
	t.Parallel()
	dir, files, other := t.TempDir(), t.TempDir(), t.TempDir()
	documents := "sqlite://{collection}/id?file=" + filepath.Join(files, "{collection}.db")
	startServer(t, dir, "--documents", documents)
	backup := filepath.Join(t.TempDir(), "backup.tar")
	mustRun(t, "--data", dir, "--documents", documents, "backup", backup)
	mustFail(t, []string{"--data", other, "--documents", documents, "restore", backup}, files, "using")
}

// TestBackupWantsAFileForEachCollection refuses what it could not put back.
func TestBackupWantsAFileForEachCollection(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one := "sqlite://{collection}/id?file={data}/all.db"
	mustRun(t, "--data", dir, "--documents", one, "users", "create", "maria")
	mustFail(t, []string{"--data", dir, "--documents", one, "backup", filepath.Join(t.TempDir(), "b.tar")}, "{collection}")
}

// TestBackupOverwritesNothing names what backup must not do.
func TestBackupOverwritesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newKey(t, dir, "maria")
	there := filepath.Join(t.TempDir(), "there.tar")
	if err := os.WriteFile(there, []byte("an older backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	backup := filepath.Join(t.TempDir(), "backup.tar")
	memory := []string{"--data", dir, "--documents", "mem://{collection}/id"}
	mustFail(t, []string{"--data", dir, "backup", there}, there, "exists")
	mustFail(t, []string{"--data", empty, "backup", backup}, "library")
	mustFail(t, append(memory, "backup", backup), "SQLite", "promptz export")
	mustFail(t, append(memory, "restore", there), "SQLite")
	if text, err := os.ReadFile(there); err != nil || string(text) != "an older backup" {
		t.Errorf("the older backup is %q, %v", text, err)
	}
	if _, err := os.Stat(backup); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a backup is there: %v", err)
	}
	if files := readFiles(t, empty); len(files) > 0 {
		t.Errorf("the empty folder holds %v", files)
	}
}

// entry is a file in a tar.
type entry struct {
	name, body string
	kind       byte // 0 is a plain file
	link       string
}

func readTar(t testing.TB, path string) []entry {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var entries []entry
	for r := tar.NewReader(f); ; {
		header, err := r.Next()
		if err == io.EOF {
			return entries
		}
		body, readErr := io.ReadAll(r)
		if err := errors.Join(err, readErr); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry{name: header.Name, body: string(body)})
	}
}

func writeTar(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Size: int64(len(e.body)), Mode: 0o600, Typeflag: e.kind, Linkname: e.link}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// damage overwrites every page of a database but the first, which says what there
// is.
func damage(database string) string {
	const page = 4096
	return database[:page] + strings.Repeat("\xff", len(database)-page)
}
