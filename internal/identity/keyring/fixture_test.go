package keyring_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"gocloud.dev/docstore/memdocstore"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/localsecrets"

	"promptz/internal/identity/keyring"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// world is where keys are kept, with a clock that tests move.
type world struct {
	mu     sync.Mutex
	at     time.Time
	store  *counted
	leases *store.Ephemeral
	keeper *secrets.Keeper
}

// counted counts how often the signing keys are read.
type counted struct {
	*store.Identity
	mu    sync.Mutex
	reads int
}

func (c *counted) FindSigningKeys(ctx context.Context) ([]*promptz.SealedKey, error) {
	c.mu.Lock()
	c.reads++
	c.mu.Unlock()
	return c.Identity.FindSigningKeys(ctx)
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	open := func() store.Handles {
		c, err := memdocstore.OpenCollection(store.KeyField, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return store.Handles{Consistent: c, Eventual: c}
	}
	w := &world{at: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), keeper: newKeeper(t)}
	w.store = &counted{Identity: store.NewIdentity(open(), store.Tuning{}, w.now, rand.Reader)}
	w.leases = store.NewEphemeral(open(), store.Tuning{}, w.now)
	return w
}

func newKeeper(t testing.TB) *secrets.Keeper {
	t.Helper()
	key, err := localsecrets.NewRandomKey()
	if err != nil {
		t.Fatal(err)
	}
	return localsecrets.NewKeeper(key)
}

// open opens the keyring as another process does.
func (w *world) open(t testing.TB) *keyring.Keyring {
	t.Helper()
	k, err := keyring.Open(t.Context(), w.store, w.leases, w.keeper, w.now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func rotate(t testing.TB, k *keyring.Keyring) {
	t.Helper()
	if err := k.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func signing(t testing.TB, k *keyring.Keyring) (string, ed25519.PrivateKey) {
	t.Helper()
	id, key, err := k.Signing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id, key
}

func published(t testing.TB, k *keyring.Keyring) []string {
	t.Helper()
	raw, err := k.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Keys []struct{ Kid, Kty, Crv, Alg, Use, X, D string }
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, key := range set.Keys {
		if key.Kty != "OKP" || key.Crv != "Ed25519" || key.Alg != "EdDSA" || key.Use != "sig" || len(key.X) != 43 || key.D != "" {
			t.Errorf("published %+v", key)
		}
		ids = append(ids, key.Kid)
	}
	return ids
}

var errDown = errors.New("the store is down")

// faulty fails one of its writes, before or after it is done, and every read
// while it is down.
type faulty struct {
	keyring.Store
	failAt    int // the write that fails, from 1; 0 is none
	after     bool
	meanwhile func() // happens before that write, which then does not fail
	writes    int
	down      bool
}

func (f *faulty) write(do func() error) error {
	f.writes++
	if f.writes != f.failAt {
		return do()
	}
	if f.meanwhile != nil {
		f.meanwhile()
		return do()
	}
	if f.after {
		return errors.Join(errDown, do())
	}
	return errDown
}

func (f *faulty) FindRoot(ctx context.Context) ([]byte, error) {
	if f.down {
		return nil, errDown
	}
	return f.Store.FindRoot(ctx)
}

func (f *faulty) FindSigningKeys(ctx context.Context) ([]*promptz.SealedKey, error) {
	if f.down {
		return nil, errDown
	}
	return f.Store.FindSigningKeys(ctx)
}

func (f *faulty) CreateSigningKey(ctx context.Context, k *promptz.SealedKey) error {
	return f.write(func() error { return f.Store.CreateSigningKey(ctx, k) })
}

func (f *faulty) ReplaceSigningKey(ctx context.Context, old, k *promptz.SealedKey) error {
	return f.write(func() error { return f.Store.ReplaceSigningKey(ctx, old, k) })
}

func (f *faulty) DeleteSigningKey(ctx context.Context, id string) error {
	return f.write(func() error { return f.Store.DeleteSigningKey(ctx, id) })
}

// always is a lease that everybody has.
type always struct{}

// openOver opens the keyring over another store than the world's own.
func (w *world) openOver(t testing.TB, s keyring.Store, l keyring.Leases) *keyring.Keyring {
	t.Helper()
	k, err := keyring.Open(t.Context(), s, l, w.keeper, w.now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
