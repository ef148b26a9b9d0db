package library_test

import (
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

// populate makes prompts in every state and gives their names by id.
func (w *world) populate(t testing.TB) map[string]string {
	t.Helper()
	names := map[string]string{}
	for state, make := range states {
		names[make(t, w).ID] = state
	}
	deleted := w.create(t, draft("deleted", public)).ID
	names[deleted] = "deleted"
	if err := w.delete(t, owner, deleted); err != nil {
		t.Fatal(err)
	}
	for name, visibility := range map[string]promptz.Visibility{"theirs public": public, "theirs private": private} {
		item, _, err := w.library.CreateItem(t.Context(), stranger, promptz.KindPrompt, draft(name, visibility), nil)
		if err != nil {
			t.Fatal(err)
		}
		names[item.ID] = name
	}
	return names
}

// listed gives the names, sorted, that a list holds for somebody who may ask for
// it.
func listed(list, userID string) []string {
	switch list {
	case "newest", "updated":
		return []string{"public", "theirs public"}
	case "by owner":
		return []string{"public"}
	case "by stranger":
		return []string{"theirs public"}
	}
	// Drafts are the caller's own, whatever owner was asked for.
	return map[string][]string{
		"owner":    {"once public", "private", "public"},
		"stranger": {"theirs private", "theirs public"},
	}[userID]
}

func TestListsHoldWhatMayBeSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := w.populate(t)
	for caller, p := range callers {
		for list, f := range lists {
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
			if diff := cmp.Diff(listed(list, p.UserID), got); diff != "" || err != nil || page.Next != "" {
				t.Errorf("%s asks for %s: %v, next %q (-want +got):\n%s", caller, list, err, page.Next, diff)
			}
		}
	}
}
