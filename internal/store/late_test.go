package store_test

import (
	"crypto/rand"
	"testing"
	"time"

	"promptz/internal/promptz"
	"promptz/internal/store"
)

// TestListReadsLateCountsAgain lists an item whose card is on the way that may be
// late and whose counts are not yet: they are not taken for deleted.
func TestListReadsLateCountsAgain(t *testing.T) {
	t.Parallel()
	now, late := openMemory(t), openMemory(t)
	var item *promptz.Item
	for _, docs := range []store.Handles{now, late} {
		item = hotItem(t, store.NewLibrary(docs, store.Tuning{}, time.Now, rand.Reader))
	}
	if err := late.Consistent.Delete(t.Context(), map[string]any{store.KeyField: "stats#" + item.ID}); err != nil {
		t.Fatal(err)
	}
	library := store.NewLibrary(store.Handles{Consistent: now.Consistent, Eventual: late.Consistent}, store.Tuning{}, time.Now, rand.Reader)
	page, err := library.FindItems(t.Context(), promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: promptz.SortNewest, Limit: 2})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("%d items are listed, %v; want one", len(page.Items), err)
	}
}
