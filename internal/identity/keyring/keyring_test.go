package keyring_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"gocloud.dev/secrets"
	"gocloud.dev/secrets/driver"

	"promptz/internal/identity/keyring"
	"promptz/internal/promptz"
)

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

func (always) AcquireLease(context.Context, string, string, time.Duration) (bool, error) {
	return true, nil
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		prepare func(*world) keyring.Store
		want    string
	}{
		"a store that is down": {func(w *world) keyring.Store { return &faulty{Store: w.store, down: true} }, errDown.Error()},
		"another secret key": {func(w *world) keyring.Store {
			w.open(t)
			w.keeper = newKeeper(t)
			return w.store
		}, "made with another secret key"},
		"a root key that is too short": {func(w *world) keyring.Store {
			sealed, err := w.keeper.Encrypt(t.Context(), []byte("short"))
			if err := errors.Join(err, w.store.CreateRoot(t.Context(), sealed)); err != nil {
				t.Fatal(err)
			}
			return w.store
		}, "damaged"},
		"a keeper that seals nothing": {func(w *world) keyring.Store { w.keeper.Close(); return w.store }, "seal root key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := tt.prepare(w)
			_, err := keyring.Open(t.Context(), s, w.leases, w.keeper, w.now, rand.Reader)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// leaving is a store whose caller leaves once the root key is read.
type leaving struct {
	keyring.Store
	leave func()
}

func (l *leaving) FindRoot(ctx context.Context) ([]byte, error) {
	defer l.leave()
	return l.Store.FindRoot(ctx)
}

// Whoever gives up while the keeper is asked is not told that it is the wrong one.
func TestOpenIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(t)
	ctx, leave := context.WithCancel(t.Context())
	_, err := keyring.Open(ctx, &leaving{w.store, leave}, w.leases, newKeeper(t), w.now, rand.Reader)
	if !errors.Is(err, context.Canceled) || promptz.ErrorCode(err) == promptz.CodeConflict {
		t.Errorf("got %v", err)
	}
}

// Without randomness there are no keys, rather than keys of zeros.
func TestNoRandomness(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	none := iotest.ErrReader(errors.New("no randomness"))
	if _, err := keyring.Open(t.Context(), w.store, w.leases, w.keeper, w.now, none); err == nil {
		t.Error("a root key is drawn")
	}
	w.open(t)
	k, err := keyring.Open(t.Context(), w.store, w.leases, w.keeper, w.now, none)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Rotate(t.Context()); err == nil {
		t.Error("a signing key is drawn")
	}
}

func TestRewrapFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.open(t)
	closed := newKeeper(t)
	closed.Close()
	if err := k.Rewrap(t.Context(), closed); err == nil {
		t.Error("a keeper that seals nothing is taken")
	}
	if err := k.Rewrap(t.Context(), secrets.NewKeeper(forgetful{})); err == nil {
		t.Error("a keeper that gives back something else is taken")
	}
	raced := &racedRoot{Store: w.store}
	other := w.openOver(t, raced, w.leases)
	raced.meanwhile = func() error { return k.Rewrap(t.Context(), w.keeper) }
	if err := other.Rewrap(t.Context(), newKeeper(t)); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("another was faster: %v", err)
	}
	w.open(t) // the keeper of who was faster opens it
}

// forgetful is a keeper that gives back something else than it was given.
type forgetful struct{ driver.Keeper }

func (forgetful) Encrypt(context.Context, []byte) ([]byte, error) { return []byte("sealed"), nil }
func (forgetful) Decrypt(context.Context, []byte) ([]byte, error) { return make([]byte, 32), nil }
func (forgetful) Close() error                                    { return nil }

// racedRoot lets something happen before the root key is replaced.
type racedRoot struct {
	keyring.Store
	meanwhile func() error
}

func (r *racedRoot) ReplaceRoot(ctx context.Context, old, sealed []byte) error {
	if err := r.meanwhile(); err != nil {
		return err
	}
	return r.Store.ReplaceRoot(ctx, old, sealed)
}
