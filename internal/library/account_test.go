package library_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// fresh is the owner right after a sign-in.
func (w *world) fresh() promptz.Principal {
	p := owner
	p.SessionID, p.SignedInAt = "session", w.clock.now()
	return p
}

func TestOwnItemsAreAllOfThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []string
	for n := range 120 { // more than two pages
		item := w.create(t, draft(fmt.Sprint("text ", n), []promptz.Visibility{private, public}[n%2]))
		want = append(want, item.ID)
	}
	if _, _, err := w.library.CreateItem(t.Context(), stranger, promptz.KindPrompt, draft("another's", public), nil); err != nil {
		t.Fatal(err)
	}
	var got []string
	for item, err := range w.library.OwnItems(t.Context(), w.fresh()) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Content == "" {
			t.Errorf("%s has no text", item.ID)
		}
		got = append(got, item.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOwnVersionsHaveTheirTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := states["public"](t, w)
	if err := w.erase(t, owner, item.ID, 2); err != nil {
		t.Fatal(err)
	}
	var got []string
	for v, err := range w.library.OwnVersions(t.Context(), w.fresh(), item) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v.Content)
	}
	if diff := cmp.Diff([]string{"one", "", "three"}, got); diff != "" {
		t.Error(diff)
	}
	for _, err := range w.library.OwnVersions(t.Context(), stranger, item) {
		wantCode(t, err, promptz.CodeNotFound)
	}
}

func TestOwnItemsWantARecentSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, draft("one", private))
	stale, key := w.fresh(), owner
	key.KeyID = "key"
	w.clock.advance(promptz.FreshSignIn + time.Second)
	for name, tt := range map[string]struct {
		p    promptz.Principal
		want promptz.Code
	}{
		"nobody":           {anonymous, promptz.CodeUnauthenticated},
		"an API key":       {key, promptz.CodeForbidden},
		"an older sign-in": {stale, promptz.CodeForbidden},
	} {
		for item, err := range w.library.OwnItems(t.Context(), tt.p) {
			if promptz.ErrorCode(err) != tt.want || item != nil {
				t.Errorf("%s: %v, %v", name, item, err)
			}
		}
	}
}

func TestEraseOwned(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{true, false} {
		t.Run(fmt.Sprint("keep public ", keep), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			hidden, once := states["private"](t, w), states["once public"](t, w)
			shown, held := states["public"](t, w), w.takeDown(t)
			another, _, err := w.library.CreateItem(t.Context(), stranger, promptz.KindPrompt, draft("another's", private), nil)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // again, as after a crash
				if err := w.library.EraseOwned(t.Context(), promptz.Erasure{UserID: owner.UserID, KeepPublic: keep}); err != nil {
					t.Fatal(err)
				}
			}
			for name, item := range map[string]*promptz.Item{"private": hidden, "once public": once, "held": held} {
				if _, err := w.items.FindItem(t.Context(), item.ID, true); promptz.ErrorCode(err) != promptz.CodeNotFound {
					t.Errorf("%s is there: %v", name, err)
				}
			}
			w.find(t, stranger, another.ID)
			if !keep {
				_, err := w.library.FindItem(t.Context(), anonymous, promptz.KindPrompt, shown.ID)
				wantCode(t, err, promptz.CodeNotFound)
				return
			}
			if got := w.find(t, anonymous, shown.ID); got.Content != "three" {
				t.Errorf("what stays says %q", got.Content)
			}
			// Version 1 was a draft: it goes with the account.
			for n, want := range map[int]string{1: "", 2: "two", 3: "three"} {
				v, err := w.items.FindVersion(t.Context(), shown.ID, n)
				if err != nil || v.Content != want || v.Erased != (want == "") {
					t.Errorf("version %d: %+v, %v", n, v, err)
				}
			}
		})
	}
}
