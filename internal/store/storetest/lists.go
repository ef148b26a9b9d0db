package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

var allKinds = []promptz.Kind{promptz.KindPrompt, promptz.KindRule, promptz.KindAgent}

// allLists are the four lists that an index holds, of all kinds.
func allLists(owner string) map[string]promptz.ItemFilter {
	return map[string]promptz.ItemFilter{
		"newest":   {Kinds: allKinds, Sort: promptz.SortNewest, Limit: 100},
		"updated":  {Kinds: allKinds, Sort: promptz.SortUpdated, Limit: 100},
		"authored": {Kinds: allKinds, OwnerID: owner, Sort: promptz.SortNewest, Limit: 100},
		"owned":    {Kinds: allKinds, OwnerID: owner, Drafts: true, Sort: promptz.SortUpdated, Limit: 100},
	}
}

// list gives the ids on the first page.
func (f *fixture) list(t testing.TB, filter promptz.ItemFilter) []string {
	t.Helper()
	page, err := f.library.FindItems(t.Context(), filter)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, item := range page.Items {
		ids = append(ids, item.ID)
	}
	return ids
}

func (f *fixture) createPublic(t testing.TB, kind promptz.Kind, owner string) *promptz.Item {
	t.Helper()
	item := f.newItem(t, kind, owner)
	item.Visibility, item.Shown, item.PublishedAt = promptz.VisibilityPublic, true, item.CreatedAt
	return f.create(t, item)
}

func testLists(t *testing.T, f *fixture) {
	draft := f.create(t, f.newItem(t, promptz.KindPrompt, "maria"))
	public := f.createPublic(t, promptz.KindPrompt, "maria")
	rule := f.createPublic(t, promptz.KindRule, "maria")
	other := f.createPublic(t, promptz.KindPrompt, "otto")
	public = f.update(t, public, f.edited(public, "changed", ""))
	hidden := f.createPublic(t, promptz.KindPrompt, "maria")
	f.update(t, hidden, f.edited(hidden, "", promptz.VisibilityPrivate))

	prompts := []promptz.Kind{promptz.KindPrompt}
	for name, test := range map[string]struct {
		filter promptz.ItemFilter
		want   []string
	}{
		"newest":         {promptz.ItemFilter{Kinds: prompts, Sort: promptz.SortNewest}, []string{other.ID, public.ID}},
		"updated":        {promptz.ItemFilter{Kinds: prompts, Sort: promptz.SortUpdated}, []string{public.ID, other.ID}},
		"authored":       {promptz.ItemFilter{Kinds: prompts, OwnerID: "maria", Sort: promptz.SortNewest}, []string{public.ID}},
		"owned":          {promptz.ItemFilter{Kinds: prompts, OwnerID: "maria", Drafts: true, Sort: promptz.SortUpdated}, []string{hidden.ID, public.ID, draft.ID}},
		"all kinds":      {promptz.ItemFilter{Kinds: allKinds, Sort: promptz.SortNewest}, []string{other.ID, rule.ID, public.ID}},
		"nobody's":       {promptz.ItemFilter{Kinds: allKinds, OwnerID: "nobody", Drafts: true, Sort: promptz.SortUpdated}, []string{}},
		"a kind without": {promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindAgent}, Sort: promptz.SortNewest}, []string{}},
	} {
		test.filter.Limit = 20
		if diff := cmp.Diff(test.want, f.list(t, test.filter)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func testPages(t *testing.T, f *fixture) {
	const items = 23
	var want []string
	at := f.clock.now()
	for i := range items {
		item := f.newItem(t, allKinds[i%3], "owner")
		// Five at a time have the same time to the millisecond.
		item.CreatedAt = at.Add(time.Duration(i/5) * time.Second)
		item.UpdatedAt, item.PublishedAt = item.CreatedAt, item.CreatedAt
		item.Visibility, item.Shown = promptz.VisibilityPublic, true
		f.create(t, item)
		want = append(want, fmt.Sprintf("%d#%s", item.CreatedAt.UnixMilli(), item.ID))
	}
	slices.Sort(want)
	slices.Reverse(want)
	for name, filter := range allLists("owner") {
		for _, limit := range []int{1, 4, 22, 23, 24} {
			filter.Limit, filter.Position = limit, ""
			var got []string
			for pages := 0; ; pages++ {
				page, err := f.library.FindItems(t.Context(), filter)
				if err != nil {
					t.Fatal(err)
				}
				for _, item := range page.Items {
					got = append(got, fmt.Sprintf("%d#%s", item.CreatedAt.UnixMilli(), item.ID))
				}
				if filter.Position = page.Next; page.Next == "" {
					break
				}
				if pages > items {
					t.Fatalf("%s by %d: the pages never end", name, limit)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s by %d (-want +got):\n%s", name, limit, diff)
			}
		}
	}
}

func testListWithoutIndex(t *testing.T, f *fixture) {
	for name, filter := range map[string]promptz.ItemFilter{
		"an owner's by update": {Kinds: allKinds, OwnerID: "owner", Sort: promptz.SortUpdated, Limit: 1},
		"drafts of everybody":  {Kinds: allKinds, Drafts: true, Sort: promptz.SortUpdated, Limit: 1},
		"no order":             {Kinds: allKinds, Limit: 1},
	} {
		if _, err := f.library.FindItems(t.Context(), filter); err == nil {
			t.Errorf("%s: got a list", name)
		}
	}
}
