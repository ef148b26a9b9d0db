package storetest

import (
	"context"
	"testing"
	"time"

	"promptz/internal/promptz"
	"promptz/internal/store"
)

func testExpiry(t *testing.T, f *fixture) {
	item := f.newItem(t, promptz.KindPrompt, "owner")
	once := &promptz.Once{UserID: "owner", Key: "k"}
	if err := f.library.CreateItem(t.Context(), item, promptz.Marks{Once: once}); err != nil {
		t.Fatal(err)
	}
	f.createKey(t, 1, time.Hour)
	f.createKey(t, 2, 100*time.Hour)
	f.wantSwept(t, "before the time", store.Swept{}, store.Swept{})

	f.clock.advance(25 * time.Hour)
	records, keys := store.Swept{Expired: 1}, store.Swept{Expired: 2} // a key is two documents
	if f.ttl {
		records, keys = store.Swept{}, store.Swept{}
	}
	f.wantSwept(t, "after the time", records, keys)
	f.wantSwept(t, "again", store.Swept{}, store.Swept{})
	if f.find(t, item.ID).ID != item.ID {
		t.Error("the item went with the record")
	}
	if listed, err := f.identity.FindKeys(t.Context(), "maria"); err != nil || len(listed) != 1 {
		t.Errorf("keys: %v, %v; want the one that lives", listed, err)
	}
}

// wantSwept sweeps both collections.
func (f *fixture) wantSwept(t testing.TB, when string, library, identity store.Swept) {
	t.Helper()
	if got, err := f.library.Sweep(t.Context()); err != nil || got != library {
		t.Errorf("%s, the library's: %+v, %v; want %+v", when, got, err, library)
	}
	if got, err := f.identity.Sweep(t.Context()); err != nil || got != identity {
		t.Errorf("%s, identity's: %+v, %v; want %+v", when, got, err, identity)
	}
}

func testSweepTwice(t *testing.T, f *fixture) {
	const items, sweeps = 20, 4
	for range items {
		item := f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
		if err := f.library.DeleteItem(t.Context(), item); err != nil {
			t.Fatal(err)
		}
	}
	f.clock.advance(1)
	swept := make([]store.Swept, sweeps)
	for i, err := range inParallel(sweeps, func(i int) (err error) {
		swept[i], err = f.library.Sweep(context.WithoutCancel(t.Context()))
		return err
	}) {
		if err != nil {
			t.Errorf("sweep %d: %v", i, err)
		}
	}
	purged := 0
	for _, s := range swept {
		purged += s.Purged
	}
	// In memory, deleting what another has deleted under the same revision
	// succeeds, so both count it.
	if purged < items {
		t.Errorf("purged %d in all, want %d", purged, items)
	}
	f.wantEmpty(t)
}
