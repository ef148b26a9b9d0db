package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
)

// sameItem compares items but for the store's token.
var sameItem = cmp.Options{
	cmpopts.IgnoreFields(promptz.Item{}, "Guard", "Pieces"),
	cmpopts.EquateEmpty(),
}

func testItemComesBackWhole(t *testing.T, f *fixture) {
	item := f.newItem(t, promptz.KindAgent, "owner")
	legacy := true
	item.Name, item.Description = "Ångström <b>'\"\\ 日本語", "Zeile mit \u00e4, 🐘 und  zwei Leerzeichen."
	item.Content = "# Größe\n\n\t{\"a\": 1}\n𝔘𝔫𝔦𝔠𝔬𝔡𝔢\n"
	item.Howto, item.License, item.SourceURL = "Put it\nthere.", "MIT-0", "https://example.com/?a=1&b=%20"
	item.Note = "first"
	item.Agent = &promptz.AgentSettings{
		Tools: []string{"*"}, MCPServers: `{"s":{"args":["-y"],"n":9007199254740993}}`, UseLegacyMCPJSON: &legacy,
	}
	item.Visibility, item.Shown, item.PublishedAt = promptz.VisibilityPublic, true, item.CreatedAt
	item.Stats = promptz.Stats{Stars: 1, Copies: 2, Downloads: 3, Views: 4}

	got := f.create(t, item)
	if diff := cmp.Diff(item, got, sameItem); diff != "" {
		t.Errorf("item (-written +read):\n%s", diff)
	}
	v, err := f.library.FindVersion(t.Context(), item.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := &promptz.Version{
		Text: item.Text, ItemID: item.ID, Number: 1, Digest: item.Digest, Note: "first", Pieces: 1,
		Shown: true, AuthorID: "owner", CreatedAt: item.CreatedAt,
	}
	if diff := cmp.Diff(want, v, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("version (-want +got):\n%s", diff)
	}
}

func testLongContent(t *testing.T, f *fixture) {
	// The longest content that is valid: 200,000 characters of four bytes, with
	// one of one byte before them so that cuts fall inside characters.
	item := f.newItem(t, promptz.KindPrompt, "owner")
	item.Content = "x" + strings.Repeat("🐘", 199_999)
	item.Howto = strings.Repeat("ä", 4000)
	got := f.create(t, item)
	if got.Content != item.Content || got.Howto != item.Howto {
		t.Errorf("content of %d bytes came back as %d bytes, or another", len(item.Content), len(got.Content))
	}
	if got.Pieces != 4 {
		t.Errorf("it lies in %d pieces, want 4", got.Pieces)
	}
}

func testMissingItem(t *testing.T, f *fixture) {
	for _, consistent := range []bool{true, false} {
		_, err := f.library.FindItem(t.Context(), newID(t), consistent)
		wantCode(t, err, promptz.CodeNotFound)
	}
	_, err := f.library.FindVersion(t.Context(), newID(t), 1)
	wantCode(t, err, promptz.CodeNotFound)
	versions, err := f.library.FindVersions(t.Context(), newID(t), 1, 3)
	if err != nil || len(versions) != 0 {
		t.Errorf("versions of a missing item: %v, %v", versions, err)
	}
}

func testCreateConflict(t *testing.T, f *fixture) {
	first := f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
	second := f.newItem(t, promptz.KindRule, "other")
	second.ID = first.ID
	second.Content = "of the second"
	once := &promptz.Once{UserID: "other", Key: "k"}
	err := f.library.CreateItem(t.Context(), second, promptz.Marks{Once: once})
	wantCode(t, err, promptz.CodeConflict)
	if diff := cmp.Diff(first, f.find(t, first.ID), sameItem); diff != "" {
		t.Errorf("the first item was touched:\n%s", diff)
	}
}

func testUpdateMakesVersion(t *testing.T, f *fixture) {
	one := f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
	two := f.edited(one, "second text", "")
	two.Note = "second"
	got := f.update(t, one, two)
	if diff := cmp.Diff(two, got, sameItem); diff != "" {
		t.Errorf("item (-written +read):\n%s", diff)
	}
	versions, err := f.library.FindVersions(t.Context(), one.ID, 1, 5)
	if err != nil {
		t.Fatal(err)
	}
	if len(versions) != 2 || versions[0].Number != 2 || versions[1].Number != 1 {
		t.Fatalf("got versions %v, want 2 and 1", versions)
	}
	old, err := f.library.FindVersion(t.Context(), one.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if old.Content != one.Content || old.Note != "" {
		t.Errorf("version 1 changed: %+v", old)
	}
}

func testUpdateStale(t *testing.T, f *fixture) {
	one := f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
	f.update(t, one, f.edited(one, "second text", ""))
	for name, next := range map[string]*promptz.Item{
		"text":       f.edited(one, "another second text", ""),
		"visibility": f.edited(one, "", promptz.VisibilityPublic),
	} {
		err := f.library.UpdateItem(t.Context(), one, next, promptz.Marks{})
		if !errors.Is(err, promptz.ErrStale) {
			t.Errorf("%s: got %v, want ErrStale", name, err)
		}
	}
	if got := f.find(t, one.ID); got.Content != "second text" || got.Version != 2 || got.Public() {
		t.Errorf("a refused update left %+v", got)
	}
	if err := f.library.DeleteItem(t.Context(), one); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("delete: got %v, want ErrStale", err)
	}
}

func testUpdateRace(t *testing.T, f *fixture) {
	const writers = 20
	one := f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
	nexts := make([]*promptz.Item, writers)
	for i := range nexts {
		if i%2 == 0 {
			nexts[i] = f.edited(one, "text of "+string(rune('a'+i)), "")
		} else {
			nexts[i] = f.edited(one, "", promptz.VisibilityPublic)
		}
	}
	won := -1
	for i, err := range inParallel(writers, func(i int) error {
		return f.library.UpdateItem(context.WithoutCancel(t.Context()), one, nexts[i], promptz.Marks{})
	}) {
		switch {
		case err == nil && won >= 0:
			t.Errorf("writers %d and %d both won", won, i)
		case err == nil:
			won = i
		case !errors.Is(err, promptz.ErrStale):
			t.Errorf("writer %d: got %v, want ErrStale", i, err)
		}
	}
	if won < 0 {
		t.Fatal("nobody won")
	}
	if diff := cmp.Diff(nexts[won], f.find(t, one.ID), sameItem); diff != "" {
		t.Errorf("the winner's state (-want +got):\n%s", diff)
	}
}

func testPublishingShowsVersion(t *testing.T, f *fixture) {
	draft := f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
	second := f.update(t, draft, f.edited(draft, "second text", ""))
	public := f.update(t, second, f.edited(second, "", promptz.VisibilityPublic))
	private := f.update(t, public, f.edited(public, "", promptz.VisibilityPrivate))
	f.update(t, private, f.edited(private, "third text", ""))
	versions, err := f.library.FindVersions(t.Context(), draft.ID, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	var shown []int
	for _, v := range versions {
		if v.Shown {
			shown = append(shown, v.Number)
		}
	}
	if diff := cmp.Diff([]int{2}, shown); diff != "" {
		t.Errorf("versions that were shown (-want +got):\n%s", diff)
	}
}

func testErase(t *testing.T, f *fixture) {
	one := f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
	two := f.update(t, one, f.edited(one, "second text", ""))
	for range 2 { // erasing twice is erasing once
		if err := f.library.EraseVersion(t.Context(), two, 1); err != nil {
			t.Fatal(err)
		}
	}
	got, err := f.library.FindVersion(t.Context(), one.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := &promptz.Version{
		ItemID: one.ID, Number: 1, Digest: one.Digest, Pieces: 1, Erased: true,
		AuthorID: "owner", CreatedAt: one.CreatedAt,
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("erased version (-want +got):\n%s", diff)
	}
	if f.find(t, one.ID).Content != "second text" {
		t.Error("the current version lost its text")
	}
	wantCode(t, f.library.EraseVersion(t.Context(), two, 7), promptz.CodeNotFound)
}

func testCancelled(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	item := f.newItem(t, promptz.KindPrompt, "owner")
	if err := f.library.CreateItem(ctx, item, promptz.Marks{}); err == nil {
		t.Error("a create under a cancelled context succeeded")
	}
	_, err := f.library.FindItem(t.Context(), item.ID, true)
	wantCode(t, err, promptz.CodeNotFound)
}
