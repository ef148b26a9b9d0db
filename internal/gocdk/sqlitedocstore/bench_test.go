package sqlitedocstore_test

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"gocloud.dev/docstore"

	"promptz/internal/gocdk/sqlitedocstore"
	"promptz/internal/gocdk/sqliteengine"
)

type card struct {
	ID               string `docstore:"id"`
	Kind             string `docstore:"kind,omitempty"`
	Sort             string `docstore:"sort,omitempty"`
	Name             string `docstore:"name"`
	Description      string `docstore:"description"`
	Tags             []string
	Version          int
	CreatedAt        int64
	UpdatedAt        int64
	Text             string
	DocstoreRevision any
}

func newCard(n int) *card {
	return &card{
		ID:          fmt.Sprintf("item#%08d", n),
		Kind:        fmt.Sprintf("kind%d", n%3),
		Sort:        fmt.Sprintf("%012d#%08d", n, n),
		Name:        fmt.Sprintf("Card number %d", n),
		Description: strings.Repeat("A description of some length. ", 10),
		Tags:        []string{"go", "sql", "testing"},
		Version:     n,
		CreatedAt:   1700000000000,
		UpdatedAt:   1700000000000,
		Text:        strings.Repeat("0123456789", 50),
	}
}

var cardIndex = sqlitedocstore.Index{Partition: "kind", Sort: "sort"}

func openCards(tb testing.TB) *docstore.Collection {
	return open(tb, filepath.Join(tb.TempDir(), "cards.db"), &sqlitedocstore.Options{Indexes: []sqlitedocstore.Index{cardIndex}})
}

func fill(tb testing.TB, coll *docstore.Collection, n int) {
	tb.Helper()
	for i := 0; i < n; {
		list := coll.Actions()
		for end := min(i+1000, n); i < end; i++ {
			list.Create(newCard(i))
		}
		if err := list.Do(tb.Context()); err != nil {
			tb.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	for _, size := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			coll := openCards(b)
			fill(b, coll, size)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i += 7919
				if err := coll.Get(b.Context(), &card{ID: fmt.Sprintf("item#%08d", i%size)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkQuery20(b *testing.B) {
	for _, size := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			coll := openCards(b)
			fill(b, coll, size)
			b.ReportAllocs()
			for b.Loop() {
				it := coll.Query().Where("kind", "=", "kind1").Where("sort", "<", "~").
					OrderBy("sort", docstore.Descending).Limit(20).Get(b.Context())
				if n := count(b, it); n != 20 {
					b.Fatalf("got %d documents", n)
				}
			}
		})
	}
}

func BenchmarkCreate(b *testing.B) {
	for _, callers := range []int{1, 50} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			coll := openCards(b)
			var engine *sqliteengine.Engine
			coll.As(&engine)
			before := engine.Stats()
			var n atomic.Int64
			b.SetParallelism(callers / 2) // times GOMAXPROCS
			if callers == 1 {
				for b.Loop() {
					create(b, coll, &n)
				}
			} else {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						create(b, coll, &n)
					}
				})
			}
			after := engine.Stats()
			b.ReportMetric(float64(after.Commits-before.Commits)/float64(after.Writes-before.Writes), "commits/op")
		})
	}
}

func create(b *testing.B, coll *docstore.Collection, n *atomic.Int64) {
	if err := coll.Create(context.WithoutCancel(b.Context()), newCard(int(n.Add(1)))); err != nil {
		b.Error(err)
	}
}

func count(tb testing.TB, it *docstore.DocumentIterator) int {
	tb.Helper()
	defer it.Stop()
	for n := 0; ; n++ {
		switch err := it.Next(tb.Context(), &card{}); err {
		case nil:
		case io.EOF:
			return n
		default:
			tb.Fatal(err)
		}
	}
}

func open(tb testing.TB, path string, opts *sqlitedocstore.Options) *docstore.Collection {
	tb.Helper()
	coll, err := sqlitedocstore.OpenCollection(tb.Context(), path, "cards", "id", opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { coll.Close() })
	return coll
}
