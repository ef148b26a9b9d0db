package storetest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
)

// history is an item with all its versions.
type history struct {
	Item     *promptz.Item
	Versions []*promptz.Version
}

// sameHistory compares what an archive holds.
var sameHistory = cmp.Options{
	cmpopts.IgnoreFields(promptz.Item{}, "Guard", "Pieces"),
	cmpopts.IgnoreFields(promptz.Version{}, "Pieces"),
	cmpopts.EquateEmpty(),
}

// newHistory makes an item of three versions, the first of them erased.
func (f *fixture) newHistory(t *testing.T) history {
	t.Helper()
	item := f.createPublic(t, promptz.KindPrompt, "owner")
	for _, text := range []string{"second text", "third text"} {
		item = f.update(t, item, f.edited(item, text, ""))
	}
	if err := f.library.EraseVersion(t.Context(), item, 1); err != nil {
		t.Fatal(err)
	}
	return f.history(t, item.ID)
}

// history reads an item as an export does.
func (f *fixture) history(t *testing.T, id string) history {
	t.Helper()
	h := history{Item: f.find(t, id)}
	for n := range h.Item.Version {
		v, err := f.library.FindVersion(t.Context(), id, n+1)
		if err != nil {
			t.Fatal(err)
		}
		h.Versions = append(h.Versions, v)
	}
	return h
}

// putVersions writes the versions of h, each of them twice.
func (f *fixture) putVersions(t *testing.T, h history) {
	t.Helper()
	for _, v := range slices.Concat(h.Versions, h.Versions) {
		if err := f.library.PutVersion(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *fixture) wantPresence(t *testing.T, id string, want promptz.Presence) {
	t.Helper()
	if got, err := f.library.FindPresence(t.Context(), id); err != nil || got != want {
		t.Fatalf("presence %v, %v; want %v", got, err, want)
	}
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
	id := h.Item.ID
	f.wantPresence(t, id, promptz.PresenceItem)
	wantCode(t, f.library.CreateCard(t.Context(), h.Item), promptz.CodeConflict)
	if err := f.library.DeleteItem(t.Context(), h.Item); err != nil {
		t.Fatal(err)
	}
	f.wantPresence(t, id, promptz.PresenceDeleted)
	wantCode(t, f.library.CreateCard(t.Context(), h.Item), promptz.CodeConflict)
	f.clock.advance(1)
	if _, err := f.library.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.putVersions(t, h)
	f.wantPresence(t, id, promptz.PresenceNone)
	_, err := f.library.FindItem(t.Context(), id, true)
	wantCode(t, err, promptz.CodeNotFound)
	if err := f.library.CreateCard(t.Context(), h.Item); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(h, f.history(t, id), sameHistory); diff != "" {
		t.Errorf("history (-written +read):\n%s", diff)
	}
	lists := allLists("owner")
	if ids := f.list(t, lists["newest"]); !slices.Equal(ids, []string{id}) {
		t.Errorf("newest lists %v, want the item", ids)
	}
}

// testHistoryRace makes one item of the same one that many bring at once.
func testHistoryRace(t *testing.T, f *fixture) {
	item := f.newItem(t, promptz.KindPrompt, "owner")
	version := promptz.Version{
		Text: item.Text, ItemID: item.ID, Number: 1, Digest: item.Digest, AuthorID: "owner", CreatedAt: item.CreatedAt,
	}
	won := 0
	for _, err := range inParallel(8, func(int) error {
		i, v := *item, version
		if err := f.library.PutVersion(t.Context(), &v); err != nil {
			return err
		}
		return f.library.CreateCard(t.Context(), &i)
	}) {
		if err == nil {
			won++
			continue
		}
		wantCode(t, err, promptz.CodeConflict)
	}
	if won != 1 || f.find(t, item.ID).Content != item.Content {
		t.Errorf("%d of the same item were made, want 1", won)
	}
}
