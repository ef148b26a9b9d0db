package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
	"promptz/internal/store"
)

// happened is what matters of an event.
type happened struct {
	Type     promptz.EventType
	Audience promptz.Audience
	Version  int
}

// appendAll gives numbers to all that waits.
func appendAll(t testing.TB, log *store.Log) {
	t.Helper()
	for {
		ids, err := log.FindPendingEvents(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 {
			return
		}
		if _, err := log.AppendEvents(t.Context(), ids); err != nil {
			t.Fatal(err)
		}
	}
}

// events gives a feed from its beginning, and fails the test unless it is
// numbered without a gap.
func events(t testing.TB, log *store.Log, feed promptz.Feed) []promptz.Event {
	t.Helper()
	var all []promptz.Event
	for {
		some, err := log.FindEvents(t.Context(), feed, int64(len(all)), 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
		for i, e := range all {
			if e.Number != int64(i+1) || e.Feed() != feed {
				t.Fatalf("event %d of feed %s has number %d of %s", i+1, feed, e.Number, e.Feed())
			}
		}
	}
}

func testEvents(t *testing.T, f *fixture) {
	item := f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
	item = f.update(t, item, f.edited(item, "second text", ""))
	item = f.update(t, item, f.edited(item, "", promptz.VisibilityPublic))
	item = f.update(t, item, f.edited(item, "third text", ""))
	item = f.update(t, item, f.edited(item, "", promptz.VisibilityPrivate))
	if err := f.library.DeleteItem(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	if err := f.library.UpdateItem(t.Context(), item, f.edited(item, "lost", ""), promptz.Marks{}); err == nil {
		t.Fatal("a deleted item was updated")
	}
	appendAll(t, f.library.Log())
	var got []happened
	ids := map[string]bool{}
	for _, e := range events(t, f.library.Log(), promptz.FeedItems) {
		if e.ItemID != item.ID || e.OwnerID != "owner" || e.Kind != promptz.KindPrompt || ids[e.ID] {
			t.Errorf("got event %+v", e)
		}
		ids[e.ID] = true
		got = append(got, happened{e.Type, e.Audience, e.Version})
	}
	want := []happened{
		{promptz.EventItemCreated, promptz.AudienceOwner, 1},
		{promptz.EventItemUpdated, promptz.AudienceOwner, 2},
		{promptz.EventItemPublished, promptz.AudiencePublic, 2},
		{promptz.EventItemUpdated, promptz.AudiencePublic, 3},
		{promptz.EventItemUnpublished, promptz.AudiencePublic, 3},
		{promptz.EventItemDeleted, promptz.AudienceOwner, 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func testAccountEvents(t *testing.T, f *fixture) {
	u := &promptz.User{ID: newID(t), Handle: "maria", Role: promptz.RoleUser, CreatedAt: f.clock.now(), Revision: 1}
	if err := f.identity.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	again := *u
	again.ID = newID(t)
	wantCode(t, f.identity.CreateUser(t.Context(), &again), promptz.CodeConflict)
	read, err := f.identity.FindUser(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.identity.BeginErasure(t.Context(), read, promptz.Erasure{UserID: u.ID, At: f.clock.advance(time.Second)}); err != nil {
		t.Fatal(err)
	}
	appendAll(t, f.identity.Log())
	var got []promptz.EventType
	for _, e := range events(t, f.identity.Log(), promptz.FeedAccounts) {
		if e.ActorID != u.ID || e.Subject() != u.ID {
			t.Errorf("got event %+v", e)
		}
		got = append(got, e.Type)
	}
	if want := []promptz.EventType{promptz.EventUserCreated, promptz.EventUserDeleted}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// testLogInParallel lets writers write and relays race while a follower reads: it
// must see every event once, and each item's in their order.
func testLogInParallel(t *testing.T, f *fixture) {
	const writers, items, relays = 8, 4, 3
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var relaying sync.WaitGroup
	for range relays {
		relaying.Go(func() { relay(ctx, t, f.library.Log()) })
	}
	made := make([][]string, writers)
	for i, err := range inParallel(writers, func(i int) error {
		for range items {
			item := f.newItem(t, promptz.KindRule, fmt.Sprint("writer", i))
			if err := f.library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
				return err
			}
			old, err := f.library.FindItem(t.Context(), item.ID, true)
			if err != nil {
				return err
			}
			if err := f.library.UpdateItem(t.Context(), old, f.edited(old, "next", ""), promptz.Marks{}); err != nil {
				return err
			}
			made[i] = append(made[i], item.ID)
		}
		return nil
	}) {
		if err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	stop()
	relaying.Wait()
	appendAll(t, f.library.Log())
	versions := map[string]int{}
	all := events(t, f.library.Log(), promptz.FeedItems)
	for _, e := range all {
		if versions[e.ItemID]++; e.Version != versions[e.ItemID] {
			t.Errorf("item %s: version %d is told as number %d", e.ItemID, e.Version, versions[e.ItemID])
		}
	}
	for _, id := range slices.Concat(made...) {
		if versions[id] != 2 {
			t.Errorf("item %s has %d events, want 2", id, versions[id])
		}
	}
	if len(all) != writers*items*2 {
		t.Errorf("got %d events, want %d", len(all), writers*items*2)
	}
}

// relay gives numbers to what waits until ctx ends.
func relay(ctx context.Context, t testing.TB, log *store.Log) {
	for ctx.Err() == nil {
		ids, err := log.FindPendingEvents(ctx, 3)
		if err == nil && len(ids) > 0 {
			_, err = log.AppendEvents(ctx, ids)
		}
		if err != nil && ctx.Err() == nil {
			t.Errorf("relay: %v", err)
		}
	}
}

func testLogExpires(t *testing.T, f *fixture) {
	log := f.library.Log()
	for range 5 {
		f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
	}
	appendAll(t, log)
	f.clock.advance(20 * 24 * time.Hour)
	for range 3 {
		f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
	}
	appendAll(t, log)
	wantTail(t, log, 0)
	f.clock.advance(11 * 24 * time.Hour)
	wantTail(t, log, 5)
	if _, err := f.library.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantTail(t, log, 5)
	if _, err := log.FindEvents(t.Context(), promptz.FeedItems, 2, 10); !errors.Is(err, promptz.ErrTrimmed) {
		t.Errorf("after 2: %v, want that it is gone", err)
	}
	if got, err := log.FindEvents(t.Context(), promptz.FeedItems, 5, 10); err != nil || len(got) != 3 {
		t.Errorf("after 5: %d events, %v; want 3", len(got), err)
	}
	f.clock.advance(30 * 24 * time.Hour)
	wantTail(t, log, 8)
	if got, err := log.FindEvents(t.Context(), promptz.FeedItems, 8, 10); err != nil || len(got) != 0 {
		t.Errorf("after the last: %d events, %v; want none", len(got), err)
	}
}

func wantTail(t testing.TB, log *store.Log, want int64) {
	t.Helper()
	if got, err := log.Tail(t.Context(), promptz.FeedItems); err != nil || got != want {
		t.Errorf("tail is %d, %v; want %d", got, err, want)
	}
}

func testCursor(t *testing.T, f *fixture) {
	log := f.library.Log()
	first, err := log.FindCursor(t.Context(), "reader")
	if err != nil || first.Number != 0 {
		t.Fatalf("got %+v, %v; want a cursor at 0", first, err)
	}
	other := first
	first.Number, first.Holder = 3, "one"
	if err := log.UpdateCursor(t.Context(), &first); err != nil {
		t.Fatal(err)
	}
	other.Number = 9
	if err := log.UpdateCursor(t.Context(), &other); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("a second first cursor: %v, want that it is stale", err)
	}
	first.Number = 4
	if err := log.UpdateCursor(t.Context(), &first); err != nil {
		t.Fatal(err)
	}
	read, err := log.FindCursor(t.Context(), "reader")
	if err != nil || read.Number != 4 || read.Holder != "one" {
		t.Errorf("got %+v, %v; want number 4 of one", read, err)
	}
}

// testOrder writes to one item and one star by turns under clocks that are an hour
// apart, and has the last events numbered first: those before them come along.
func testOrder(t *testing.T, f *fixture) {
	behind := store.NewLibrary(f.docs, f.tuning, func() time.Time { return f.clock.now().Add(-time.Hour) }, rand.Reader)
	libraries := []*store.Library{f.library, behind}
	item := f.createPublic(t, promptz.KindPrompt, "owner")
	for i := range 6 {
		next := f.edited(item, fmt.Sprint("text ", i), "")
		next.UpdatedAt = item.UpdatedAt.Add(time.Millisecond) // as who is behind makes it
		f.clock.advance(time.Second)
		if err := libraries[i%2].UpdateItem(t.Context(), item, next, promptz.Marks{}); err != nil {
			t.Fatal(err)
		}
		item = f.find(t, item.ID)
		if err := libraries[i%2].StarItem(t.Context(), "ann", item); err != nil {
			t.Fatal(err)
		}
		if err := libraries[(i+1)%2].UnstarItem(t.Context(), "ann", item); err != nil {
			t.Fatal(err)
		}
	}
	if err := behind.DeleteItem(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	last := behind.Log().TakeFresh(100)
	for _, id := range slices.Backward(last) {
		if _, err := f.library.Log().AppendEvents(t.Context(), []string{id}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, e := range events(t, f.library.Log(), promptz.FeedItems) {
		got = append(got, fmt.Sprint(strings.TrimPrefix(string(e.Type), "promptz.item."), " ", e.Version))
	}
	want := []string{"created 1", "published 1", "updated 2", "updated 3", "updated 4", "updated 5", "updated 6", "updated 7", "deleted 7"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	for i, e := range events(t, f.library.Log(), promptz.FeedActivity) {
		if want := []promptz.EventType{promptz.EventItemStarred, promptz.EventItemUnstarred}[i%2]; e.Type != want {
			t.Errorf("event %d of the star is %s", i+1, e.Type)
		}
	}
}
