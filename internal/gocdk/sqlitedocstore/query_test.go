package sqlitedocstore_test

import (
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/docstore"
	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"

	"promptz/internal/gocdk/sqlitedocstore"
)

type docmap = map[string]any

func put(t testing.TB, coll *docstore.Collection, docs ...docmap) {
	t.Helper()
	list := coll.Actions()
	for _, doc := range docs {
		list.Put(doc)
	}
	if err := list.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// ids returns the ids of a query's results in their order.
func ids(t testing.TB, q *docstore.Query) []string {
	t.Helper()
	it := q.Get(t.Context(), "id")
	defer it.Stop()
	var got []string
	for {
		doc := docmap{}
		err := it.Next(t.Context(), doc)
		if err == io.EOF {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, doc["id"].(string))
	}
}

// openQueried opens a collection with documents that are hard to tell apart.
func openQueried(t *testing.T) *docstore.Collection {
	t.Helper()
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), &sqlitedocstore.Options{
		Indexes: []sqlitedocstore.Index{
			{Partition: "kind", Sort: "at"},
			{Partition: "kind", Sort: "rank"},
			{Partition: "owner", Sort: "when"},
		},
	})
	day := func(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, n, time.UTC) }
	put(t, coll,
		docmap{"id": "a", "kind": "prompt", "at": "1", "rank": 30, "owner": 7, "when": day(3)},
		docmap{"id": "b", "kind": "prompt", "at": "2", "rank": 2.5, "owner": 7, "when": day(2)},
		docmap{"id": "c", "kind": "prompt", "at": "3", "rank": "high", "owner": 7, "when": "soon"},
		docmap{"id": "d", "kind": "rule", "at": "1", "rank": 1, "owner": true, "when": day(1)},
		docmap{"id": "e", "kind": "prompt"},
		docmap{"id": "f", "kind": "prompt", "at": nil, "owner": 1, "when": day(1)},
	)
	return coll
}

func TestQueries(t *testing.T) {
	coll := openQueried(t)
	day := time.Date(2024, 1, 3, 0, 0, 0, 3, time.UTC)
	cases := []struct {
		name string
		q    *docstore.Query
		plan string
		want []string
	}{
		{"all", coll.Query(), "Scan", []string{"a", "b", "c", "d", "e", "f"}},
		{"all by key, descending", coll.Query().OrderBy("id", "desc"), "Scan", []string{"f", "e", "d", "c", "b", "a"}},
		{"one key", coll.Query().Where("id", "=", "c"), "Key: id", []string{"c"}},
		{"one key and filter", coll.Query().Where("id", "=", "c").Where("kind", "=", "rule"), "Key: id", nil},
		{"keys", coll.Query().Where("id", ">", "b").Where("id", "<=", "d"), "Key: id", []string{"c", "d"}},
		{"partition", coll.Query().Where("kind", "=", "prompt"), "Index: kind,at", []string{"a", "b", "c"}},
		{"range", coll.Query().Where("kind", "=", "prompt").Where("at", "<", "3"), "Index: kind,at", []string{"a", "b"}},
		{"descending", coll.Query().Where("kind", "=", "prompt").Where("at", "<", "~").OrderBy("at", "desc").Limit(2), "Index: kind,at", []string{"c", "b"}},
		{"offset", coll.Query().Where("kind", "=", "prompt").Offset(1).Limit(1), "Index: kind,at", []string{"b"}},
		{"second index", coll.Query().Where("kind", "=", "prompt").Where("rank", ">", 0), "Index: kind,rank", []string{"b", "a"}},
		{"filter after the index", coll.Query().Where("kind", "=", "prompt").Where("at", ">=", "1").Where("rank", "=", 2.5), "Index: kind,at", []string{"b"}},
		{"filter and limit", coll.Query().Where("kind", "=", "prompt").Where("rank", "in", []any{30, "high"}).Limit(1), "Index: kind,at", []string{"a"}},
		{"in", coll.Query().Where("kind", "=", "prompt").Where("id", "in", []string{"c", "d"}), "Index: kind,at", []string{"c"}},
		{"not in", coll.Query().Where("kind", "=", "prompt").Where("id", "not-in", []string{"c", "d"}), "Index: kind,at", []string{"a", "b"}},
		{"null is no value", coll.Query().Where("id", ">=", "e").Where("at", "not-in", []string{"1"}), "Key: id", nil},
		{"times", coll.Query().Where("owner", "=", 7).Where("when", "<=", day), "Index: owner,when", []string{"b", "a"}},
		{"true is not 1", coll.Query().Where("owner", "=", true), "Index: owner,when", []string{"d"}},
		{"1 is not true", coll.Query().Where("owner", "=", 1), "Index: owner,when", []string{"f"}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			plan, err := test.q.Plan()
			if err != nil {
				t.Fatal(err)
			}
			if plan != test.plan {
				t.Errorf("plan is %q, want %q", plan, test.plan)
			}
			if diff := cmp.Diff(test.want, ids(t, test.q)); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusedQueries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	opts := &sqlitedocstore.Options{Indexes: []sqlitedocstore.Index{cardIndex}}
	coll := open(t, path, opts)
	opts.AllowScans = true
	scanning := open(t, path, opts)
	put(t, coll, docmap{"id": "a", "name": "x", "kind": "k", "sort": "s"})
	for name, query := range map[string]func(*docstore.Collection) *docstore.Query{
		"no index":           func(c *docstore.Collection) *docstore.Query { return c.Query().Where("name", "=", "x") },
		"sort field only":    func(c *docstore.Collection) *docstore.Query { return c.Query().Where("sort", ">", "a") },
		"range of partition": func(c *docstore.Collection) *docstore.Query { return c.Query().Where("kind", ">", "a") },
		"partition in":       func(c *docstore.Collection) *docstore.Query { return c.Query().Where("kind", "in", []string{"k"}) },
		"nested": func(c *docstore.Collection) *docstore.Query {
			return c.Query().Where("kind.x", "not-in", []string{"k"})
		},
		"order by no index": func(c *docstore.Collection) *docstore.Query { return c.Query().OrderBy("name", "asc") },
		"order by other field": func(c *docstore.Collection) *docstore.Query {
			return c.Query().Where("kind", "=", "k").Where("name", ">", "a").OrderBy("name", "asc")
		},
	} {
		t.Run(name, func(t *testing.T) {
			it := query(coll).Get(t.Context())
			defer it.Stop()
			err := it.Next(t.Context(), docmap{})
			if gcerrors.Code(err) != gcerrors.InvalidArgument || !strings.Contains(err.Error(), "kind,sort") {
				t.Errorf("got %v, want InvalidArgument naming the indexes", err)
			}
			if _, err := query(coll).Plan(); err == nil {
				t.Error("there is a plan")
			}
			if plan, err := query(scanning).Plan(); err != nil || !strings.HasPrefix(plan, "Scan") {
				t.Errorf("with AllowScans the plan is %q, %v", plan, err)
			}
		})
	}
}

// What QueryPlan says is what SQLite does: it seeks to the partition and the
// bound in the index, and sorts nothing.
func TestSQLiteUsesIndex(t *testing.T) {
	dc, err := sqlitedocstore.OpenDriver(t.Context(), filepath.Join(t.TempDir(), "test.db"), "id", nil,
		&sqlitedocstore.Options{Indexes: []sqlitedocstore.Index{cardIndex}})
	if err != nil {
		t.Fatal(err)
	}
	defer dc.Close()
	kind := driver.NewFilter([]string{"kind"}, "=", "k")
	page := &driver.Query{
		Filters:      []driver.Filter{kind, driver.NewFilter([]string{"sort"}, "<", "~")},
		OrderByField: "sort",
	}
	forward := &driver.Query{Filters: []driver.Filter{kind}, OrderByField: "sort", OrderAscending: true}
	cases := []struct {
		name  string
		q     *driver.Query
		after []any
		want  string
	}{
		{"first page", page, nil, "SEARCH test USING INDEX test:kind,sort (<expr>=? AND <expr><?)"},
		{"next page", page, []any{"m", 7}, "SEARCH test USING INDEX test:kind,sort (<expr>=? AND <expr><?)"},
		{"next page forward", forward, []any{"m", 7}, "SEARCH test USING INDEX test:kind,sort (<expr>=? AND <expr>>?)"},
		{"scan", &driver.Query{}, []any{"a"}, "SEARCH test USING INDEX sqlite_autoindex_test_1 (key>?)"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			query, got, err := sqlitedocstore.Explain(t.Context(), dc, test.q, test.after)
			if err != nil {
				t.Fatal(err)
			}
			// SQLite seeks to one bound, so there must be no choice.
			if n := strings.Count(query, `'$."sort"') <`) + strings.Count(query, `'$."sort"') >`); n > 1 {
				t.Errorf("%d bounds on the sort field in %s", n, query)
			}
			if got != test.want {
				t.Errorf("SQLite's plan is\n%s, want\n%s", got, test.want)
			}
		})
	}
}

// More results than a page, equal sort values across pages, and writes that
// move documents while the caller reads.
func TestPages(t *testing.T) {
	const n = 1000
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), &sqlitedocstore.Options{Indexes: []sqlitedocstore.Index{cardIndex}})
	list := coll.Actions()
	for i := range n {
		list.Create(docmap{"id": fmt.Sprintf("%04d", i), "kind": "k", "sort": fmt.Sprint(i % 3)})
	}
	if err := list.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]*docstore.Query{
		"scan":           coll.Query(),
		"index":          coll.Query().Where("kind", "=", "k"),
		"index backward": coll.Query().Where("kind", "=", "k").Where("sort", "<", "~").OrderBy("sort", "desc"),
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]bool{}
			it := q.Get(t.Context())
			defer it.Stop()
			for i := 0; ; i++ {
				doc := docmap{}
				err := it.Next(t.Context(), doc)
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				id := doc["id"].(string)
				if got[id] {
					t.Fatalf("document %s appears twice", id)
				}
				got[id] = true
				if i == 150 { // moves to the end of both directions' later pages
					put(t, coll, docmap{"id": id, "kind": "k", "sort": "1"})
				}
			}
			if len(got) != n {
				t.Errorf("got %d documents, want %d", len(got), n)
			}
		})
	}
}

func TestLargeDocumentsPage(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	text := strings.Repeat("x", 300_000)
	var want []string
	for i := range 12 {
		id := fmt.Sprintf("%02d", i)
		put(t, coll, docmap{"id": id, "text": text})
		want = append(want, id)
	}
	if diff := cmp.Diff(want, ids(t, coll.Query())); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

// An iterator that is open must not keep the write-ahead log from being emptied.
func TestIteratorHoldsNoTransaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	coll := open(t, path, nil)
	fill(t, coll, 500)
	it := coll.Query().Get(t.Context())
	defer it.Stop()
	if err := it.Next(t.Context(), docmap{}); err != nil {
		t.Fatal(err)
	}
	put(t, coll, docmap{"id": "z"})
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var busy, pages, moved int
	if err := db.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		t.Fatal(err)
	}
	if busy != 0 || pages != 0 {
		t.Errorf("checkpoint was busy=%d and left %d pages in the log", busy, pages)
	}
	if got := count(t, it); got != 500 {
		t.Errorf("the iterator then gave %d documents, want 500", got)
	}
}

// Without the index a query fails, rather than read everything.
func TestMissingIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	coll := open(t, path, &sqlitedocstore.Options{Indexes: []sqlitedocstore.Index{cardIndex}})
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `DROP INDEX "cards:kind,sort"`); err != nil {
		t.Fatal(err)
	}
	it := coll.Query().Where("kind", "=", "k").Get(t.Context())
	defer it.Stop()
	if err := it.Next(t.Context(), docmap{}); err == nil || err == io.EOF {
		t.Errorf("got %v, want an error", err)
	}
}

func TestAddingIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	before := open(t, path, nil)
	fill(t, before, 10)
	after := open(t, path, &sqlitedocstore.Options{Indexes: []sqlitedocstore.Index{cardIndex}})
	// A process that does not know the index keeps it up to date.
	put(t, before, docmap{"id": "new", "kind": "kind1", "sort": "~"})
	want := []string{"item#00000001", "item#00000004", "item#00000007", "new"}
	if diff := cmp.Diff(want, ids(t, after.Query().Where("kind", "=", "kind1"))); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}
