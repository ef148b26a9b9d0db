package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

func testErasure(t *testing.T, f *fixture) {
	maria := f.newUser(t, "maria")
	maria.Claims, maria.Email = []promptz.Claim{"email#a"}, "maria@example.com"
	if err := f.identity.CreateUser(t.Context(), maria); err != nil {
		t.Fatal(err)
	}
	old, err := f.identity.FindUser(t.Context(), maria.ID)
	if err != nil {
		t.Fatal(err)
	}
	erasure := promptz.Erasure{UserID: maria.ID, KeepPublic: true, At: f.clock.now()}
	for range 2 { // again, as when the answer was lost
		if err := f.identity.BeginErasure(t.Context(), old, erasure); err != nil {
			t.Fatal(err)
		}
	}
	_, err = f.identity.FindUser(t.Context(), maria.ID)
	wantCode(t, err, promptz.CodeNotFound)
	_, err = f.identity.FindUserByHandle(t.Context(), "maria")
	wantCode(t, err, promptz.CodeNotFound)
	_, err = f.identity.FindUserByClaim(t.Context(), "email#a")
	wantCode(t, err, promptz.CodeNotFound)
	if users, err := f.identity.FindUsers(t.Context(), []string{maria.ID}); err != nil || len(users) != 0 {
		t.Errorf("by ids: %v, %v", users, err)
	}
	wantCode(t, f.identity.UpdateUser(t.Context(), old, old), promptz.CodeNotFound)
	wantCode(t, f.identity.CreateUser(t.Context(), f.newUser(t, "Maria")), promptz.CodeConflict)

	f.clock.advance(time.Minute)
	due, err := f.identity.FindErasures(t.Context(), 10)
	if diff := cmp.Diff([]promptz.Erasure{erasure}, due); err != nil || diff != "" {
		t.Fatalf("due: %v\n%s", err, diff)
	}
	for range 2 {
		if err := f.identity.EndErasure(t.Context(), maria.ID); err != nil {
			t.Fatal(err)
		}
	}
	if due, err := f.identity.FindErasures(t.Context(), 10); err != nil || len(due) != 0 {
		t.Errorf("due after the end: %v, %v", due, err)
	}
}

func testSecrets(t *testing.T, f *fixture) {
	_, err := f.identity.FindRoot(t.Context())
	wantCode(t, err, promptz.CodeNotFound)
	if err := f.identity.CreateRoot(t.Context(), []byte("one")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, f.identity.CreateRoot(t.Context(), []byte("two")), promptz.CodeConflict)
	if err := f.identity.ReplaceRoot(t.Context(), []byte("two"), []byte("three")); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("of another state: %v, want ErrStale", err)
	}
	if err := f.identity.ReplaceRoot(t.Context(), []byte("one"), []byte("three")); err != nil {
		t.Fatal(err)
	}
	if got, err := f.identity.FindRoot(t.Context()); err != nil || string(got) != "three" {
		t.Errorf("root %q, %v", got, err)
	}
	var want []*promptz.SealedKey
	for n := range 3 {
		at := f.clock.advance(time.Hour)
		k := &promptz.SealedKey{ID: newID(t), Sealed: []byte{byte(n)}, PublishedAt: at, ActiveAt: at, ExpiresAt: at.Add(time.Hour)}
		if err := f.identity.CreateSigningKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		want = append([]*promptz.SealedKey{k}, want...)
	}
	got, err := f.identity.FindSigningKeys(t.Context())
	if diff := cmp.Diff(want, got, guards); err != nil || diff != "" {
		t.Fatalf("signing keys: %v\n%s", err, diff)
	}
	next := *got[0]
	next.ExpiresAt = next.ExpiresAt.Add(time.Hour)
	if err := f.identity.ReplaceSigningKey(t.Context(), got[0], &next); err != nil {
		t.Fatal(err)
	}
	if err := f.identity.DeleteSigningKey(t.Context(), got[1].ID); err != nil {
		t.Fatal(err)
	}
	got, err = f.identity.FindSigningKeys(t.Context())
	if diff := cmp.Diff([]*promptz.SealedKey{&next, want[2]}, got, guards); err != nil || diff != "" {
		t.Errorf("signing keys: %v\n%s", err, diff)
	}
}

func testKeyOnce(t *testing.T, f *fixture) {
	once := &promptz.Once{UserID: "maria", Key: "k", Body: [32]byte{1}}
	at := f.clock.now()
	k := &promptz.Key{ID: newID(t), UserID: "maria", Name: "laptop", Hash: [32]byte{1, 9}, Last4: "abcd", Scopes: []promptz.Scope{promptz.ScopeRead}, CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
	if id, err := f.identity.FindKeyOnce(t.Context(), once); id != "" || err != nil {
		t.Errorf("before: %q, %v", id, err)
	}
	if err := f.identity.CreateKey(t.Context(), k, once); err != nil {
		t.Fatal(err)
	}
	second := *k
	second.ID, second.Hash = newID(t), [32]byte{2, 9}
	if err := f.identity.CreateKey(t.Context(), &second, once); !errors.Is(err, promptz.ErrAlreadyDone) {
		t.Errorf("again: %v, want ErrAlreadyDone", err)
	}
	if id, err := f.identity.FindKeyOnce(t.Context(), once); id != k.ID || err != nil {
		t.Errorf("after: %q, %v", id, err)
	}
	_, err := f.identity.FindKeyOnce(t.Context(), &promptz.Once{UserID: "maria", Key: "k", Body: [32]byte{2}})
	wantCode(t, err, promptz.CodeNotValid)
}

func testHeld(t *testing.T, f *fixture) {
	item := f.newItem(t, promptz.KindPrompt, "maria")
	item.Held = &promptz.Hold{Reason: "spam", By: "moderator", At: f.clock.now()}
	if err := f.library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	got, err := f.library.FindItem(t.Context(), item.ID, true)
	if diff := cmp.Diff(item.Held, got.Held); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
