package library_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/library"
	"promptz/internal/promptz"
)

// stats gives an item's counts as p is told of them.
func (w *world) stats(t testing.TB, p promptz.Principal, id string) (promptz.Stats, []promptz.DayStats) {
	t.Helper()
	item, days, err := w.library.FindStats(t.Context(), p, promptz.KindPrompt, id)
	if err != nil {
		t.Fatal(err)
	}
	return item.Stats, days
}

// starred gives the ids of what p has starred.
func (w *world) starred(t testing.TB, p promptz.Principal) []string {
	t.Helper()
	page, err := w.library.FindStarredItems(t.Context(), p, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, item := range page.Items {
		if !item.Starred {
			t.Errorf("%s is on the list and not starred", item.ID)
		}
		ids = append(ids, item.ID)
	}
	return ids
}

// TestWhoMayStar holds every caller to what they may star: what they see, and with
// a credential that may write.
func TestWhoMayStar(t *testing.T) {
	t.Parallel()
	for name, p := range callers {
		for state := range states {
			w := newWorld(t)
			item := states[state](t, w)
			_, err := w.library.StarItem(t.Context(), p, promptz.KindPrompt, item.ID)
			want := promptz.Code("")
			switch {
			case p.Anonymous():
				want = promptz.CodeUnauthenticated
			case !p.Has(promptz.ScopeWrite):
				want = promptz.CodeForbidden
			case state != "public" && p.UserID != "owner":
				want = promptz.CodeNotFound
			}
			if got := promptz.ErrorCode(err); got != want {
				t.Errorf("%s stars what is %s: got %q (%v), want %q", name, state, got, err, want)
			}
		}
	}
}

// TestStarOfWhatIsGone stars items that were made private, and deleted, since.
func TestStarOfWhatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	hidden, deleted, kept := w.create(t, draft("one", public)), w.create(t, draft("two", public)), w.create(t, draft("three", public))
	for _, item := range []*promptz.Item{hidden, deleted, kept} {
		w.must(t, w.star(ctx, stranger, item.ID))
		w.clock.advance(time.Second)
	}
	if diff := cmp.Diff([]string{kept.ID, deleted.ID, hidden.ID}, w.starred(t, stranger)); diff != "" {
		t.Errorf("starred (-want +got):\n%s", diff)
	}
	w.update(t, hidden.ID, draft("one", private))
	w.must(t, w.delete(t, owner, deleted.ID))
	if diff := cmp.Diff([]string{kept.ID}, w.starred(t, stranger)); diff != "" {
		t.Errorf("starred, once others are gone (-want +got):\n%s", diff)
	}
	for _, id := range []string{hidden.ID, deleted.ID} {
		wantCode(t, w.star(ctx, stranger, id), promptz.CodeNotFound)
	}
	wantCode(t, w.unstar(ctx, stranger, deleted.ID), promptz.CodeNotFound)
	another := user("another", promptz.RoleUser, promptz.ScopeWrite)
	wantCode(t, w.unstar(ctx, another, hidden.ID), promptz.CodeNotFound) // it never saw it
	stats, err := w.library.UnstarItem(ctx, stranger, promptz.KindPrompt, hidden.ID)
	if err != nil || stats != (promptz.Stats{}) {
		t.Errorf("taking a star back from what is hidden: %+v, %v; want done, and no counts", stats, err)
	}
	wantCode(t, w.unstar(ctx, stranger, hidden.ID), promptz.CodeNotFound) // there is none any more
	if counts, _ := w.stats(t, owner, hidden.ID); counts.Stars != 0 {
		t.Errorf("%d stars are left", counts.Stars)
	}
}

// TestStarsNeverGoBelowZero takes back a star that there is once, and one that
// there never was, many times at once.
func TestStarsNeverGoBelowZero(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", public))
	w.must(t, w.star(t.Context(), stranger, item.ID))
	for _, err := range inParallel(50, func(i int) error {
		p := []promptz.Principal{stranger, owner}[i%2]
		return w.unstar(context.WithoutCancel(t.Context()), p, item.ID)
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	counts, days := w.stats(t, owner, item.ID)
	if counts.Stars != 0 || days[len(days)-1].Stars != 0 {
		t.Errorf("%d stars are counted, today %d", counts.Stars, days[len(days)-1].Stars)
	}
}

// TestVisitorCountsOnceADay copies and downloads as several visitors, on several
// days, of several versions: what has a number counts, and is the nth that did.
func TestVisitorCountsOnceADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", public))
	steps := []struct {
		name    string
		p       promptz.Principal
		visitor string
		action  promptz.Interaction
		before  func()
		counted bool
	}{
		{"a copy", anonymous, "a", promptz.InteractionCopy, nil, true},
		{"again", anonymous, "a", promptz.InteractionCopy, nil, false},
		{"a download is another thing", anonymous, "a", promptz.InteractionDownload, nil, true},
		{"and counts once", anonymous, "a", promptz.InteractionDownload, nil, false},
		{"another visitor", anonymous, "b", promptz.InteractionCopy, nil, true},
		{"somebody signed in", stranger, "a", promptz.InteractionCopy, nil, true},
		{"from elsewhere", stranger, "c", promptz.InteractionCopy, nil, false},
		{"a visitor who is called like them", anonymous, "user stranger", promptz.InteractionCopy, nil, true},
		{"the owner", owner, "a", promptz.InteractionCopy, nil, true},
		{"just before midnight", anonymous, "a", promptz.InteractionCopy, func() { w.clock.advance(15*time.Hour + 58*time.Minute) }, false},
		{"after midnight", anonymous, "a", promptz.InteractionCopy, func() { w.clock.advance(3 * time.Minute) }, true},
		{"and again", anonymous, "a", promptz.InteractionCopy, nil, false},
		{"another version", anonymous, "a", promptz.InteractionCopy, func() { w.update(t, item.ID, draft("two", public)) }, true},
	}
	var want promptz.Stats
	for _, s := range steps {
		if s.before != nil {
			s.before()
		}
		counted, err := w.library.Interact(t.Context(), s.p, promptz.KindPrompt, item.ID, s.visitor, s.action)
		if err != nil || counted != s.counted {
			t.Errorf("%s: counted %t, %v; want %t", s.name, counted, err, s.counted)
		}
		if s.counted && s.action == promptz.InteractionCopy {
			want.Copies++
		} else if s.counted {
			want.Downloads++
		}
	}
	w.relay(t)
	all, err := w.items.Log().FindEvents(t.Context(), promptz.FeedActivity, 0, 100)
	w.must(t, err)
	w.must(t, w.items.CountEvents(t.Context(), item.ID, all))
	if got, _ := w.stats(t, anonymous, item.ID); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// TestOneVisitorAtOnce copies many times at the same time as one visitor.
func TestOneVisitorAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", public))
	var counted atomic.Int64
	for _, err := range inParallel(30, func(int) error {
		ok, err := w.library.Interact(context.WithoutCancel(t.Context()), anonymous, promptz.KindPrompt, item.ID, "a", promptz.InteractionCopy)
		if ok {
			counted.Add(1)
		}
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if counted.Load() != 1 {
		t.Errorf("%d of 30 were counted", counted.Load())
	}
}

// TestWhatIsUnseenCountsNothing interacts with what the caller may not see.
func TestWhatIsUnseenCountsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", private))
	wantCode(t, w.interact(t.Context(), stranger, item.ID, promptz.InteractionCopy), promptz.CodeNotFound)
	wantCode(t, w.library.View(t.Context(), anonymous, promptz.KindPrompt, item.ID), promptz.CodeNotFound)
	_, _, err := w.library.FindStats(t.Context(), stranger, promptz.KindPrompt, item.ID)
	wantCode(t, err, promptz.CodeNotFound)
	w.must(t, w.library.FlushViews(t.Context()))
	if got, _ := w.stats(t, owner, item.ID); got != (promptz.Stats{}) {
		t.Errorf("counted %+v", got)
	}
}

// TestDaysAreTheOwners gives totals to everybody, and the days to the owner alone.
func TestDaysAreTheOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", public))
	w.must(t, w.star(t.Context(), stranger, item.ID))
	w.clock.advance(24 * time.Hour)
	w.must(t, w.unstar(t.Context(), stranger, item.ID))
	w.must(t, w.star(t.Context(), owner, item.ID))
	w.must(t, w.library.View(t.Context(), anonymous, promptz.KindPrompt, item.ID))
	w.must(t, w.library.FlushViews(t.Context()))
	for name, p := range callers {
		counts, days := w.stats(t, p, item.ID)
		if want := (promptz.Stats{Stars: 1, Views: 1}); counts != want {
			t.Errorf("%s is told %+v", name, counts)
		}
		if p.UserID != "owner" && days != nil {
			t.Errorf("%s is told of days", name)
		}
	}
	_, days := w.stats(t, owner, item.ID)
	today := promptz.DayOf(w.clock.now())
	if len(days) != 90 || !days[0].Day.Equal(today.AddDate(0, 0, -89)) || !days[89].Day.Equal(today) {
		t.Fatalf("%d days from %s to %s", len(days), days[0].Day, days[len(days)-1].Day)
	}
	if days[88].Stats != (promptz.Stats{Stars: 1}) || days[89].Stats != (promptz.Stats{Views: 1}) {
		t.Errorf("the last days are %+v", days[88:])
	}
}

// failingViews is a store that does not count views while it fails.
type failingViews struct {
	*watchedItems
	fails  bool
	writes int
}

func (i *failingViews) AddViews(ctx context.Context, item string, day time.Time, n int64) error {
	if i.writes++; i.fails {
		return errors.New("the store is away")
	}
	return i.watchedItems.AddViews(ctx, item, day, n)
}

// TestViewsAreWrittenAsTotals looks at items often: one write counts them all, and
// none is lost while the store is away.
func TestViewsAreWrittenAsTotals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	items := &failingViews{watchedItems: w.items}
	w.library = library.NewService(library.Deps{Items: items, Users: w.users, DayKeys: fixedKey{}, Now: w.clock.now, Random: rand.Reader})
	one, two := w.create(t, draft("one", public)), w.create(t, draft("two", public))
	look := func(item *promptz.Item, times int) {
		t.Helper()
		for range times {
			w.must(t, w.library.View(t.Context(), anonymous, promptz.KindPrompt, item.ID))
		}
	}
	look(one, 20)
	look(two, 3)
	if counts, _ := w.stats(t, anonymous, one.ID); counts.Views != 0 || items.writes != 0 {
		t.Errorf("%d views before they are written, in %d writes", counts.Views, items.writes)
	}
	items.fails = true
	if err := w.library.FlushViews(t.Context()); err == nil {
		t.Error("views were written to a store that is away")
	}
	items.fails = false
	w.clock.advance(24 * time.Hour)
	look(one, 1)
	items.writes = 0
	for range 2 {
		w.must(t, w.library.FlushViews(t.Context()))
	}
	if items.writes != 3 { // one of two days, two of one
		t.Errorf("%d writes, want 3", items.writes)
	}
	counts, days := w.stats(t, owner, one.ID)
	if counts.Views != 21 || days[88].Views != 20 || days[89].Views != 1 {
		t.Errorf("%d views, by day %+v", counts.Views, days[88:])
	}
	if counts, _ := w.stats(t, anonymous, two.ID); counts.Views != 3 {
		t.Errorf("%d views of the other", counts.Views)
	}
	w.must(t, w.delete(t, owner, two.ID))
	look(one, 1)
	w.must(t, w.library.FlushViews(t.Context()))
}

// TestViewsWhileTheyAreWritten looks while others write.
func TestViewsWhileTheyAreWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", public))
	const visitors, looks = 8, 50
	for _, err := range inParallel(visitors, func(i int) error {
		for range looks {
			if err := w.library.View(t.Context(), anonymous, promptz.KindPrompt, item.ID); err != nil {
				return err
			}
			if i == 0 {
				if err := w.library.FlushViews(t.Context()); err != nil {
					return err
				}
			}
		}
		return nil
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	w.must(t, w.library.FlushViews(t.Context()))
	if counts, _ := w.stats(t, anonymous, item.ID); counts.Views != visitors*looks {
		t.Errorf("%d views, want %d", counts.Views, visitors*looks)
	}
}

// TestScoredLists pages through lists by score: in order, each item once, and what
// is private on none.
func TestScoredLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []string
	for n := range 7 {
		item := w.create(t, draft("one", public))
		for i := range n {
			w.must(t, w.star(t.Context(), user(fmt.Sprint("user", i), promptz.RoleUser, promptz.ScopeWrite), item.ID))
		}
		_, err := w.items.Rescore(t.Context(), item.ID)
		w.must(t, err)
		if n == 5 {
			w.update(t, item.ID, draft("one", private))
			_, err := w.items.Rescore(t.Context(), item.ID)
			w.must(t, err)
			continue
		}
		want = append([]string{item.ID}, want...)
	}
	for _, sort := range []promptz.Sort{promptz.SortPopular, promptz.SortTrending} {
		var got []string
		filter := promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: sort, Limit: 2}
		for more := true; more; more = filter.Position != "" {
			page, err := w.library.FindItems(t.Context(), anonymous, filter)
			w.must(t, err)
			for _, item := range page.Items {
				got = append(got, item.ID)
			}
			filter.Position = page.Next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", sort, diff)
		}
	}
}
