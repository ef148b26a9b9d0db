package library_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// lists are all lists that there are, as anybody may ask for them.
var lists = map[string]promptz.ItemFilter{
	"newest":         {Sort: promptz.SortNewest},
	"updated":        {Sort: promptz.SortUpdated},
	"by owner":       {Sort: promptz.SortNewest, OwnerID: "owner"},
	"by stranger":    {Sort: promptz.SortNewest, OwnerID: "stranger"},
	"drafts":         {Sort: promptz.SortUpdated, Drafts: true},
	"owner's drafts": {Sort: promptz.SortUpdated, Drafts: true, OwnerID: "owner"},
}

func TestListsHoldWhatMayBeSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := map[string]string{}
	for state, make := range states {
		names[make(t, w).ID] = state
	}
	names[w.create(t, draft("deleted", public)).ID] = "deleted"
	for id, name := range names {
		if name == "deleted" {
			if err := w.delete(t, owner, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, visibility := range map[string]promptz.Visibility{"theirs public": public, "theirs private": private} {
		item, _, err := w.library.CreateItem(t.Context(), stranger, promptz.KindPrompt, draft(name, visibility), nil)
		if err != nil {
			t.Fatal(err)
		}
		names[item.ID] = name
	}

	everything := []string{"public", "theirs public"}
	mine := []string{"once public", "private", "public"}
	theirs := []string{"theirs private", "theirs public"}
	for caller, p := range callers {
		for list, f := range lists {
			var want []string
			switch list {
			case "newest", "updated":
				want = everything
			case "by owner":
				want = []string{"public"}
			case "by stranger":
				want = []string{"theirs public"}
			default: // whoever asks gets their own, whatever owner was asked for
				switch {
				case p.UserID == "owner":
					want = mine
				case p.UserID == "stranger":
					want = theirs
				}
			}
			f.Kinds, f.Limit = []promptz.Kind{promptz.KindPrompt}, 100
			page, err := w.library.FindItems(t.Context(), p, f)
			if f.Drafts && p.Anonymous() {
				wantCode(t, err, promptz.CodeUnauthenticated)
				continue
			}
			if f.Drafts && !p.Has(promptz.ScopeRead) {
				wantCode(t, err, promptz.CodeForbidden)
				continue
			}
			var got []string
			for _, item := range page.Items {
				got = append(got, names[item.ID])
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" || err != nil || page.Next != "" {
				t.Errorf("%s asks for %s: %v, next %q (-want +got):\n%s", caller, list, err, page.Next, diff)
			}
		}
	}
}

func TestVersionPagesMissAndRepeatNothing(t *testing.T) {
	t.Parallel()
	const last = 450
	shown := func(n int) bool { return n == 3 || n == 7 || n == 201 || n == 249 || n == 250 || n == 260 || n == last }
	w := newWorld(t)
	item := w.create(t, draft("text 1", private))
	for n := 2; n <= last; n++ {
		visibility := private
		if shown(n) {
			visibility = public
		}
		w.update(t, item.ID, draft(fmt.Sprint("text ", n), visibility))
	}
	for _, test := range []struct {
		name   string
		caller promptz.Principal
		limit  int
	}{
		{"anonymous, one a page", anonymous, 1},
		{"anonymous, two a page", anonymous, 2},
		{"anonymous, twenty a page", anonymous, 20},
		{"owner, seven a page", owner, 7},
		{"owner, a hundred a page", owner, 100},
		{"owner, more than is looked at", owner, 300},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want, got []int
			for n := last; n >= 1; n-- {
				if shown(n) || test.caller.UserID == "owner" {
					want = append(want, n)
				}
			}
			before := 0
			for {
				versions, next, err := w.library.FindVersions(t.Context(), test.caller, promptz.KindPrompt, item.ID, before, test.limit)
				if err != nil || len(versions) > test.limit {
					t.Fatalf("page below %d: %d versions, %v", before, len(versions), err)
				}
				for _, v := range versions {
					got = append(got, v.Number)
				}
				if next == 0 {
					break
				}
				if before != 0 && next >= before || next < 2 {
					t.Fatalf("page below %d goes on below %d", before, next)
				}
				before = next
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("numbers (-want +got):\n%s", diff)
			}
		})
	}
	for _, before := range []int{1, last + 1, last + 1000} {
		versions, next, err := w.library.FindVersions(t.Context(), owner, promptz.KindPrompt, item.ID, before, 1)
		switch {
		case err != nil:
			t.Errorf("below %d: %v", before, err)
		case before == 1 && (len(versions) != 0 || next != 0):
			t.Errorf("below 1: %d versions, next %d; want the end", len(versions), next)
		case before > 1 && (len(versions) != 1 || versions[0].Number != last || next != last):
			t.Errorf("below %d: %d versions, next %d; want the last alone", before, len(versions), next)
		}
	}
}

// TestVersionPageReadsLittle bounds the round trips to the store that one page
// costs where nothing may be seen.
func TestVersionPageReadsLittle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("text 1", private))
	for n := 2; n <= 100; n++ {
		w.update(t, item.ID, draft(fmt.Sprint("text ", n), private))
	}
	w.update(t, item.ID, draft("text 101", public))
	w.items.reads.Store(0)
	versions, _, err := w.library.FindVersions(t.Context(), anonymous, promptz.KindPrompt, item.ID, 0, 2)
	if err != nil || len(versions) != 1 {
		t.Fatalf("got %d versions, %v; want 1", len(versions), err)
	}
	if got := w.items.reads.Load(); got > 8 {
		t.Errorf("a page of two cost %d reads one after another", got)
	}
}
