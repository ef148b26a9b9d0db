package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
)

func (f *fixture) newUser(t testing.TB, handle string) *promptz.User {
	t.Helper()
	return &promptz.User{
		ID: newID(t), Handle: handle, DisplayName: "Größe", Bio: "two\nlines", Role: promptz.RoleUser,
		CreatedAt: f.clock.now(), Revision: 1,
	}
}

func (f *fixture) createUser(t testing.TB, handle string) *promptz.User {
	t.Helper()
	u := f.newUser(t, handle)
	if err := f.identity.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	got, err := f.identity.FindUser(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(u, got, cmpopts.IgnoreFields(promptz.User{}, "Guard")); diff != "" {
		t.Fatalf("user (-written +read):\n%s", diff)
	}
	return got
}

func testHandleClaim(t *testing.T, f *fixture) {
	maria := f.createUser(t, "Maria")
	wantCode(t, f.identity.CreateUser(t.Context(), f.newUser(t, "mARIA")), promptz.CodeConflict)
	got, err := f.identity.FindUserByHandle(t.Context(), "MARIA")
	if err != nil || got.ID != maria.ID || got.Handle != "Maria" {
		t.Errorf("by handle: %+v, %v", got, err)
	}
	_, err = f.identity.FindUserByHandle(t.Context(), "nobody")
	wantCode(t, err, promptz.CodeNotFound)
	otto := f.createUser(t, "otto")
	users, err := f.identity.FindUsers(t.Context(), []string{otto.ID, newID(t), maria.ID})
	if err != nil || len(users) != 2 || users[otto.ID].Handle != "otto" {
		t.Errorf("by ids: %v, %v", users, err)
	}
}

func testHandleRace(t *testing.T, f *fixture) {
	const callers = 20
	users := make([]*promptz.User, callers)
	for i := range users {
		users[i] = f.newUser(t, "maria")
	}
	made := 0
	for i, err := range inParallel(callers, func(i int) error {
		return f.identity.CreateUser(context.WithoutCancel(t.Context()), users[i])
	}) {
		if err == nil {
			made++
			continue
		}
		if promptz.ErrorCode(err) != promptz.CodeConflict {
			t.Errorf("caller %d: %v", i, err)
		}
	}
	if made != 1 {
		t.Errorf("%d users have the handle, want 1", made)
	}
}

func (f *fixture) rename(t testing.TB, old *promptz.User, handle string) (*promptz.User, error) {
	t.Helper()
	next := *old
	next.Handle = handle
	next.Revision++
	if err := f.identity.UpdateUser(t.Context(), old, &next); err != nil {
		return nil, err
	}
	return f.identity.FindUser(t.Context(), old.ID)
}

func testHandleChange(t *testing.T, f *fixture) {
	maria := f.createUser(t, "maria")
	otto := f.createUser(t, "otto")
	maria, err := f.rename(t, maria, "marie")
	if err != nil {
		t.Fatal(err)
	}
	for _, handle := range []string{"maria", "marie"} {
		if got, err := f.identity.FindUserByHandle(t.Context(), handle); err != nil || got.Handle != "marie" {
			t.Errorf("%s leads to %+v, %v", handle, got, err)
		}
	}
	_, err = f.rename(t, otto, "Maria")
	wantCode(t, err, promptz.CodeConflict)
	wantCode(t, f.identity.CreateUser(t.Context(), f.newUser(t, "maria")), promptz.CodeConflict)

	f.clock.advance(promptz.HandleRedirect + time.Second)
	_, err = f.identity.FindUserByHandle(t.Context(), "maria")
	wantCode(t, err, promptz.CodeNotFound)
	_, err = f.rename(t, otto, "maria")
	wantCode(t, err, promptz.CodeConflict)
	if _, err := f.rename(t, maria, "Maria"); err != nil {
		t.Errorf("the same user can't take it back: %v", err)
	}
	if got, err := f.identity.FindUserByHandle(t.Context(), "maria"); err != nil || got.Handle != "Maria" {
		t.Errorf("maria leads to %+v, %v", got, err)
	}
}

func testUserStale(t *testing.T, f *fixture) {
	maria := f.createUser(t, "maria")
	if _, err := f.rename(t, maria, "marie"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.rename(t, maria, "mary"); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("got %v, want ErrStale", err)
	}
	_, err := f.identity.FindUserByHandle(t.Context(), "mary")
	wantCode(t, err, promptz.CodeNotFound)
}

// createKey makes a key of maria's.
func (f *fixture) createKey(t testing.TB, n byte, lifetime time.Duration) *promptz.Key {
	t.Helper()
	at := f.clock.advance(time.Second)
	k := &promptz.Key{
		ID: newID(t), UserID: "maria", Name: "laptop", Hash: [32]byte{n, 7}, Last4: "abcd",
		Scopes:    []promptz.Scope{promptz.ScopeRead, promptz.ScopeWrite},
		CreatedAt: at, ExpiresAt: at.Add(lifetime),
	}
	if err := f.identity.CreateKey(t.Context(), k, nil); err != nil {
		t.Fatal(err)
	}
	return k
}

func testKeys(t *testing.T, f *fixture) {
	var keys []*promptz.Key
	for n := range byte(3) {
		keys = append(keys, f.createKey(t, n, time.Hour))
	}
	got, err := f.identity.FindKey(t.Context(), keys[1].Hash)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(keys[1], got); diff != "" {
		t.Errorf("key (-written +read):\n%s", diff)
	}
	listed, err := f.identity.FindKeys(t.Context(), "maria")
	if err != nil || len(listed) != 3 || listed[0].ID != keys[2].ID {
		t.Errorf("listed %v, %v; want three, the newest first", listed, err)
	}
	used := f.clock.now()
	if err := f.identity.UseKey(t.Context(), keys[1], used); err != nil {
		t.Fatal(err)
	}
	if got, err := f.identity.FindKey(t.Context(), keys[1].Hash); err != nil || !got.LastUsedAt.Equal(used) {
		t.Errorf("last used: %+v, %v; want %v", got, err, used)
	}
	if err := f.identity.DeleteKey(t.Context(), keys[1].ID); err != nil {
		t.Fatal(err)
	}
	_, err = f.identity.FindKey(t.Context(), keys[1].Hash)
	wantCode(t, err, promptz.CodeNotFound)
	wantCode(t, f.identity.DeleteKey(t.Context(), keys[1].ID), promptz.CodeNotFound)
	f.clock.advance(time.Hour)
	_, err = f.identity.FindKey(t.Context(), keys[0].Hash)
	wantCode(t, err, promptz.CodeNotFound)
}
