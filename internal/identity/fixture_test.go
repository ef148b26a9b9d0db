package identity_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gocloud.dev/docstore"
	"gocloud.dev/docstore/memdocstore"
	"gocloud.dev/secrets/localsecrets"

	"promptz/internal/identity"
	"promptz/internal/identity/keyring"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// world is identity on a real store in memory, with a clock that tests move.
type world struct {
	clock    *clock
	docs     *docstore.Collection
	store    *watchedStore
	limits   *store.Ephemeral
	secrets  *keyring.Keyring
	identity *identity.Service
}

func newWorld(t testing.TB) *world {
	t.Helper()
	docs, limits, secrets := openCollection(t), openCollection(t), openCollection(t)
	c := &clock{at: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	w := &world{clock: c, docs: docs}
	w.store = &watchedStore{Identity: store.NewIdentity(store.Handles{Consistent: docs, Eventual: docs}, store.Tuning{}, c.now, rand.Reader)}
	w.limits = store.NewEphemeral(store.Handles{Consistent: limits, Eventual: limits}, store.Tuning{}, c.now)
	key, err := localsecrets.NewRandomKey()
	if err != nil {
		t.Fatal(err)
	}
	sealed := store.NewIdentity(store.Handles{Consistent: secrets, Eventual: secrets}, store.Tuning{}, c.now, rand.Reader)
	w.secrets, err = keyring.Open(t.Context(), sealed, w.limits, localsecrets.NewKeeper(key), c.now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.identity = w.process("live")
	return w
}

func openCollection(t testing.TB) *docstore.Collection {
	t.Helper()
	docs, err := memdocstore.OpenCollection(store.KeyField, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docs.Close() })
	return docs
}

// process is another process of the same deployment.
func (w *world) process(environment string) *identity.Service {
	return w.newService(w.store, environment, rand.Reader)
}

func (w *world) newService(s identity.Store, environment string, random io.Reader) *identity.Service {
	return identity.NewService(identity.Deps{
		Store: s, Counters: w.limits, Secrets: w.secrets, Environment: environment, Now: w.clock.now, Random: random,
	})
}

// watchedStore is the store, with somebody at work around its calls.
type watchedStore struct {
	*store.Identity
	reads        atomic.Int64 // calls of FindKey
	writes       atomic.Int64 // calls of UpdateUser
	afterFindKey func()
	beforeUpdate func() error

	mu    sync.Mutex
	calls []string // of what a request for a code could ask
}

// record begins to remember calls.
func (s *watchedStore) record() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

func (s *watchedStore) recorded() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *watchedStore) called(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, name)
}

func (s *watchedStore) CreateChallenge(ctx context.Context, c *promptz.Challenge, queued *promptz.Delivery) error {
	sealed := 0
	if queued != nil {
		sealed = len(queued.Sealed) / 16
	}
	s.called(fmt.Sprint("CreateChallenge, sealed ", sealed))
	return s.Identity.CreateChallenge(ctx, c, queued)
}

func (s *watchedStore) FindUser(ctx context.Context, id string) (*promptz.User, error) {
	s.called("FindUser")
	return s.Identity.FindUser(ctx, id)
}

func (s *watchedStore) FindUserByClaim(ctx context.Context, claim promptz.Claim) (*promptz.User, error) {
	s.called("FindUserByClaim")
	return s.Identity.FindUserByClaim(ctx, claim)
}

func (s *watchedStore) FindKey(ctx context.Context, hash [32]byte) (*promptz.Key, error) {
	s.reads.Add(1)
	key, err := s.Identity.FindKey(ctx, hash)
	if s.afterFindKey != nil {
		s.afterFindKey()
	}
	return key, err
}

func (s *watchedStore) UpdateUser(ctx context.Context, old, u *promptz.User) error {
	s.writes.Add(1)
	if s.beforeUpdate != nil {
		if err := s.beforeUpdate(); err != nil {
			return err
		}
	}
	return s.Identity.UpdateUser(ctx, old, u)
}

// clock is a clock that a test moves. Safe for concurrent use.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (w *world) createUser(t testing.TB, handle string) *promptz.User {
	t.Helper()
	u, err := w.identity.CreateUser(t.Context(), handle, promptz.RoleUser, "")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// createKey makes a key that reads and writes.
func (w *world) createKey(t testing.TB, userID string) (*promptz.Key, string) {
	t.Helper()
	key, secret, err := w.identity.CreateKey(t.Context(), keyRequest(userID))
	if err != nil {
		t.Fatal(err)
	}
	return key, secret
}

func keyRequest(userID string) promptz.KeyRequest {
	return promptz.KeyRequest{UserID: userID, Name: "laptop", Scopes: []promptz.Scope{promptz.ScopeRead, promptz.ScopeWrite}}
}

// erase removes a user's document, as the erasure of an account does.
func (w *world) erase(t testing.TB, userID string) {
	t.Helper()
	if err := w.docs.Delete(t.Context(), map[string]any{store.KeyField: "user#" + userID}); err != nil {
		t.Fatal(err)
	}
}

// documents gives every document of the store.
func (w *world) documents(t testing.TB) []map[string]any {
	t.Helper()
	iter := w.docs.Query().Get(t.Context())
	defer iter.Stop()
	var all []map[string]any
	for {
		doc := map[string]any{}
		err := iter.Next(t.Context(), doc)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, doc)
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

// wantCode fails the test unless err has the code.
func wantCode(t testing.TB, err error, code promptz.Code) {
	t.Helper()
	if got := promptz.ErrorCode(err); got != code {
		t.Errorf("got code %q (%v), want %q", got, err, code)
	}
}
