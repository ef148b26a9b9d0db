package archive_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gocloud.dev/docstore/memdocstore"

	"promptz/internal/archive"
	"promptz/internal/library"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// noon is when everything in these tests happens.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// deployment is the real library on real stores in memory.
type deployment struct {
	*archive.Importer
	*archive.Exporter
	library  *library.Service
	items    *store.Library
	identity *store.Identity
	ann      promptz.Principal
}

const annID = "0000000000aa"

// newEmpty is a deployment with nobody in it.
func newEmpty(t testing.TB) *deployment {
	t.Helper()
	d := &deployment{
		items:    store.NewLibrary(newHandles(t), store.Tuning{}, clock, rand.Reader),
		identity: store.NewIdentity(newHandles(t), store.Tuning{}, clock, rand.Reader),
		ann:      promptz.Principal{UserID: annID, Role: promptz.RoleUser, Scopes: promptz.Scopes},
	}
	d.library = library.NewService(library.Deps{Items: d.items, Users: d.identity, Now: clock, Random: rand.Reader})
	d.Importer = archive.NewImporter(d.library, d.items, d.identity, clock)
	d.Exporter = archive.NewExporter(d.items, d.identity)
	return d
}

// newDeployment is a deployment whose one user is Ann.
func newDeployment(t testing.TB) *deployment {
	t.Helper()
	d := newEmpty(t)
	d.createUser(t, annID, "ann")
	return d
}

func newHandles(t testing.TB) store.Handles {
	t.Helper()
	c, err := memdocstore.OpenCollection(store.KeyField, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return store.Handles{Consistent: c, Eventual: c}
}

func (d *deployment) createUser(t testing.TB, id, handle string) {
	t.Helper()
	u := &promptz.User{ID: id, Handle: handle, Role: promptz.RoleUser, CreatedAt: noon, Revision: 1}
	if err := d.identity.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

// run imports paths as Ann's and gives the report and the rejects.
func (d *deployment) run(t testing.TB, kind promptz.Kind, paths ...string) (*archive.Report, []archive.Reject) {
	t.Helper()
	var rejects bytes.Buffer
	report, err := d.Import(t.Context(), archive.Request{
		Principal: d.ann, Kind: kind, Paths: paths, Rejects: &rejects,
	})
	if err != nil {
		t.Fatalf("Import: %v", err)
	}
	return report, parseRejects(t, &rejects)
}

func parseRejects(t testing.TB, b *bytes.Buffer) []archive.Reject {
	t.Helper()
	var rejects []archive.Reject
	for line := range bytes.Lines(b.Bytes()) {
		var r archive.Reject
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("reject %q: %v", line, err)
		}
		rejects = append(rejects, r)
	}
	return rejects
}

// history is an item with all its versions.
type history struct {
	Item     *promptz.Item
	Versions []*promptz.Version
}

// all gives every item, sorted by name.
func (d *deployment) all(t testing.TB) []history {
	t.Helper()
	ids, err := d.items.ItemIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var found []history
	for _, id := range ids {
		found = append(found, d.history(t, id))
	}
	slices.SortFunc(found, func(a, b history) int {
		return cmp.Or(strings.Compare(a.Item.Name, b.Item.Name), strings.Compare(a.Item.ID, b.Item.ID))
	})
	return found
}

func (d *deployment) history(t testing.TB, id string) history {
	t.Helper()
	item, err := d.items.FindItem(t.Context(), id, true)
	if err != nil {
		t.Fatal(err)
	}
	h := history{Item: item}
	for n := range item.Version {
		v, err := d.items.FindVersion(t.Context(), id, n+1)
		if err != nil {
			t.Fatal(err)
		}
		h.Versions = append(h.Versions, v)
	}
	return h
}

// export gives the bytes of an archive of everything.
func (d *deployment) export(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := d.Export(context.WithoutCancel(t.Context()), &b); err != nil {
		t.Fatalf("Export: %v", err)
	}
	return b.Bytes()
}

// write makes a folder of files and gives its path.
func write(t testing.TB, base string, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), base)
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
