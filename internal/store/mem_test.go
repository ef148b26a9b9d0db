package store_test

import (
	"testing"

	"gocloud.dev/docstore/memdocstore"

	"promptz/internal/store"
	"promptz/internal/store/storetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, collection string) (store.Handles, store.Tuning) {
		return openMemory(t), store.Tuning{}
	})
}

// TestMemoryAsMaps is the suite where documents are read as maps.
func TestMemoryAsMaps(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, collection string) (store.Handles, store.Tuning) {
		return openMemory(t), store.Tuning{Maps: true}
	})
}

// openMemory opens an empty collection in memory.
func openMemory(t testing.TB) store.Handles {
	t.Helper()
	c, err := memdocstore.OpenCollection(store.KeyField, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return store.Handles{Consistent: c, Eventual: c}
}

// TestBusyMemory is the suite on a store that refuses one atomic list of five, and
// loses the answers of as many that were done.
func TestBusyMemory(t *testing.T) {
	t.Parallel()
	lost := 0
	t.Cleanup(func() {
		if lost == 0 {
			t.Error("no answer was lost: this tested nothing")
		}
	})
	storetest.Run(t, func(t testing.TB, collection string) (store.Handles, store.Tuning) {
		f := &flaky{refuse: 0.2, lose: 0.2}
		t.Cleanup(func() { lost += f.lost })
		return newFlaky(t, openMemory(t), f), store.Tuning{}
	})
}

// TestMemoryLikeMongo is the suite on a store with the habits of Mongo's driver: it
// does not tell the revisions of what a list wrote, and may call documents absent that
// it failed to read.
func TestMemoryLikeMongo(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, collection string) (store.Handles, store.Tuning) {
		return newFlaky(t, openMemory(t), &flaky{untold: true, overlook: 0.2}), store.Tuning{Doubtful: true}
	})
}
