package library_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// The states that an item is in, of three versions each. Version 1 was never
// shown to others.
var states = map[string]func(testing.TB, *world) *promptz.Item{
	"private": func(t testing.TB, w *world) *promptz.Item {
		item := w.create(t, draft("one", private))
		w.update(t, item.ID, draft("two", private))
		return w.update(t, item.ID, draft("three", private))
	},
	"public": func(t testing.TB, w *world) *promptz.Item {
		item := w.create(t, draft("one", private))
		w.update(t, item.ID, draft("two", public))
		return w.update(t, item.ID, draft("three", public))
	},
	"once public": func(t testing.TB, w *world) *promptz.Item {
		item := w.create(t, draft("one", private))
		w.update(t, item.ID, draft("two", public))
		w.update(t, item.ID, draft("two", private))
		return w.update(t, item.ID, draft("three", private))
	},
}

// callers are all who may call.
var callers = map[string]promptz.Principal{
	"anonymous":       anonymous,
	"owner public":    user("owner", promptz.RoleUser, promptz.ScopePublic),
	"owner read":      user("owner", promptz.RoleUser, promptz.ScopeRead),
	"owner write":     user("owner", promptz.RoleUser, promptz.ScopeWrite),
	"owner admin":     user("owner", promptz.RoleUser, promptz.ScopeAdmin),
	"owner none":      user("owner", promptz.RoleUser),
	"stranger read":   user("stranger", promptz.RoleUser, promptz.ScopeRead),
	"stranger write":  user("stranger", promptz.RoleUser, promptz.ScopePublic, promptz.ScopeWrite),
	"stranger admin":  user("stranger", promptz.RoleUser, promptz.ScopeAdmin),
	"moderator write": user("moderator", promptz.RoleModerator, promptz.ScopeWrite),
	"moderator admin": user("moderator", promptz.RoleModerator, promptz.ScopeAdmin),
	"admin read":      user("admin", promptz.RoleAdmin, promptz.ScopeRead),
	"admin admin":     user("admin", promptz.RoleAdmin, promptz.ScopeAdmin),
}

// operation is something that is done to one prompt.
type operation struct {
	name string
	run  func(*testing.T, *world, promptz.Principal, string) error
}

// operations are the columns of the table in TestWhoMayDoWhat.
var operations = []operation{
	{"find", func(t *testing.T, w *world, p promptz.Principal, id string) error {
		_, err := w.library.FindItem(t.Context(), p, promptz.KindPrompt, id)
		return err
	}},
	{"versions", func(t *testing.T, w *world, p promptz.Principal, id string) error {
		_, _, err := w.library.FindVersions(t.Context(), p, promptz.KindPrompt, id, 0, 10)
		return err
	}},
	{"version 1", func(t *testing.T, w *world, p promptz.Principal, id string) error { return w.findVersion(t, p, id, 1) }},
	{"version 2", func(t *testing.T, w *world, p promptz.Principal, id string) error { return w.findVersion(t, p, id, 2) }},
	{"update", func(t *testing.T, w *world, p promptz.Principal, id string) error {
		_, err := w.tryUpdate(t, p, id, draft("four", private))
		return err
	}},
	{"delete", func(t *testing.T, w *world, p promptz.Principal, id string) error { return w.delete(t, p, id) }},
	{"restore 1", func(t *testing.T, w *world, p promptz.Principal, id string) error {
		_, err := w.restore(t, p, id, 1)
		return err
	}},
	{"restore 2", func(t *testing.T, w *world, p promptz.Principal, id string) error {
		_, err := w.restore(t, p, id, 2)
		return err
	}},
	{"erase 1", func(t *testing.T, w *world, p promptz.Principal, id string) error { return w.erase(t, p, id, 1) }},
	{"erase 2", func(t *testing.T, w *world, p promptz.Principal, id string) error { return w.erase(t, p, id, 2) }},
}

func (w *world) findVersion(t testing.TB, p promptz.Principal, id string, n int) error {
	t.Helper()
	_, err := w.library.FindVersion(t.Context(), p, promptz.KindPrompt, id, n)
	return err
}

// codes are what the table below says in short.
var codes = map[string]promptz.Code{
	"ok": "", "401": promptz.CodeUnauthenticated, "403": promptz.CodeForbidden, "404": promptz.CodeNotFound,
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	const (
		all       = "ok  ok  ok  ok  ok  ok  ok  ok  ok  ok"
		look      = "ok  ok  ok  ok  403 403 403 403 403 403" // sees all, changes nothing
		glance    = "ok  ok  404 ok  403 403 403 403 403 403" // sees what is public
		visit     = "ok  ok  404 ok  403 403 403 403 404 403" // as that, with a key that could change
		moderate  = "ok  ok  404 ok  403 403 403 403 404 ok "
		nothing   = "404 404 404 404 404 404 404 404 404 404"
		noScope   = "404 404 404 404 403 403 403 403 403 403"
		nobody    = "404 404 404 404 401 401 401 401 401 401"
		passersBy = "ok  ok  404 ok  401 401 401 401 401 401"
	)
	tests := []struct{ caller, private, public, oncePublic string }{
		{"anonymous", nobody, passersBy, nobody},
		{"owner public", noScope, glance, noScope},
		{"owner none", noScope, glance, noScope},
		{"owner read", look, look, look},
		{"owner write", all, all, all},
		{"owner admin", all, all, all},
		{"stranger read", noScope, glance, noScope},
		{"stranger write", nothing, visit, nothing},
		{"stranger admin", nothing, visit, nothing},
		{"moderator write", nothing, visit, nothing},
		{"moderator admin", nothing, moderate, nothing},
		{"admin read", noScope, glance, noScope},
		{"admin admin", nothing, moderate, nothing},
	}
	if len(tests) != len(callers) {
		t.Errorf("%d rows for %d callers", len(tests), len(callers))
	}
	for _, test := range tests {
		for state, row := range map[string]string{"private": test.private, "public": test.public, "once public": test.oncePublic} {
			t.Run(test.caller+"/"+state, func(t *testing.T) {
				t.Parallel()
				want := strings.Fields(row)
				for i, op := range operations {
					w := newWorld(t)
					item := states[state](t, w)
					err := op.run(t, w, callers[test.caller], item.ID)
					if got := promptz.ErrorCode(err); got != codes[want[i]] {
						t.Errorf("%s: got %q (%v), want %s", op.name, got, err, want[i])
					}
				}
			})
		}
	}
}

// TestUnseenIsAsAbsent holds for every operation that who may not see an item is
// told exactly what is told of an id that never was.
func TestUnseenIsAsAbsent(t *testing.T) {
	t.Parallel()
	const absent = "0123456789ab"
	for name, p := range callers {
		if p.UserID == "owner" && p.Has(promptz.ScopeRead) {
			continue
		}
		for _, state := range []string{"private", "once public"} {
			t.Run(name+"/"+state, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				item := states[state](t, w)
				for _, op := range operations {
					got, want := op.run(t, w, p, item.ID), op.run(t, w, p, absent)
					if diff := cmp.Diff(shownOf(t, want), shownOf(t, got)); diff != "" {
						t.Errorf("%s (-absent +unseen):\n%s", op.name, diff)
					}
				}
			})
		}
	}
}

// TestUnseenVersionIsAsAbsent is the same for versions of what is public.
func TestUnseenVersionIsAsAbsent(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"anonymous", "owner public", "stranger write", "moderator admin", "admin admin"} {
		w := newWorld(t)
		p, item := callers[name], states["public"](t, w)
		for _, absent := range []int{-1, 0, 4, 1 << 40} {
			got, want := w.findVersion(t, p, item.ID, 1), w.findVersion(t, p, item.ID, absent)
			if diff := cmp.Diff(shownOf(t, want), shownOf(t, got)); diff != "" {
				t.Errorf("%s (-version %d +unseen):\n%s", name, absent, diff)
			}
			if !p.Has(promptz.ScopeWrite) {
				continue
			}
			got, want = w.erase(t, p, item.ID, 1), w.erase(t, p, item.ID, absent)
			if diff := cmp.Diff(shownOf(t, want), shownOf(t, got)); diff != "" {
				t.Errorf("%s erases (-version %d +unseen):\n%s", name, absent, diff)
			}
		}
	}
}

// shownOf gives what a caller is told of a refusal.
func shownOf(t testing.TB, err error) promptz.Error {
	t.Helper()
	e, ok := errors.AsType[*promptz.Error](err)
	if !ok {
		t.Fatalf("%v is no refusal", err)
	}
	return promptz.Error{Code: e.Code, Message: e.Message, Fields: e.Fields}
}

func TestAnotherKindIsAbsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("text", public))
	for _, kind := range []promptz.Kind{promptz.KindRule, promptz.KindAgent, "", "prompts"} {
		ctx := t.Context()
		called := false
		_, find := w.library.FindItem(ctx, owner, kind, item.ID)
		_, _, versions := w.library.FindVersions(ctx, owner, kind, item.ID, 0, 10)
		_, version := w.library.FindVersion(ctx, owner, kind, item.ID, 1)
		_, update := w.library.UpdateItem(ctx, owner, kind, item.ID, func(*promptz.Item) (promptz.Draft, error) {
			called = true
			return draft("other", public), nil
		})
		remove := w.library.DeleteItem(ctx, owner, kind, item.ID, pass)
		_, _, restore := w.library.RestoreVersion(ctx, owner, promptz.Restore{Kind: kind, ID: item.ID, Number: 1, Check: pass})
		erase := w.library.EraseVersion(ctx, owner, kind, item.ID, 1)
		for op, err := range map[string]error{
			"find": find, "versions": versions, "version": version, "update": update,
			"delete": remove, "restore": restore, "erase": erase,
		} {
			if promptz.ErrorCode(err) != promptz.CodeNotFound {
				t.Errorf("%s as kind %q: got %v, want not found", op, kind, err)
			}
		}
		if called {
			t.Errorf("edit was called on kind %q", kind)
		}
	}
}

// TestSecretOfDraftStaysSecret writes a secret into version 1, takes it out,
// publishes version 3, and looks for it through everything that others can read.
func TestSecretOfDraftStaysSecret(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	w := newWorld(t)
	one := draft("password: "+secret, private)
	one.Note, one.Description, one.Howto, one.Tags = "has "+secret, "Knows the word "+secret, "say "+secret, []string{secret}
	item := w.create(t, one)
	two := draft("password:", private)
	two.Note = "removed " + secret
	w.update(t, item.ID, two)
	w.update(t, item.ID, draft("no password", public))

	for name, p := range callers {
		if p.UserID == "owner" && p.Has(promptz.ScopeRead) {
			continue
		}
		var seen []any
		versions, next, err := w.library.FindVersions(t.Context(), p, promptz.KindPrompt, item.ID, 0, 10)
		if err != nil || next != 0 || len(versions) != 1 || versions[0].Number != 3 {
			t.Errorf("%s: got %d versions, next %d, %v; want number 3 alone", name, len(versions), next, err)
		}
		for _, v := range versions {
			seen = append(seen, *v)
		}
		seen = append(seen, *w.find(t, p, item.ID))
		for n := 1; n <= 4; n++ {
			v, err := w.library.FindVersion(t.Context(), p, promptz.KindPrompt, item.ID, n)
			if err == nil {
				seen = append(seen, *v)
			}
			seen = append(seen, err)
		}
		for _, sort := range []promptz.Sort{promptz.SortNewest, promptz.SortUpdated} {
			page, err := w.library.FindItems(t.Context(), p, promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: sort, Limit: 10})
			if err != nil || len(page.Items) != 1 {
				t.Fatalf("%s: list has %d items, %v; want 1", name, len(page.Items), err)
			}
			seen = append(seen, *page.Items[0])
		}
		if strings.Contains(fmt.Sprintf("%+v", seen), secret) {
			t.Errorf("%s finds the secret in %+v", name, seen)
		}
	}
	if v, err := w.library.FindVersion(t.Context(), owner, promptz.KindPrompt, item.ID, 1); err != nil || !strings.Contains(v.Content, secret) {
		t.Errorf("the owner reads %+v, %v", v, err)
	}
}
