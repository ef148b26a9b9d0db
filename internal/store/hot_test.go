package store_test

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"promptz/internal/promptz"
	"promptz/internal/store"
)

// hotStarrers is how many star one item at once.
const hotStarrers = 200

// TestHotItem lets 200 star one item at once, where it is said to conflict: where
// of two who touch the counts one is refused, as DynamoDB does it, some are
// refused for nothing, and some that were done are said to be refused.
func TestHotItem(t *testing.T) {
	t.Parallel()
	flaked := &flaky{refuse: 0.1, lose: 0.1, lasts: 2 * time.Millisecond}
	for _, test := range []struct {
		name string
		docs func(t testing.TB) store.Handles
	}{
		{"sqlite", func(t testing.TB) store.Handles { return openSQLite(t, store.LibraryCollection) }},
		{"memory", func(t testing.TB) store.Handles { return openMemory(t) }},
		{"conflicts", func(t testing.TB) store.Handles { return newFlaky(t, openMemory(t), flaked) }},
		{"refusals on sqlite", func(t testing.TB) store.Handles {
			return newFlaky(t, openSQLite(t, store.LibraryCollection), &flaky{refuse: 0.3, lose: 0.3})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			docs := test.docs(t)
			library := store.NewLibrary(docs, store.Tuning{}, time.Now, rand.Reader)
			item := hotItem(t, library)
			begun := time.Now()
			starAll(t, library, item)
			t.Logf("%d stars in %s", hotStarrers, time.Since(begun).Round(time.Millisecond))
			checkHot(t, library, item)
			if test.name == "conflicts" {
				checkConflicts(t, flaked)
			}
		})
	}
}

// checkConflicts holds those who star to going on in turn after they have lost
// twice: from then on they are in nobody's way.
func checkConflicts(t *testing.T, f *flaky) {
	t.Helper()
	if f.conflicts < 10 || f.conflicts > 4*hotStarrers {
		t.Errorf("%d conflicts of %d who star", f.conflicts, hotStarrers)
	}
}

func hotItem(t testing.TB, library *store.Library) *promptz.Item {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	item := &promptz.Item{
		Text: promptz.Text{Name: "Hot", Description: "Starred by many.", Content: "x"}, ID: "7k3mz9q2w4xa",
		Kind: promptz.KindPrompt, OwnerID: "owner", Visibility: promptz.VisibilityPublic,
		Version: 1, Revision: 1, Shown: true, CreatedAt: now, UpdatedAt: now, PublishedAt: now,
	}
	if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	return item
}

func starAll(t testing.TB, library *store.Library, item *promptz.Item) {
	t.Helper()
	var starring sync.WaitGroup
	for i := range hotStarrers {
		starring.Go(func() {
			if err := library.StarItem(t.Context(), fmt.Sprint("user", i), item); err != nil {
				t.Errorf("starrer %d: %v", i, err)
			}
		})
	}
	starring.Wait()
}

// checkHot holds the counts and the log to 200 stars.
func checkHot(t *testing.T, library *store.Library, item *promptz.Item) {
	t.Helper()
	stats, err := library.FindStats(t.Context(), item.ID)
	if err != nil || stats.Stars != hotStarrers {
		t.Errorf("%d stars are counted, %v", stats.Stars, err)
	}
	today := time.Now()
	days, err := library.FindDays(t.Context(), item.ID, today.AddDate(0, 0, -1), today)
	if err != nil || days[0].Stars+days[1].Stars != hotStarrers {
		t.Errorf("the days are %+v, %v", days, err)
	}
	if got := len(library.Log().TakeFresh(1000)); got < hotStarrers {
		t.Errorf("%d events were announced", got)
	}
	told := map[string]bool{}
	for _, e := range logged(t, library.Log(), promptz.FeedActivity) {
		if e.Type != promptz.EventItemStarred || told[e.ActorID] {
			t.Errorf("event %+v", e)
		}
		told[e.ActorID] = true
	}
	if len(told) != hotStarrers {
		t.Errorf("%d stars are in the log", len(told))
	}
}

// logged moves all that waits into the log and reads a feed.
func logged(t testing.TB, log *store.Log, feed promptz.Feed) (all []promptz.Event) {
	t.Helper()
	for {
		ids, err := log.FindPendingEvents(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 {
			break
		}
		if _, err := log.AppendEvents(t.Context(), ids); err != nil {
			t.Fatal(err)
		}
	}
	for {
		some, err := log.FindEvents(t.Context(), feed, int64(len(all)), 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
	}
}
