package library_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/library"
	"promptz/internal/promptz"
)

// relay gives numbers to what was written since.
func (w *world) relay(t testing.TB) {
	t.Helper()
	for _, log := range []interface {
		TakeFresh(limit int) []string
		AppendEvents(ctx context.Context, ids []string) ([]promptz.Event, error)
	}{w.items.Log(), w.users.Log()} {
		if _, err := log.AppendEvents(t.Context(), log.TakeFresh(10_000)); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) changes() *library.Changes {
	return library.NewChanges(w.items.Log(), w.users.Log())
}

// told gives what p is told of a feed: type, version and actor of each event.
func (w *world) told(t testing.TB, p promptz.Principal, feed promptz.Feed) []string {
	t.Helper()
	w.relay(t)
	page, err := w.changes().FindChanges(t.Context(), p, promptz.EventFilter{Feed: feed, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range page.Events {
		line := fmt.Sprint(strings.TrimPrefix(string(e.Type), "promptz."), " ", e.Version)
		if e.ActorID != "" {
			line += " by " + e.ActorID
		}
		lines = append(lines, line)
	}
	return lines
}

// life lets an item live through everything: made, published, starred, counted,
// changed, taken back, and deleted.
func (w *world) life(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	then := func(err error) {
		t.Helper()
		w.must(t, err)
		w.clock.advance(time.Second)
	}
	item := w.create(t, draft("one", private))
	then(w.star(ctx, owner, item.ID))
	w.update(t, item.ID, draft("two", private))
	w.update(t, item.ID, draft("two", public))
	then(w.star(ctx, stranger, item.ID))
	then(w.interact(ctx, stranger, item.ID, promptz.InteractionCopy))
	then(w.interact(ctx, anonymous, item.ID, promptz.InteractionDownload))
	w.update(t, item.ID, draft("three", public))
	w.update(t, item.ID, draft("four", private))
	then(w.unstar(ctx, stranger, item.ID))
	w.update(t, item.ID, draft("five", private))
	w.update(t, item.ID, draft("five", public))
	then(w.delete(t, owner, item.ID))
	hidden := w.create(t, draft("never shown", private))
	then(w.delete(t, owner, hidden.ID))
}

func (w *world) interact(ctx context.Context, p promptz.Principal, id string, action promptz.Interaction) error {
	_, err := w.library.Interact(ctx, p, promptz.KindPrompt, id, "192.0.2.1", action)
	return err
}

func (w *world) unstar(ctx context.Context, p promptz.Principal, id string) error {
	_, err := w.library.UnstarItem(ctx, p, promptz.KindPrompt, id)
	return err
}

func (w *world) must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) star(ctx context.Context, p promptz.Principal, id string) error {
	_, err := w.library.StarItem(ctx, p, promptz.KindPrompt, id)
	return err
}

// TestWhoIsToldWhat holds every caller to what an item's life tells them: what was
// private is its owner's, of what ends nothing but that it did, and who starred is
// the owner's to know, who copied nobody's.
func TestWhoIsToldWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.life(t)
	others := map[promptz.Feed][]string{
		promptz.FeedItems:    {"item.published 2", "item.updated 3", "item.unpublished 0", "item.published 5", "item.deleted 0"},
		promptz.FeedActivity: {"item.starred 2", "item.copied 2", "item.downloaded 2"},
	}
	owners := map[promptz.Feed][]string{
		promptz.FeedItems: {
			"item.created 1", "item.updated 2", "item.published 2", "item.updated 3", "item.unpublished 4",
			"item.updated 5", "item.published 5", "item.deleted 5", "item.created 1", "item.deleted 1",
		},
		promptz.FeedActivity: {
			"item.starred 1 by owner", "item.starred 2 by stranger", "item.copied 2", "item.downloaded 2", "item.unstarred 4 by stranger",
		},
	}
	for name, p := range callers {
		want := others
		if p.UserID == "owner" && p.Has(promptz.ScopeRead) {
			want = owners
		}
		for feed := range want {
			if diff := cmp.Diff(want[feed], w.told(t, p, feed)); diff != "" {
				t.Errorf("%s of %s (-want +told):\n%s", name, feed, diff)
			}
		}
	}
}

// TestWhoIsToldOfAccounts lets two accounts begin and one of them end.
func TestWhoIsToldOfAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"owner", "stranger"} {
		u := &promptz.User{ID: id, Handle: id, Role: promptz.RoleUser, CreatedAt: w.clock.now(), Revision: 1}
		w.must(t, w.users.CreateUser(t.Context(), u))
		w.clock.advance(time.Second)
	}
	left, err := w.users.FindUser(t.Context(), "stranger")
	w.must(t, err)
	w.must(t, w.users.BeginErasure(t.Context(), left, promptz.Erasure{UserID: "stranger", At: w.clock.now()}))
	all := []string{"user.created 0 by owner", "user.created 0 by stranger", "user.deleted 0 by stranger"}
	tests := map[string]struct {
		told []string
		code promptz.Code
	}{
		"anonymous":       {code: promptz.CodeUnauthenticated},
		"owner public":    {code: promptz.CodeForbidden},
		"owner none":      {code: promptz.CodeForbidden},
		"owner read":      {told: all[:1]},
		"owner write":     {told: all[:1]},
		"owner admin":     {told: all[:1]},
		"stranger read":   {told: all[1:2]},
		"stranger write":  {told: all[1:2]},
		"stranger admin":  {told: all[1:2]},
		"moderator write": {},
		"moderator admin": {},
		"admin read":      {},
		"admin admin":     {told: all},
	}
	for name, p := range callers {
		test, ok := tests[name]
		if !ok {
			t.Errorf("no row for %s", name)
		}
		if test.code != "" {
			_, err := w.changes().FindChanges(t.Context(), p, promptz.EventFilter{Feed: promptz.FeedAccounts, Limit: 10})
			wantCode(t, err, test.code)
			continue
		}
		if diff := cmp.Diff(test.told, w.told(t, p, promptz.FeedAccounts)); diff != "" {
			t.Errorf("%s (-want +told):\n%s", name, diff)
		}
	}
}

// TestChangesPassOverWhatIsHidden reads past more events of others than one page
// passes over: the cursor goes on, and says nothing of what it passed.
func TestChangesPassOverWhatIsHidden(t *testing.T) {
	t.Parallel()
	const hidden = 1100
	w := newWorld(t)
	for range hidden {
		w.create(t, draft("hidden", private))
	}
	w.create(t, draft("shown", public)) // is two events: created, published
	w.relay(t)
	var pages []promptz.EventPage
	filter := promptz.EventFilter{Feed: promptz.FeedItems, Limit: 1, After: new(int64)}
	for more := true; more; {
		page, err := w.changes().FindChanges(t.Context(), stranger, filter)
		if err != nil {
			t.Fatal(err)
		}
		if page.Cursor > *filter.After+1000 {
			t.Errorf("one page passed from %d to %d", *filter.After, page.Cursor)
		}
		filter.After, more = &page.Cursor, page.More
		pages = append(pages, page)
	}
	if len(pages) != 3 || len(pages[0].Events) != 0 || pages[0].Cursor != 1000 || len(pages[1].Events) != 1 || len(pages[2].Events) != 1 {
		t.Fatalf("got pages %+v", pages)
	}
	last := pages[2]
	if last.Cursor != hidden+2 || last.Events[0].Number != hidden+2 || last.Events[0].Type != promptz.EventItemPublished {
		t.Errorf("the last page is %+v", last)
	}
	page, err := w.changes().FindChanges(t.Context(), stranger, promptz.EventFilter{Feed: promptz.FeedItems, Limit: 1, After: &last.Cursor})
	if err != nil || page.More || page.Cursor != last.Cursor || len(page.Events) != 0 {
		t.Errorf("at the end: %+v, %v", page, err)
	}
}

// TestChangesOfTypes reads some types alone: the cursor passes over the others.
func TestChangesOfTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", public))
	w.update(t, item.ID, draft("two", public))
	w.update(t, item.ID, draft("three", public))
	w.relay(t)
	page, err := w.changes().FindChanges(t.Context(), anonymous, promptz.EventFilter{
		Feed: promptz.FeedItems, Types: []promptz.EventType{promptz.EventItemPublished, promptz.EventItemDeleted}, Limit: 10,
	})
	if err != nil || len(page.Events) != 1 || page.Events[0].Type != promptz.EventItemPublished || page.Cursor != 4 || page.More {
		t.Errorf("got %+v, %v", page, err)
	}
}

// TestCursorsGrantNothing hands cursors on: of the owner to others, of one feed to
// another, of what never was and of what is gone.
func TestCursorsGrantNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, draft("hidden", private))
	w.create(t, draft("shown", public))
	w.relay(t)
	at := func(n int64) promptz.EventFilter {
		return promptz.EventFilter{Feed: promptz.FeedItems, Limit: 10, After: &n}
	}
	for after, want := range map[int64]int{0: 2, 1: 2, 2: 1, 3: 0} {
		page, err := w.changes().FindChanges(t.Context(), anonymous, at(after))
		if err != nil || len(page.Events) != want || page.Cursor != 3 {
			t.Errorf("after %d: %d events and cursor %d, %v; want %d", after, len(page.Events), page.Cursor, err, want)
		}
	}
	_, err := w.changes().FindChanges(t.Context(), owner, at(4))
	wantCode(t, err, promptz.CodeExpired)
	w.clock.advance(31 * 24 * time.Hour)
	w.create(t, draft("later", public))
	w.relay(t)
	_, err = w.changes().FindChanges(t.Context(), owner, at(1))
	wantCode(t, err, promptz.CodeExpired)
	page, err := w.changes().FindChanges(t.Context(), anonymous, promptz.EventFilter{Feed: promptz.FeedItems, Limit: 10})
	if err != nil || len(page.Events) != 2 || page.Cursor != 5 {
		t.Errorf("without a cursor: %+v, %v; want what is still there", page, err)
	}
}

// shrinking is a log whose oldest event expires while it is read.
type shrinking struct {
	library.Log
	tails []int64
}

func (l *shrinking) Tail(context.Context, promptz.Feed) (int64, error) {
	tail := l.tails[0]
	l.tails = l.tails[1:]
	return tail, nil
}

func (l *shrinking) FindEvents(ctx context.Context, feed promptz.Feed, after int64, limit int) ([]promptz.Event, error) {
	if len(l.tails) > 0 { // it has gone on since
		return nil, promptz.ErrTrimmed
	}
	return l.Log.FindEvents(ctx, feed, after, limit)
}

// TestBeginningIsNeverGone begins at the oldest event just when it expires.
func TestBeginningIsNeverGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, draft("one", public))
	w.create(t, draft("two", public))
	w.relay(t)
	changes := library.NewChanges(&shrinking{w.items.Log(), []int64{0, 2}})
	page, err := changes.FindChanges(t.Context(), anonymous, promptz.EventFilter{Feed: promptz.FeedItems, Limit: 10})
	if err != nil || len(page.Events) != 2 || page.Events[0].Number != 3 {
		t.Errorf("got %+v, %v; want what follows 2", page, err)
	}
	never := library.NewChanges(&shrinking{w.items.Log(), []int64{0, 1, 2, 3, 4, 5}})
	if _, err := never.FindChanges(t.Context(), anonymous, promptz.EventFilter{Feed: promptz.FeedItems, Limit: 10}); !errors.Is(err, promptz.ErrTrimmed) {
		t.Errorf("of a log that can't be caught: %v", err)
	}
}
