package store_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"promptz/internal/gocdk/sqlitedocstore"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// openSQLite opens a collection in a file of its own.
func openSQLite(t testing.TB, collection string) store.Handles {
	t.Helper()
	opts := &sqlitedocstore.Options{}
	for _, i := range store.IndexesOf(collection) {
		opts.Indexes = append(opts.Indexes, sqlitedocstore.Index{Partition: i.Partition, Sort: i.Sort})
	}
	file := filepath.Join(t.TempDir(), collection+".db")
	c, err := sqlitedocstore.OpenCollection(t.Context(), file, collection, store.KeyField, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return store.Handles{Consistent: c, Eventual: c}
}

// BenchmarkAppendEvents moves events of many items from the outbox into their
// feed, as the relay does with those of its own process, and gives events/s.
func BenchmarkAppendEvents(b *testing.B) {
	library := store.NewLibrary(openSQLite(b, store.LibraryCollection), store.Tuning{}, time.Now, rand.Reader)
	copies(b, library, b.N)
	b.ResetTimer()
	for moved := 0; moved < b.N; {
		ids := library.Log().TakeFresh(490)
		if len(ids) == 0 { // more than a process remembers
			var err error
			if ids, err = library.Log().FindPendingEvents(b.Context(), 100); err != nil {
				b.Fatal(err)
			}
		}
		appended, err := library.Log().AppendEvents(b.Context(), ids)
		if err != nil {
			b.Fatal(err)
		}
		moved += len(appended)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// copies writes the events of n copies, of a hundred items.
func copies(b *testing.B, library *store.Library, n int) {
	b.Helper()
	marks := slices.Collect(func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	})
	var writing sync.WaitGroup
	for some := range slices.Chunk(marks, (n+31)/32) {
		writing.Go(func() {
			for _, i := range some {
				e := promptz.Event{
					Type: promptz.EventItemCopied, Audience: promptz.AudiencePublic, At: time.Now(),
					ItemID: fmt.Sprintf("7k3mz9q2w%03d", i%100), Kind: promptz.KindPrompt, Version: 1, OwnerID: "owner0000000",
				}
				if _, err := library.CreateInteraction(b.Context(), e, fmt.Sprint(i), time.Now().Add(48*time.Hour)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	writing.Wait()
}
