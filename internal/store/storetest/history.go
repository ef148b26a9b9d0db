package storetest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
)

// sameHistory compares what an archive holds.
var sameHistory = cmp.Options{
	cmpopts.IgnoreFields(promptz.Item{}, "Guard", "Pieces"),
	cmpopts.IgnoreFields(promptz.Version{}, "Pieces"),
	cmpopts.EquateEmpty(),
}

// newHistory makes an item of three versions, the first of them erased.
func (f *fixture) newHistory(t *testing.T) *promptz.History {
	t.Helper()
	item := f.createPublic(t, promptz.KindPrompt, "owner")
	for _, text := range []string{"second text", "third text"} {
		item = f.update(t, item, f.edited(item, text, ""))
	}
	if err := f.library.EraseVersion(t.Context(), item, 1); err != nil {
		t.Fatal(err)
	}
	h, err := f.library.FindHistory(t.Context(), item.ID)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func testHistory(t *testing.T, f *fixture) {
	h := f.newHistory(t)
	if len(h.Versions) != 3 || !h.Versions[0].Erased || h.Versions[1].Content != "second text" {
		t.Fatalf("history of three versions: %+v", h.Versions)
	}
	draft := f.create(t, f.newItem(t, promptz.KindRule, "owner"))
	gone := f.create(t, f.newItem(t, promptz.KindRule, "owner"))
	if err := f.library.DeleteItem(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	want := []string{h.Item.ID, draft.ID}
	slices.Sort(want)
	got, err := f.library.ItemIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ids of all items (-want +got):\n%s", diff)
	}
	maria := f.createUser(t, "maria")
	if got, err := f.identity.UserIDs(t.Context()); err != nil || !slices.Equal(got, []string{maria.ID}) {
		t.Errorf("ids of all users: %v, %v; want %s", got, err, maria.ID)
	}
}

func testHistoryConflict(t *testing.T, f *fixture) {
	h := f.newHistory(t)
	wantCode(t, f.library.CreateHistory(t.Context(), h), promptz.CodeConflict)
	if err := f.library.DeleteItem(t.Context(), h.Item); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(1)
	if _, err := f.library.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.library.CreateHistory(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	got, err := f.library.FindHistory(t.Context(), h.Item.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(h, got, sameHistory); diff != "" {
		t.Errorf("history (-written +read):\n%s", diff)
	}
	lists := allLists("owner")
	if ids := f.list(t, lists["newest"]); !slices.Equal(ids, []string{h.Item.ID}) {
		t.Errorf("newest lists %v, want the item", ids)
	}
}
