package sqlitedocstore_test

import (
	"context"
	"errors"
	"math"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/docstore"
	"gocloud.dev/gcerrors"

	"promptz/internal/gocdk/sqlitedocstore"
)

const revisionField = docstore.DefaultRevisionField

func get(t testing.TB, coll *docstore.Collection, id any) docmap {
	t.Helper()
	doc := docmap{"id": id}
	if err := coll.Get(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestURLs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a b?c.db")
	escaped := url.QueryEscape(file)
	var mux docstore.URLMux
	mux.RegisterCollection(sqlitedocstore.Scheme, &sqlitedocstore.URLOpener{})
	cases := []struct {
		name, url string
		ok        bool
	}{
		{"plain", "sqlite://cards/id?file=" + escaped, true},
		{"everything", "sqlite://cards/id?file=" + escaped + "&index=kind,sort&index=kind,at&allow_scans=true&revision_field=rev&secure_delete=false", true},
		{"no file", "sqlite://cards/id", false},
		{"no collection", "sqlite:///id?file=" + escaped, false},
		{"no key field", "sqlite://cards?file=" + escaped, false},
		{"two key fields", "sqlite://cards/id/x?file=" + escaped, false},
		{"unknown parameter", "sqlite://cards/id?mode=memory&file=" + escaped, false},
		{"file twice", "sqlite://cards/id?file=x.db&file=" + escaped, false},
		{"index of one field", "sqlite://cards/id?index=kind&file=" + escaped, false},
		{"index of three fields", "sqlite://cards/id?index=a,b,c&file=" + escaped, false},
		{"index with a quote", `sqlite://cards/id?index=a,b"c&file=` + escaped, false},
		{"index twice", "sqlite://cards/id?index=kind,sort&index=Kind,sort&file=" + escaped, false},
		{"not a boolean", "sqlite://cards/id?allow_scans=perhaps&file=" + escaped, false},
		{"reserved name", "sqlite://sqlite_master/id?file=" + escaped, false},
		{"no folder", "sqlite://cards/id?file=" + escaped + "%2Fx.db", false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			coll, err := mux.OpenCollection(t.Context(), test.url)
			if err == nil {
				defer coll.Close()
			}
			if (err == nil) != test.ok {
				t.Fatalf("error is %v, want success: %t", err, test.ok)
			}
			if test.ok {
				put(t, coll, docmap{"id": "a"})
			}
		})
	}
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	coll := open(t, path, nil)
	doc := docmap{"id": "a", "n": int64(1), revisionField: nil}
	put(t, coll, doc)
	if err := coll.Close(); err != nil {
		t.Fatal(err)
	}
	coll = open(t, path, nil)
	if diff := cmp.Diff(doc, get(t, coll, "a")); diff != "" {
		t.Errorf("after reopening (-want +got):\n%s", diff)
	}
}

func TestCollectionsShareFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	first := open(t, path, nil)
	second, err := sqlitedocstore.OpenCollection(t.Context(), path, "others", "id", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	put(t, first, docmap{"id": "a"})
	if err := second.Get(t.Context(), docmap{"id": "a"}); gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("a document of another collection: got %v, want NotFound", err)
	}
}

func TestKeys(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	type name string
	// Each of these is a key of its own.
	keys := []any{"1", 1, uint8(2), 2.5, "2.5", name("x"), [2]byte{1, 2}, "ä\x00b"}
	for i, key := range keys {
		err := coll.Create(t.Context(), docmap{"id": key, "n": i})
		if _, isArray := key.([2]byte); isArray {
			if gcerrors.Code(err) != gcerrors.InvalidArgument {
				t.Errorf("key %v: got %v, want InvalidArgument", key, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("key %v: %v", key, err)
		}
		if got := get(t, coll, key)["n"]; got != int64(i) {
			t.Errorf("key %v has document %v, want %d", key, got, i)
		}
	}
	if err := coll.Create(t.Context(), docmap{"id": 1.0}); gcerrors.Code(err) != gcerrors.AlreadyExists {
		t.Errorf("key 1.0 beside 1: got %v, want AlreadyExists", err)
	}
}

// Every write makes a new revision, even one whose document has no revision
// field, so no guarded write overlooks it.
func TestEveryWriteChangesRevision(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	ctx := t.Context()
	writes := map[string]func(docmap) error{
		"put":     func(d docmap) error { return coll.Put(ctx, d) },
		"replace": func(d docmap) error { return coll.Replace(ctx, d) },
		"update":  func(d docmap) error { return coll.Update(ctx, d, docstore.Mods{"n": docstore.Increment(1)}) },
		"delete and create": func(d docmap) error {
			return errors.Join(coll.Delete(ctx, docmap{"id": "a"}), coll.Create(ctx, d))
		},
	}
	for name, write := range writes {
		for _, withField := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				put(t, coll, docmap{"id": "a", "n": 1, revisionField: nil})
				old := get(t, coll, "a")
				doc := docmap{"id": "a", "n": 1}
				if withField {
					doc[revisionField] = nil
				}
				if err := write(doc); err != nil {
					t.Fatal(err)
				}
				if withField && (doc[revisionField] == nil || doc[revisionField] == old[revisionField]) {
					t.Errorf("the revision is %v after %v", doc[revisionField], old[revisionField])
				}
				for guarded, err := range map[string]error{
					"replace": coll.Replace(ctx, old),
					"delete":  coll.Delete(ctx, old),
					"update":  coll.Update(ctx, old, docstore.Mods{"n": 5}),
				} {
					if gcerrors.Code(err) != gcerrors.FailedPrecondition {
						t.Errorf("%s at the old revision: got %v, want FailedPrecondition", guarded, err)
					}
				}
			})
		}
	}
}

func TestRevisionFieldThatIsOmitted(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	type doc struct {
		ID  string `docstore:"id"`
		Rev any    `docstore:"DocstoreRevision,omitempty"`
	}
	d := &doc{ID: "a"}
	if err := coll.Create(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := get(t, coll, "a")[revisionField]; got == nil || got != d.Rev {
		t.Errorf("the stored revision is %v, the returned one %v", got, d.Rev)
	}
}

func TestUpdateAddsRevisionField(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	put(t, coll, docmap{"id": "a"})
	doc := docmap{"id": "a", revisionField: nil}
	if err := coll.Update(t.Context(), doc, docstore.Mods{"n": 1}); err != nil {
		t.Fatal(err)
	}
	if got := get(t, coll, "a")[revisionField]; got == nil || got != doc[revisionField] {
		t.Errorf("the stored revision is %v, the returned one %v", got, doc[revisionField])
	}
}

func TestFailedWriteLeavesRevisionAlone(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	doc := docmap{"id": "a", revisionField: nil}
	if err := coll.Replace(t.Context(), doc); gcerrors.Code(err) != gcerrors.NotFound {
		t.Fatalf("got %v, want NotFound", err)
	}
	if doc[revisionField] != nil {
		t.Errorf("the document of a failed write has revision %v", doc[revisionField])
	}
}

var updateCases = []struct {
	name string
	mods docstore.Mods
	want docmap // the fields that differ after; nil for an error
}{
	{"set", docstore.Mods{"s": "new"}, docmap{"s": "new"}},
	{"add", docstore.Mods{"t": []int{1}}, docmap{"t": []any{int64(1)}}},
	{"delete", docstore.Mods{"s": nil}, docmap{"s": nil}},
	{"delete what is not there", docstore.Mods{"nothing": nil}, docmap{}},
	{"nested", docstore.Mods{"m.y.z": 2, "m.x": nil}, docmap{"m": docmap{"y": docmap{"z": int64(2)}, "$odd": int64(1)}}},
	{"nested increment", docstore.Mods{"m.x": docstore.Increment(2), "m.new": docstore.Increment(3)},
		docmap{"m": docmap{"x": int64(3), "new": int64(3), "y": docmap{"z": "deep"}, "$odd": int64(1)}}},
	{"dollar", docstore.Mods{"m.$odd": docstore.Increment(1)}, docmap{"m": docmap{"x": int64(1), "y": docmap{"z": "deep"}, "$odd": int64(2)}}},
	{"increment by a float", docstore.Mods{"n": docstore.Increment(0.5)}, docmap{"n": 1.5}},
	{"increment a float", docstore.Mods{"f": docstore.Increment(1)}, docmap{"f": 2.5}},
	{"increment a text", docstore.Mods{"s": docstore.Increment(1), "n": 7}, nil},
	{"overflow", docstore.Mods{"huge": docstore.Increment(1)}, nil},
	{"through a text", docstore.Mods{"s.x": 1}, nil},
	{"through nothing", docstore.Mods{"q.x": 1}, nil},
	{"the key", docstore.Mods{"id": "b"}, nil},
}

func TestUpdate(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	original := docmap{
		"id": "a", "n": 1, "f": 1.5, "s": "text", "huge": math.MaxInt64,
		"m": docmap{"x": 1, "y": docmap{"z": "deep"}, "$odd": 1},
	}
	for _, test := range updateCases {
		t.Run(test.name, func(t *testing.T) {
			put(t, coll, original)
			want := get(t, coll, "a")
			err := coll.Update(t.Context(), docmap{"id": "a"}, test.mods)
			if test.want == nil && gcerrors.Code(err) != gcerrors.InvalidArgument {
				t.Errorf("got %v, want InvalidArgument", err)
			}
			if test.want != nil && err != nil {
				t.Fatal(err)
			}
			for name, value := range test.want {
				want[name] = value
				if value == nil {
					delete(want, name)
				}
			}
			if diff := cmp.Diff(want, get(t, coll, "a")); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
		})
	}
	err := coll.Update(t.Context(), docmap{"id": "missing"}, docstore.Mods{"n": docstore.Increment(1)})
	if gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("updating a missing document: got %v, want NotFound", err)
	}
}

func TestAtomicListLeavesNothing(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	put(t, coll, docmap{"id": "taken"}, docmap{"id": "kept", "n": int64(1)})
	created := docmap{"id": "new", revisionField: nil}
	keyless := docmap{"n": 1}
	err := coll.Actions().AtomicWrites().
		Create(created).
		Create(keyless).
		Put(docmap{"id": "kept", "n": 2}).
		Delete(docmap{"id": "kept2"}).
		Create(docmap{"id": "taken"}).
		Do(t.Context())
	var list docstore.ActionListError
	if !errors.As(err, &list) || len(list) != 5 {
		t.Fatalf("got %v, want an error for each action", err)
	}
	for _, e := range list {
		if gcerrors.Code(e.Err) != gcerrors.AlreadyExists {
			t.Errorf("action %d: got %v, want AlreadyExists", e.Index, e.Err)
		}
	}
	if created[revisionField] != nil {
		t.Error("a document that was not written has a revision")
	}
	if diff := cmp.Diff([]string{"kept", "taken"}, ids(t, coll.Query())); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	if got := get(t, coll, "kept")["n"]; got != int64(1) {
		t.Errorf("n = %v, want 1", got)
	}
}

func TestIndependentWritesGoOn(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	put(t, coll, docmap{"id": "taken"})
	err := coll.Actions().
		Create(docmap{"id": "a"}).
		Create(docmap{"id": "taken"}).
		Replace(docmap{"id": "missing"}).
		Put(docmap{"id": "b", "f": func() {}}).
		Create(docmap{"id": "c"}).
		Do(t.Context())
	got := map[int]gcerrors.ErrorCode{}
	var list docstore.ActionListError
	if errors.As(err, &list) {
		for _, e := range list {
			got[e.Index] = gcerrors.Code(e.Err)
		}
	}
	want := map[int]gcerrors.ErrorCode{1: gcerrors.AlreadyExists, 2: gcerrors.NotFound, 3: gcerrors.InvalidArgument}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "c", "taken"}, ids(t, coll.Query())); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

func TestCancelledContext(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	fill(t, coll, 500)
	ctx, cancel := context.WithCancel(t.Context())
	it := coll.Query().Get(ctx)
	defer it.Stop()
	cancel()
	for name, err := range map[string]error{
		"create": coll.Create(ctx, docmap{"id": "a"}),
		"get":    coll.Get(ctx, docmap{"id": "item#00000001"}),
		"query":  coll.Query().Get(ctx).Next(ctx, docmap{}),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want Canceled", name, err)
		}
	}
	var err error
	for err == nil {
		err = it.Next(ctx, docmap{})
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Next: got %v at the second page, want Canceled", err)
	}
}
