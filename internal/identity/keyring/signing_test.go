package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"promptz/internal/identity/keyring"
	"promptz/internal/promptz"
)

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
	w.advance(keyring.SigningInterval)
	signing(t, k)
	rotate(t, w.open(t))
	id := latest(t, w)
	w.advance(9 * time.Second)
	if _, err := k.Verifying(t.Context(), id); promptz.ErrorCode(err) != promptz.CodeNotFound {
		t.Errorf("a key that another process made, too soon: %v", err)
	}
	w.advance(time.Second)
	if _, err := k.Verifying(t.Context(), id); err != nil {
		t.Errorf("a key that another process made: %v", err)
	}
}

// latest gives the key that was made last.
func latest(t testing.TB, w *world) string {
	t.Helper()
	keys, err := w.store.FindSigningKeys(t.Context())
	if err != nil || len(keys) == 0 {
		t.Fatal(keys, err)
	}
	return keys[0].ID
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
	w.advance(11 * time.Second)
	if _, err := k.Verifying(t.Context(), "unknown"); !errors.Is(err, errDown) {
		t.Errorf("one that is not known: %v", err)
	}
	if _, err := k.Verifying(t.Context(), id); err != nil {
		t.Errorf("after somebody asked for one that is not known: %v", err)
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
