package sqlitedocstore_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"gocloud.dev/docstore"
	"gocloud.dev/gcerrors"

	"promptz/internal/gocdk/sqliteengine"
)

func size(full, short int) int {
	if testing.Short() {
		return short
	}
	return full
}

func TestConcurrentIncrements(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	put(t, coll, docmap{"id": "counter"})
	each := size(50, 10)
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			for range each {
				if err := coll.Update(t.Context(), docmap{"id": "counter"}, docstore.Mods{"n": docstore.Increment(1)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
	if got, want := get(t, coll, "counter")["n"], int64(20*each); got != want {
		t.Errorf("n = %v, want %d", got, want)
	}
}

// addOne reads, adds and writes back until no other writer came between.
func addOne(tb testing.TB, coll *docstore.Collection, id string) error {
	for {
		doc := docmap{"id": id}
		if err := coll.Get(tb.Context(), doc); err != nil {
			return err
		}
		doc["n"] = doc["n"].(int64) + 1
		err := coll.Replace(tb.Context(), doc)
		if gcerrors.Code(err) != gcerrors.FailedPrecondition {
			return err
		}
	}
}

func TestNoLostUpdateUnderRevisions(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	put(t, coll, docmap{"id": "counter", "n": 0, revisionField: nil})
	each := size(25, 5)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range each {
				if err := addOne(t, coll, "counter"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
	if got, want := get(t, coll, "counter")["n"], int64(8*each); got != want {
		t.Errorf("n = %v, want %d", got, want)
	}
}

func TestFiftyCallersShareCommits(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	var engine *sqliteengine.Engine
	if !coll.As(&engine) {
		t.Fatal("no engine")
	}
	before := engine.Stats()
	each := size(40, 10)
	var callers sync.WaitGroup
	for i := range 50 {
		callers.Go(func() {
			for j := range each {
				if err := coll.Create(t.Context(), docmap{"id": fmt.Sprintf("%d-%d", i, j)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
	after := engine.Stats()
	commits, writes := after.Commits-before.Commits, after.Writes-before.Writes
	if writes != uint64(50*each) {
		t.Errorf("%d writes were counted, want %d", writes, 50*each)
	}
	if ratio := float64(commits) / float64(writes); ratio > 0.2 {
		t.Errorf("%.2f commits per create, want at most 0.2", ratio)
	}
}
