package keyring_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
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
	w.store = &counted{Identity: store.NewIdentity(open(), store.Tuning{}, w.now)}
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

// Of many processes that start at once all have the same root key.
func TestRootIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const processes = 20
	macs := make([][]byte, processes)
	var wg sync.WaitGroup
	for i := range processes {
		wg.Go(func() {
			k, err := keyring.Open(t.Context(), w.store, w.leases, w.keeper, w.now, rand.Reader)
			if err != nil {
				t.Error(err)
				return
			}
			macs[i] = k.MAC("label", []byte("x"))
		})
	}
	wg.Wait()
	for i := range macs {
		if !bytes.Equal(macs[i], macs[0]) {
			t.Errorf("process %d has another root key", i)
		}
	}
}

func TestAnotherKeeperIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(t)
	_, err := keyring.Open(t.Context(), w.store, w.leases, newKeeper(t), w.now, rand.Reader)
	if promptz.ErrorCode(err) != promptz.CodeConflict {
		t.Errorf("got %v", err)
	}
}

func TestLabelsAndPartsAreKeptApart(t *testing.T) {
	t.Parallel()
	k := newWorld(t).open(t)
	seen := map[string]string{}
	for name, mac := range map[string][]byte{
		"one part": k.MAC("l", []byte("ab")), "two parts": k.MAC("l", []byte("a"), []byte("b")), "empty first": k.MAC("l", nil, []byte("ab")),
		"empty last": k.MAC("l", []byte("ab"), nil), "another label": k.MAC("m", []byte("ab")), "none": k.MAC("l"), "one empty": k.MAC("l", nil),
	} {
		if other, twice := seen[string(mac)]; twice || len(mac) != 32 {
			t.Errorf("%s is like %s", name, other)
		}
		seen[string(mac)] = name
	}
	sealed, err := k.Seal("l", []byte("secret"))
	if err != nil || bytes.Contains(sealed, []byte("secret")) {
		t.Fatalf("%q, %v", sealed, err)
	}
	if got, err := k.Open("l", sealed); err != nil || string(got) != "secret" {
		t.Errorf("opened: %q, %v", got, err)
	}
	if again, _ := k.Seal("l", []byte("secret")); bytes.Equal(again, sealed) {
		t.Error("sealed the same way twice")
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, bad := range map[string][]byte{"changed": changed, "cut": sealed[:10], "empty": nil} {
		if _, err := k.Open("l", bad); err == nil {
			t.Errorf("%s is opened", name)
		}
	}
	if _, err := k.Open("m", sealed); err == nil {
		t.Error("another label opens it")
	}
}

// A key is published before it signs, and kept until its last token is out.
func TestRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.open(t)
	rotate(t, k)
	first, key := signing(t, k)
	w.advance(keyring.SigningInterval - keyring.PublishedBefore - time.Second)
	rotate(t, k)
	if ids := published(t, k); len(ids) != 1 {
		t.Fatalf("published too early: %v", ids)
	}
	w.advance(2 * time.Second)
	rotate(t, k)
	if ids := published(t, k); len(ids) != 2 {
		t.Fatalf("published: %v", ids)
	}
	if id, _ := signing(t, k); id != first {
		t.Error("the new one signs before everybody knows it")
	}
	w.advance(keyring.PublishedBefore)
	second, _ := signing(t, k)
	if second == first {
		t.Error("the old one still signs")
	}
	if got, err := k.Verifying(t.Context(), first); err != nil || !got.Equal(key.Public()) {
		t.Errorf("the old one right after: %v", err)
	}
	w.advance(keyring.PublishedAfter)
	if _, err := k.Verifying(t.Context(), first); promptz.ErrorCode(err) != promptz.CodeNotFound {
		t.Errorf("the old one after its last token: %v", err)
	}
	rotate(t, k)
	if ids := published(t, k); len(ids) != 1 || ids[0] != second {
		t.Errorf("published: %v", ids)
	}
	if sealed, err := w.store.FindSigningKeys(t.Context()); err != nil || len(sealed) != 1 {
		t.Errorf("%d keys are kept, %v", len(sealed), err)
	}
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

// Of many that rotate at once one makes a key, and all know it.
func TestOneRotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const processes = 10
	all := make([]*keyring.Keyring, processes)
	for i := range all {
		all[i] = w.open(t)
	}
	var wg sync.WaitGroup
	for _, k := range all {
		wg.Go(func() {
			if err := k.Rotate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if sealed, err := w.store.FindSigningKeys(t.Context()); err != nil || len(sealed) != 1 {
		t.Errorf("%d keys, %v", len(sealed), err)
	}
	w.advance(time.Minute)
	want, _ := signing(t, all[0])
	for _, k := range all {
		if id, _ := signing(t, k); id != want {
			t.Error("a process signs with another key")
		}
	}
}

// Keys that nobody knows make no load: however many are asked for, the store is
// read once in ten seconds.
func TestUnknownKeysAreLookedUpOnceInAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.open(t)
	rotate(t, k)
	signing(t, k)
	before := w.store.reads
	for range 1000 {
		if _, err := k.Verifying(t.Context(), "unknown"); promptz.ErrorCode(err) != promptz.CodeNotFound {
			t.Fatal(err)
		}
	}
	if got := w.store.reads - before; got > 1 {
		t.Errorf("%d reads", got)
	}
	w.advance(11 * time.Second)
	other := w.open(t)
	w.advance(keyring.SigningInterval)
	rotate(t, other)
	id := published(t, other)[0]
	if _, err := k.Verifying(t.Context(), id); err != nil {
		t.Errorf("a key that another process made: %v", err)
	}
}

func TestRewrap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.open(t)
	rotate(t, k)
	id, _ := signing(t, k)
	mac := k.MAC("l", []byte("x"))
	to := newKeeper(t)
	if err := k.Rewrap(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), w.store, w.leases, w.keeper, w.now, rand.Reader); err == nil {
		t.Error("the old keeper still opens it")
	}
	w.keeper = to
	again := w.open(t)
	if got, _ := signing(t, again); got != id || !bytes.Equal(again.MAC("l", []byte("x")), mac) {
		t.Error("it is another keyring")
	}
	if err := k.Rewrap(t.Context(), newKeeper(t)); err != nil {
		t.Errorf("once more: %v", err)
	}
}
