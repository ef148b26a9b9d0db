package keyring_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"promptz/internal/identity/keyring"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

var errDown = errors.New("the store is down")

// faulty fails one of its writes, before or after it is done, and every read
// while it is down.
type faulty struct {
	keyring.Store
	failAt int // the write that fails, from 1; 0 is none
	after  bool
	writes int
	down   bool
}

func (f *faulty) write(do func() error) error {
	f.writes++
	if f.writes != f.failAt {
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

func (always) AcquireLease(context.Context, string, string, time.Duration) (bool, error) {
	return true, nil
}

// openOver opens the keyring over another store than the world's own.
func (w *world) openOver(t testing.TB, s keyring.Store, l keyring.Leases) *keyring.Keyring {
	t.Helper()
	k, err := keyring.Open(t.Context(), s, l, w.keeper, w.now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		prepare func(*world) keyring.Store
		ctx     context.Context
		want    string
	}{
		"a store that is down":  {func(w *world) keyring.Store { return &faulty{Store: w.store, down: true} }, t.Context(), errDown.Error()},
		"a caller that is gone": {func(w *world) keyring.Store { w.open(t); return w.store }, gone, context.Canceled.Error()},
		"another secret key": {func(w *world) keyring.Store {
			w.open(t)
			w.keeper = newKeeper(t)
			return w.store
		}, t.Context(), "made with another secret key"},
		"a root key that is too short": {func(w *world) keyring.Store {
			sealed, err := w.keeper.Encrypt(t.Context(), []byte("short"))
			if err := errors.Join(err, w.store.CreateRoot(t.Context(), sealed)); err != nil {
				t.Fatal(err)
			}
			return w.store
		}, t.Context(), "damaged"},
		"a keeper that seals nothing": {func(w *world) keyring.Store { w.keeper.Close(); return w.store }, t.Context(), "seal root key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := tt.prepare(w)
			_, err := keyring.Open(tt.ctx, s, w.leases, w.keeper, w.now, rand.Reader)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
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

// A rotation that stops anywhere is ended by the next.
func TestRotationThatStops(t *testing.T) {
	t.Parallel()
	for failAt := 1; failAt <= 3; failAt++ { // make the next key, let the last end, remove one that is out
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("at write %d, done: %v", failAt, after), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				k := w.open(t)
				rotate(t, k)
				w.advance(keyring.SigningInterval)
				rotate(t, k)
				w.advance(keyring.SigningInterval)

				s := &faulty{Store: w.store, failAt: failAt, after: after}
				if err := w.openOver(t, s, w.leases).Rotate(t.Context()); !errors.Is(err, errDown) {
					t.Fatalf("the write that fails: %v after %d writes", err, s.writes)
				}
				w.advance(time.Minute) // the lease of who stopped is out
				next := w.open(t)
				rotate(t, next)
				if ids := published(t, next); len(ids) != 2 {
					t.Errorf("published: %v", ids)
				}
				w.advance(keyring.PublishedBefore + keyring.PublishedAfter)
				rotate(t, next)
				id, _ := signing(t, next)
				if ids := published(t, next); len(ids) != 1 || ids[0] != id {
					t.Errorf("%s signs, published: %v", id, ids)
				}
			})
		}
	}
}

// Two that rotate at once, as when a lease ran out under the first, make a key
// too many and no harm: everybody signs with the same one, and what either
// signed is good until it expires.
func TestTwoRotate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.openOver(t, w.store, always{}), w.openOver(t, w.store, always{})
	rotate(t, one)
	for range 3 {
		w.advance(keyring.SigningInterval)
		var wg sync.WaitGroup
		for _, k := range []*keyring.Keyring{one, two} {
			wg.Go(func() {
				if err := k.Rotate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for range 60 {
			a, _ := signing(t, one)
			b, _ := signing(t, two)
			if a != b {
				t.Errorf("%s signs, and %s", a, b)
			}
			w.advance(time.Minute)
			rotate(t, one)
			rotate(t, two)
			w.advance(promptz.AccessLifetime - time.Minute)
			for _, id := range []string{a, b} {
				if _, err := two.Verifying(t.Context(), id); err != nil {
					t.Errorf("what %s signed: %v", id, err)
				}
			}
		}
	}
}

// late is a store whose listing is behind, as an index of DynamoDB may be.
type late struct {
	*store.Identity
	behind bool
}

func (l *late) FindSigningKeys(ctx context.Context) ([]*promptz.SealedKey, error) {
	if l.behind {
		return nil, nil
	}
	return l.Identity.FindSigningKeys(ctx)
}

// The first key signs soon after the store shows it.
func TestTheFirstKeyIsSeenLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &late{Identity: w.store.Identity, behind: true}
	k := w.openOver(t, s, w.leases)
	rotate(t, k)
	if _, _, err := k.Signing(t.Context()); promptz.ErrorCode(err) != promptz.CodeUnavailable {
		t.Fatalf("without a key: %v", err)
	}
	s.behind = false
	w.advance(time.Second)
	signing(t, k)
	rotate(t, k)
	if ids := published(t, k); len(ids) != 1 {
		t.Errorf("published: %v", ids)
	}
}

// slow is a store whose reads wait, and are counted.
type slow struct {
	keyring.Store
	reads int
	open  chan struct{}
}

func (s *slow) FindSigningKeys(ctx context.Context) ([]*promptz.SealedKey, error) {
	s.reads++
	select {
	case <-s.open:
		return s.Store.FindSigningKeys(ctx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Many callers share one read, and none of them fails because the one that reads
// for all has gone.
func TestCallersShareARead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rotate(t, w.open(t))
	synctest.Test(t, func(t *testing.T) {
		s := &slow{Store: w.store, open: make(chan struct{})}
		k := w.openOver(t, s, w.leases)
		first, leave := context.WithCancel(t.Context())
		go func() {
			if _, _, err := k.Signing(first); !errors.Is(err, context.Canceled) {
				t.Errorf("who left: %v", err)
			}
		}()
		synctest.Wait()
		impatient, give := context.WithCancel(t.Context())
		go func() {
			if _, _, err := k.Signing(impatient); !errors.Is(err, context.Canceled) {
				t.Errorf("who gave up: %v", err)
			}
		}()
		for range 50 {
			go func() {
				if _, _, err := k.Signing(t.Context()); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		give()
		leave()
		synctest.Wait()
		close(s.open)
		synctest.Wait()
		if s.reads != 2 {
			t.Errorf("%d reads", s.reads)
		}
	})
}

// While the store is down what is known is good for a minute, and no longer.
func TestAStoreThatGoesDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &faulty{Store: w.store}
	k := w.openOver(t, s, w.leases)
	rotate(t, k)
	id, _ := signing(t, k)
	s.down = true
	if _, err := k.Verifying(t.Context(), id); err != nil {
		t.Errorf("at once: %v", err)
	}
	w.advance(time.Minute)
	_, _, signErr := k.Signing(t.Context())
	_, verifyErr := k.Verifying(t.Context(), id)
	_, listErr := k.JWKS(t.Context())
	for name, err := range map[string]error{"signing": signErr, "verifying": verifyErr, "listing": listErr, "rotating": k.Rotate(t.Context())} {
		if !errors.Is(err, errDown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.down = false
	signing(t, k)
}

// A signing key that somebody put there or changed signs nothing.
func TestSigningKeyThatIsNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.open(t)
	rotate(t, k)
	keys, err := w.store.FindSigningKeys(t.Context())
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	short, err := k.Seal("signing key", []byte("short"))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(keys[0].Sealed)
	changed[0] ^= 1
	for name, sealed := range map[string][]byte{"changed": changed, "of no key": short, "empty": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := *keys[0]
			other.Sealed = sealed
			s := &planted{Store: w.store, key: &other}
			if id, _, err := w.openOver(t, s, w.leases).Signing(t.Context()); err == nil {
				t.Errorf("%s signs", id)
			}
		})
	}
}

// planted has one signing key that was put there.
type planted struct {
	keyring.Store
	key *promptz.SealedKey
}

func (p *planted) FindSigningKeys(context.Context) ([]*promptz.SealedKey, error) {
	return []*promptz.SealedKey{p.key}, nil
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
	raced := &racedRoot{Store: w.store}
	other := w.openOver(t, raced, w.leases)
	raced.meanwhile = func() error { return k.Rewrap(t.Context(), w.keeper) }
	if err := other.Rewrap(t.Context(), newKeeper(t)); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("another was faster: %v", err)
	}
	w.open(t) // the keeper of who was faster opens it
}

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
