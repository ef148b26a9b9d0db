package library_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

var moderator = user("moderator", promptz.RoleModerator, promptz.ScopeAdmin)

func (w *world) moderate(t testing.TB, p promptz.Principal, id string, m promptz.Moderation) (*promptz.Item, error) {
	t.Helper()
	return w.library.Moderate(t.Context(), p, promptz.KindPrompt, id, m)
}

// takeDown makes a public prompt that a moderator took down.
func (w *world) takeDown(t testing.TB) *promptz.Item {
	t.Helper()
	item := w.create(t, draft("one", public))
	held, err := w.moderate(t, moderator, item.ID, promptz.Moderation{Action: promptz.ActionUnpublish, Reason: " A\u0301 secret  key "})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Second)
	return held
}

func TestTakenDownIsSeenByOwnerAndModerators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.clock.now()
	item := w.takeDown(t)
	want := &promptz.Hold{Reason: "Á secret  key", By: "moderator", At: at.Add(time.Second)}
	for name, p := range map[string]promptz.Principal{"owner": owner, "moderator": moderator, "admin": user("a", promptz.RoleAdmin, promptz.ScopeAdmin)} {
		got := w.find(t, p, item.ID)
		if diff := cmp.Diff(want, got.Held); diff != "" || got.Public() {
			t.Errorf("%s: visibility %s, %s", name, got.Visibility, diff)
		}
	}
	for name, p := range map[string]promptz.Principal{
		"anonymous": anonymous, "stranger": stranger, "moderator without the scope": user("m", promptz.RoleModerator, promptz.ScopeWrite),
	} {
		_, err := w.library.FindItem(t.Context(), p, promptz.KindPrompt, item.ID)
		if promptz.ErrorCode(err) != promptz.CodeNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	page, err := w.library.FindItems(t.Context(), moderator, promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: promptz.SortNewest, Limit: 10})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("a list shows %v, %v", page.Items, err)
	}
}

func TestTakenDownCannotBePublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.takeDown(t)
	_, err := w.tryUpdate(t, owner, item.ID, draft("two", public))
	wantCode(t, err, promptz.CodeHeld)
	if edited := w.update(t, item.ID, draft("two", private)); edited.Held == nil {
		t.Error("an edit released it")
	}
	_, err = w.restore(t, owner, item.ID, 1)
	if err != nil {
		t.Errorf("restore: %v", err)
	}
	if _, err := w.moderate(t, moderator, item.ID, promptz.Moderation{Action: promptz.ActionRelease}); err != nil {
		t.Fatal(err)
	}
	if got := w.find(t, owner, item.ID); got.Held != nil || got.Public() {
		t.Errorf("released: held %v, %s", got.Held, got.Visibility)
	}
	if _, err := w.tryUpdate(t, owner, item.ID, draft("two", public)); err != nil {
		t.Errorf("publish after release: %v", err)
	}
}

func TestModerateRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shown, hidden := w.create(t, draft("one", public)), w.create(t, draft("one", private))
	own, _, err := w.library.CreateItem(t.Context(), moderator, promptz.KindPrompt, draft("mine", private), nil)
	if err != nil {
		t.Fatal(err)
	}
	down := promptz.Moderation{Action: promptz.ActionUnpublish, Reason: "spam"}
	for _, tt := range []struct {
		name string
		p    promptz.Principal
		id   string
		m    promptz.Moderation
		want promptz.Code
	}{
		{"anonymous", anonymous, shown.ID, down, promptz.CodeUnauthenticated},
		{"no scope", user("moderator", promptz.RoleModerator, promptz.ScopeWrite), shown.ID, down, promptz.CodeForbidden},
		{"no moderator", user("stranger", promptz.RoleUser, promptz.ScopeAdmin), shown.ID, down, promptz.CodeForbidden},
		{"its owner", user("owner", promptz.RoleUser, promptz.ScopeAdmin), shown.ID, down, promptz.CodeForbidden},
		{"no moderator, a draft", user("stranger", promptz.RoleUser, promptz.ScopeAdmin), hidden.ID, down, promptz.CodeNotFound},
		{"a draft of another's", moderator, hidden.ID, down, promptz.CodeNotFound},
		{"a draft of their own", moderator, own.ID, down, promptz.CodeConflict},
		{"no such item", moderator, "0123456789ab", down, promptz.CodeNotFound},
		{"no reason", moderator, shown.ID, promptz.Moderation{Action: promptz.ActionUnpublish, Reason: " "}, promptz.CodeNotValid},
		{"no such action", moderator, shown.ID, promptz.Moderation{Action: "ban", Reason: "x"}, promptz.CodeNotValid},
		{"not valid, and not there", moderator, hidden.ID, promptz.Moderation{Action: "ban"}, promptz.CodeNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.moderate(t, tt.p, tt.id, tt.m)
			wantCode(t, err, tt.want)
		})
	}
	if got := w.find(t, owner, shown.ID); !got.Public() || got.Held != nil || got.Revision != shown.Revision {
		t.Errorf("something was done to it: %+v", got)
	}
}

func TestModerateTwiceIsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.takeDown(t)
	again, err := w.moderate(t, moderator, item.ID, promptz.Moderation{Action: promptz.ActionUnpublish, Reason: "another"})
	if err != nil || again.Revision != item.Revision || again.Held.Reason != item.Held.Reason {
		t.Errorf("again: %+v, %v", again, err)
	}
	release := promptz.Moderation{Action: promptz.ActionRelease}
	first, err := w.moderate(t, moderator, item.ID, release)
	if err != nil {
		t.Fatal(err)
	}
	// Released, it is its owner's draft again, which a moderator does not see.
	_, err = w.moderate(t, moderator, first.ID, release)
	wantCode(t, err, promptz.CodeNotFound)
}

// An edit that its owner makes meanwhile is not lost under a moderator's decision.
func TestModerateBesideAnEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", public))
	w.items.meddleOnce(func() { w.update(t, item.ID, draft("two", public)) })
	if _, err := w.moderate(t, moderator, item.ID, promptz.Moderation{Action: promptz.ActionUnpublish, Reason: "spam"}); err != nil {
		t.Fatal(err)
	}
	if got := w.find(t, owner, item.ID); got.Content != "two" || got.Held == nil || got.Public() {
		t.Errorf("content %q, held %v, %s", got.Content, got.Held, got.Visibility)
	}
}
