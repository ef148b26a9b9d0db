package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

func (f *fixture) wantStats(t testing.TB, id string, want promptz.Stats) {
	t.Helper()
	got, err := f.library.FindStats(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func testStars(t *testing.T, f *fixture) {
	item := f.createPublic(t, promptz.KindPrompt, "owner")
	for range 2 { // the second time nothing happens
		if err := f.library.StarItem(t.Context(), "ann", item); err != nil {
			t.Fatal(err)
		}
	}
	f.clock.advance(time.Millisecond)
	if err := f.library.StarItem(t.Context(), "bob", item); err != nil {
		t.Fatal(err)
	}
	f.wantStats(t, item.ID, promptz.Stats{Stars: 2})
	f.clock.advance(time.Millisecond)
	for range 2 {
		if err := f.library.UnstarItem(t.Context(), "ann", item); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.library.UnstarItem(t.Context(), "carl", item); err != nil {
		t.Fatal(err)
	}
	f.wantStats(t, item.ID, promptz.Stats{Stars: 1})
	starred, err := f.library.HasStarred(t.Context(), "ann", []string{item.ID})
	if err != nil || starred[item.ID] {
		t.Errorf("ann's star stands: %v, %v", starred, err)
	}
	if err := f.library.StarItem(t.Context(), "ann", item); err != nil {
		t.Fatal(err)
	}
	f.wantStats(t, item.ID, promptz.Stats{Stars: 2})
	appendAll(t, f.library.Log())
	var got []string
	for _, e := range events(t, f.library.Log(), promptz.FeedActivity) {
		got = append(got, fmt.Sprint(e.Type, " ", e.ActorID))
	}
	want := []string{"promptz.item.starred ann", "promptz.item.starred bob", "promptz.item.unstarred ann", "promptz.item.starred ann"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if err := f.library.DeleteItem(t.Context(), f.find(t, item.ID)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, f.library.StarItem(t.Context(), "dora", item), promptz.CodeNotFound)
	f.clock.advance(2 * time.Hour)
	if _, err := f.library.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !f.ttl {
		f.wantEmpty(t)
	}
}

func testStarredItems(t *testing.T, f *fixture) {
	var want []string
	for range 5 {
		item := f.createPublic(t, promptz.KindPrompt, "owner")
		f.clock.advance(time.Millisecond)
		if err := f.library.StarItem(t.Context(), "ann", item); err != nil {
			t.Fatal(err)
		}
		want = append([]string{item.ID}, want...)
	}
	var got []string
	for position, more := "", true; more; {
		page, err := f.library.FindStarredItems(t.Context(), "ann", position, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			if item.Stats.Stars != 1 {
				t.Errorf("%s has %d stars", item.ID, item.Stats.Stars)
			}
			got = append(got, item.ID)
		}
		position, more = page.Next, page.Next != ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("starred (-want +got):\n%s", diff)
	}
}

// testHotItem lets many star one item at once.
func testHotItem(t *testing.T, f *fixture) {
	const starrers = 40
	item := f.createPublic(t, promptz.KindPrompt, "owner")
	for i, err := range inParallel(starrers, func(i int) error {
		return f.library.StarItem(context.WithoutCancel(t.Context()), fmt.Sprint("user", i%(starrers/2)), item)
	}) {
		if err != nil {
			t.Errorf("starrer %d: %v", i, err)
		}
	}
	f.wantStats(t, item.ID, promptz.Stats{Stars: starrers / 2})
}

func testCounting(t *testing.T, f *fixture) {
	item := f.createPublic(t, promptz.KindPrompt, "owner")
	e := promptz.ItemEvent(promptz.EventItemCopied, item, f.clock.now())
	expires := f.clock.now().Add(48 * time.Hour)
	for i, want := range []bool{true, false} {
		if done, err := f.library.CreateInteraction(t.Context(), e, "visitor", expires); err != nil || done != want {
			t.Errorf("interaction %d: %t, %v; want %t", i, done, err, want)
		}
	}
	e.Type, e.At = promptz.EventItemDownloaded, f.clock.advance(time.Millisecond)
	if done, err := f.library.CreateInteraction(t.Context(), e, "another", expires); err != nil || !done {
		t.Errorf("another interaction: %t, %v", done, err)
	}
	appendAll(t, f.library.Log())
	activity := events(t, f.library.Log(), promptz.FeedActivity)
	if len(activity) != 2 {
		t.Fatalf("got %d events, want 2", len(activity))
	}
	late := activity[0]
	late.ID, late.At = newID(t), late.At.Add(-24*time.Hour)
	all := append(activity, late, activity[0])
	for _, err := range inParallel(6, func(int) error {
		return f.library.CountEvents(context.WithoutCancel(t.Context()), item.ID, all)
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if err := f.library.CountEvents(t.Context(), newID(t), all); err != nil {
		t.Errorf("events of an item that is gone: %v", err)
	}
	if err := f.library.AddViews(t.Context(), item.ID, f.clock.now(), 5); err != nil {
		t.Fatal(err)
	}
	f.wantStats(t, item.ID, promptz.Stats{Copies: 2, Downloads: 1, Views: 5})
	today := promptz.DayOf(f.clock.now())
	got, err := f.library.FindDays(t.Context(), item.ID, today.AddDate(0, 0, -1), today)
	if err != nil {
		t.Fatal(err)
	}
	want := []promptz.DayStats{
		{Day: today.AddDate(0, 0, -1), Stats: promptz.Stats{Copies: 1}},
		{Day: today, Stats: promptz.Stats{Copies: 1, Downloads: 1, Views: 5}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

// testScores rescores items beside writers, and looks at the lists by score.
func testScores(t *testing.T, f *fixture) {
	low, high, hidden := f.createPublic(t, promptz.KindPrompt, "owner"), f.createPublic(t, promptz.KindPrompt, "owner"), f.createPublic(t, promptz.KindPrompt, "owner")
	for i := range 3 {
		for _, item := range []*promptz.Item{high, hidden} {
			if err := f.library.StarItem(t.Context(), fmt.Sprint("user", i), item); err != nil {
				t.Fatal(err)
			}
		}
	}
	hidden = f.update(t, f.find(t, hidden.ID), f.edited(f.find(t, hidden.ID), "", promptz.VisibilityPrivate))
	for _, item := range []*promptz.Item{low, high, hidden} {
		if _, err := f.library.Rescore(t.Context(), item.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, sort := range []promptz.Sort{promptz.SortPopular, promptz.SortTrending} {
		got := f.walk(t, promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: sort, Limit: 1})
		if diff := cmp.Diff([]string{high.ID, low.ID}, got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", sort, diff)
		}
	}
	// Shown again, it is on the lists at once, and in its place once rescored.
	f.update(t, hidden, f.edited(hidden, "", promptz.VisibilityPublic))
	if err := f.library.StarItem(t.Context(), "user9", hidden); err != nil {
		t.Fatal(err)
	}
	if stats, err := f.library.Rescore(t.Context(), hidden.ID); err != nil || stats.Stars != 4 {
		t.Errorf("rescored %+v, %v; want 4 stars", stats, err)
	}
	got := f.walk(t, promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: promptz.SortPopular, Limit: 2})
	if diff := cmp.Diff([]string{hidden.ID, high.ID, low.ID}, got); diff != "" {
		t.Errorf("popular (-want +got):\n%s", diff)
	}
	_, err := f.library.Rescore(t.Context(), newID(t))
	wantCode(t, err, promptz.CodeNotFound)
}

// walk gives the ids on all pages of a list.
func (f *fixture) walk(t testing.TB, filter promptz.ItemFilter) []string {
	t.Helper()
	var ids []string
	for more := true; more; {
		page, err := f.library.FindItems(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		filter.Position, more = page.Next, page.Next != ""
	}
	return ids
}
