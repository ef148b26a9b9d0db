package library_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/library"
	"promptz/internal/promptz"
)

// addUser makes a user with this id and handle.
func (w *world) addUser(t testing.TB, id, handle string) {
	t.Helper()
	u := &promptz.User{ID: id, Handle: handle, DisplayName: "The " + handle, Role: promptz.RoleUser, CreatedAt: w.clock.now(), Revision: 1}
	if err := w.users.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

// rename changes a user's handle in the store, as another process would.
func (w *world) rename(t testing.TB, id, handle string) {
	t.Helper()
	old, err := w.users.FindUser(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	next := *old
	next.Handle = handle
	next.Revision++
	if err := w.users.UpdateUser(t.Context(), old, &next); err != nil {
		t.Fatal(err)
	}
}

func TestItemsHaveTheirOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addUser(t, "owner", "maria")
	want := promptz.Profile{Handle: "maria", DisplayName: "The maria"}
	created := w.create(t, draft("one", private))
	updated := w.update(t, created.ID, draft("two", public))
	restored, err := w.restore(t, owner, created.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	found := w.find(t, anonymous, created.ID)
	page, err := w.library.FindItems(t.Context(), anonymous, promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: promptz.SortNewest, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for how, item := range map[string]*promptz.Item{"created": created, "updated": updated, "restored": restored, "found": found, "listed": page.Items[0]} {
		if item.Owner != want {
			t.Errorf("%s: owner is %+v", how, item.Owner)
		}
	}
	versions, _, err := w.library.FindVersions(t.Context(), owner, promptz.KindPrompt, created.ID, 0, 10)
	if err != nil || len(versions) != 3 {
		t.Fatalf("%d versions, %v", len(versions), err)
	}
	one, err := w.library.FindVersion(t.Context(), owner, promptz.KindPrompt, created.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range append(versions, one) {
		if v.Author != want {
			t.Errorf("version %d: author is %+v", v.Number, v.Author)
		}
	}
}

func TestProfileIsReadOnceAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addUser(t, "owner", "maria")
	item := w.create(t, draft("one", public))
	w.rename(t, "owner", "marie")
	w.clock.advance(59*time.Second - time.Millisecond) // create took one
	if got := w.find(t, anonymous, item.ID); got.Owner.Handle != "maria" {
		t.Errorf("within a minute: %+v; the cache was not asked", got.Owner)
	}
	w.clock.advance(time.Millisecond)
	if got := w.find(t, anonymous, item.ID); got.Owner.Handle != "marie" {
		t.Errorf("after a minute: %+v, want the new handle", got.Owner)
	}
	w.rename(t, "owner", "mary")
	w.clock.advance(-time.Hour)
	if got := w.find(t, anonymous, item.ID); got.Owner.Handle != "mary" {
		t.Errorf("after the clock jumped back: %+v, want what is there", got.Owner)
	}
}

func TestErasedOwnerHasNoProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", public)) // nobody made the user
	for range 2 {
		if got := w.find(t, anonymous, item.ID); got.Owner != (promptz.Profile{}) || got.OwnerID != "owner" {
			t.Errorf("owner is %+v of %q, want none", got.Owner, got.OwnerID)
		}
	}
	if got := len(w.users.asked); got != 1 {
		t.Errorf("an absent user was read %d times in a minute", got)
	}
	w.addUser(t, "owner", "maria")
	w.clock.advance(time.Minute)
	if got := w.find(t, anonymous, item.ID); got.Owner.Handle != "maria" {
		t.Errorf("owner is %+v, want what is there", got.Owner)
	}
}

func TestProfilesAreReadTogetherAndOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"anna", "bert", "anna", "carl", "bert"} {
		p := user(id, promptz.RoleUser, promptz.ScopeWrite)
		if _, _, err := w.library.CreateItem(t.Context(), p, promptz.KindPrompt, draft("by "+id, public), nil); err != nil {
			t.Fatal(err)
		}
		w.clock.advance(time.Millisecond)
	}
	w.clock.advance(time.Hour)
	w.users.asked = nil
	f := promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: promptz.SortNewest, Limit: 100}
	for range 2 {
		if page, err := w.library.FindItems(t.Context(), anonymous, f); err != nil || len(page.Items) != 5 {
			t.Fatalf("%d items, %v", len(page.Items), err)
		}
	}
	if diff := cmp.Diff([][]string{{"bert", "carl", "anna"}}, w.users.asked); diff != "" {
		t.Errorf("asked of the store (-want +got):\n%s", diff)
	}
}

func TestFailedProfilesAreReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addUser(t, "owner", "maria")
	item := w.create(t, draft("one", public))
	w.clock.advance(time.Hour)
	w.users.fail = errors.New("users do not answer")
	if _, err := w.library.FindItem(t.Context(), anonymous, promptz.KindPrompt, item.ID); !errors.Is(err, w.users.fail) {
		t.Errorf("got %v, want the store's error", err)
	}
	w.users.fail = nil
	if got := w.find(t, anonymous, item.ID); got.Owner.Handle != "maria" {
		t.Errorf("owner is %+v", got.Owner)
	}
}

// crowd is a store whose every page has a hundred new owners.
type crowd struct {
	*watchedItems
}

func (c *crowd) FindItems(_ context.Context, f promptz.ItemFilter) (promptz.ItemPage, error) {
	page := promptz.ItemPage{}
	for i := range 100 {
		page.Items = append(page.Items, &promptz.Item{OwnerID: fmt.Sprintf("%d of %s", i, f.Position), Visibility: public})
	}
	return page, nil
}

func TestProfileCacheIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	service := library.NewService(library.Deps{Items: &crowd{watchedItems: w.items}, Users: w.users, Now: w.clock.now, Random: rand.Reader})
	list := func(page int) (asked int) {
		before := len(w.users.asked)
		if _, err := service.FindItems(t.Context(), anonymous, promptz.ItemFilter{Position: fmt.Sprint(page)}); err != nil {
			t.Fatal(err)
		}
		return len(w.users.asked) - before
	}
	for page := range 100 {
		list(page)
	}
	if list(0) != 0 {
		t.Fatal("10,000 owners do not fit")
	}
	list(100)
	if list(0) != 1 {
		t.Error("more than 10,000 owners are remembered")
	}
}
