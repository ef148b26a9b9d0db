package identity_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"promptz/internal/promptz"
)

// TestUseDoesNotProlong holds that what is remembered ages from its reading, not
// from its last use.
func TestUseDoesNotProlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.process("live")
	u := w.createUser(t, "maria")
	key, secret := w.createKey(t, u.ID)
	if _, err := other.AuthenticateKey(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if err := w.identity.DeleteKey(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		w.clock.advance(time.Second)
		if _, err := other.AuthenticateKey(t.Context(), secret); err != nil {
			t.Fatalf("within 5 s: %v", err)
		}
	}
	w.clock.advance(time.Second)
	_, err := other.AuthenticateKey(t.Context(), secret)
	wantCode(t, err, promptz.CodeUnauthenticated)
}

func TestClockThatJumpsBackProlongsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	_, secret := w.createKey(t, u.ID)
	if _, err := w.identity.AuthenticateKey(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	w.erase(t, u.ID)
	w.clock.advance(-time.Hour)
	_, err := w.identity.AuthenticateKey(t.Context(), secret)
	wantCode(t, err, promptz.CodeUnauthenticated)
}

// TestRevokedInFlightIsNotRemembered revokes a key after it was read and before
// the answer is remembered.
func TestRevokedInFlightIsNotRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	key, secret := w.createKey(t, u.ID)
	w.store.afterFindKey = func() {
		w.store.afterFindKey = nil
		if err := w.identity.DeleteKey(t.Context(), key.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.identity.AuthenticateKey(t.Context(), secret); err != nil {
		t.Fatalf("what was read before: %v", err)
	}
	if got := w.identity.Recognize(secret); got != "" {
		t.Errorf("recognized as %q", got)
	}
	_, err := w.identity.AuthenticateKey(t.Context(), secret)
	wantCode(t, err, promptz.CodeUnauthenticated)
}

// TestSlowReadIsNotFresh holds that the 5 s begin before the store is read.
func TestSlowReadIsNotFresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	_, secret := w.createKey(t, u.ID)
	w.store.afterFindKey = func() { w.clock.advance(4 * time.Second) }
	if _, err := w.identity.AuthenticateKey(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	w.store.afterFindKey = nil
	w.clock.advance(time.Second)
	if got := w.identity.Recognize(secret); got != "" {
		t.Error("what was read 5 s ago is believed")
	}
}

func TestRecognizeKnowsWhoWasFoundValid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	key, secret := w.createKey(t, u.ID)
	if got := w.identity.Recognize(secret); got != "" {
		t.Errorf("before: %q", got)
	}
	if _, err := w.identity.AuthenticateKey(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	reads := w.store.reads.Load()
	if got := w.identity.Recognize(secret); got != u.ID {
		t.Errorf("after: %q, want %q", got, u.ID)
	}
	if w.store.reads.Load() != reads {
		t.Error("the store was asked")
	}
	if err := w.identity.DeleteKey(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.identity.Recognize(secret); got != "" {
		t.Errorf("revoked: %q", got)
	}
}

// TestFailedRevocationBreaksNothing holds that a key which could not be revoked
// goes on to be what the store says it is.
func TestFailedRevocationBreaksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	key, secret := w.createKey(t, u.ID)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.identity.DeleteKey(ctx, key.ID); err == nil {
		t.Error("a cancelled revocation succeeded")
	}
	if _, err := w.identity.AuthenticateKey(t.Context(), secret); err != nil {
		t.Error(err)
	}
}

// anyKey is a store that holds every key, all of one user's.
type anyKey struct {
	*watchedStore
	userID string
}

func (s *anyKey) CreateKey(context.Context, *promptz.Key, *promptz.Once) error { return nil }

func (s *anyKey) FindKey(context.Context, [32]byte) (*promptz.Key, error) {
	s.reads.Add(1)
	return &promptz.Key{UserID: s.userID, ExpiresAt: time.Unix(1<<40, 0)}, nil
}

func TestCredentialCacheIsBounded(t *testing.T) {
	t.Parallel()
	const most = 10_000
	w := newWorld(t)
	s := &anyKey{w.store, w.createUser(t, "maria").ID}
	service := w.newService(s, "live", rand.Reader)
	authenticate := func() string {
		_, secret, err := service.CreateKey(t.Context(), keyRequest(s.userID))
		if err == nil {
			_, err = service.AuthenticateKey(t.Context(), secret)
		}
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	secrets := make([]string, most+1)
	for i := range most {
		secrets[i] = authenticate()
	}
	if service.Recognize(secrets[0]) == "" || service.Recognize(secrets[most-1]) == "" {
		t.Fatalf("%d credentials do not fit", most)
	}
	secrets[most] = authenticate()
	known := 0
	for _, secret := range secrets {
		if service.Recognize(secret) != "" {
			known++
		}
	}
	if known > most || service.Recognize(secrets[most]) == "" {
		t.Errorf("%d credentials are remembered, want at most %d and the last among them", known, most)
	}
}
