package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"promptz/internal/identity/keyring"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

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

// A rotation that stops anywhere is ended by the next.
func TestRotationThatStops(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		earlier int // keys that there are, of which all but one are out
		failAt  int
		after   bool
	}{
		{"before the next is made", 1, 1, false},
		{"after the next is made", 1, 1, true},
		{"before the last one ends", 1, 2, false},
		{"after the last one ends", 1, 2, true},
		{"before the last one ends, with one to remove", 2, 2, false},
		{"before one is removed", 2, 3, false},
		{"after one is removed", 2, 3, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for range tt.earlier {
				rotate(t, w.open(t))
				w.advance(keyring.SigningInterval)
			}
			s := &faulty{Store: w.store, failAt: tt.failAt, after: tt.after}
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

// beaten is a store in which another process was faster, and a lease that it has.
type beaten struct {
	keyring.Store
	err error
}

func (b *beaten) ReplaceSigningKey(context.Context, *promptz.SealedKey, *promptz.SealedKey) error {
	return b.err
}

func (b *beaten) AcquireLease(context.Context, string, string, time.Duration) (bool, error) {
	return false, b.err
}

func TestAnotherIsFaster(t *testing.T) {
	t.Parallel()
	for _, err := range []error{promptz.ErrStale, promptz.Errorf(promptz.CodeNotFound, "gone")} {
		w := newWorld(t)
		rotate(t, w.open(t))
		w.advance(keyring.SigningInterval)
		rotate(t, w.openOver(t, &beaten{w.store, err}, w.leases))
		if ids := published(t, w.open(t)); len(ids) != 2 {
			t.Errorf("%v: published: %v", err, ids)
		}
	}
}

func TestAnotherHasTheLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.openOver(t, w.store, &beaten{})
	rotate(t, k)
	if ids := published(t, k); len(ids) != 0 {
		t.Errorf("published: %v", ids)
	}
	if err := w.openOver(t, w.store, &beaten{err: errDown}).Rotate(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("leases that are down: %v", err)
	}
}

// Two that rotate at once, as when a lease ran out under the first, make at most
// a key too many and no harm: both sign with the same one, and what that signed is
// good until it expires.
func TestTwoRotate(t *testing.T) {
	t.Parallel()
	for raceAt := 1; raceAt <= 3; raceAt++ { // make the next key, let the last end, remove one that is out
		t.Run(fmt.Sprintf("at write %d", raceAt), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			one := w.openOver(t, w.store, always{})
			rotate(t, one)
			w.advance(keyring.SigningInterval)
			rotate(t, one)
			w.advance(keyring.SigningInterval)

			two := w.openOver(t, &backwards{w.store}, always{})
			raced := w.openOver(t, &faulty{Store: w.store, failAt: raceAt, meanwhile: func() { rotate(t, two) }}, always{})
			rotate(t, raced)
			for range 6 {
				a, _ := signing(t, raced)
				b, _ := signing(t, two)
				if a != b {
					t.Errorf("%s signs, and %s", a, b)
				}
				w.advance(promptz.AccessLifetime - time.Second)
				if _, err := one.Verifying(t.Context(), a); err != nil {
					t.Errorf("what %s signed: %v", a, err)
				}
				rotate(t, two)
			}
			if ids := published(t, two); len(ids) != 1 {
				t.Errorf("published: %v", ids)
			}
		})
	}
}

// backwards lists keys in another order.
type backwards struct{ keyring.Store }

func (b *backwards) FindSigningKeys(ctx context.Context) ([]*promptz.SealedKey, error) {
	keys, err := b.Store.FindSigningKeys(ctx)
	slices.Reverse(keys)
	return keys, err
}

// A key that nobody followed signs nothing that would outlive it.
func TestNobodyRotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.open(t)
	rotate(t, k)
	first, _ := signing(t, k)
	w.advance(365*24*time.Hour - promptz.AccessLifetime)
	if _, _, err := k.Signing(t.Context()); promptz.ErrorCode(err) != promptz.CodeUnavailable {
		t.Errorf("it signs: %v", err)
	}
	if _, err := k.Verifying(t.Context(), first); err != nil {
		t.Errorf("what it signed: %v", err)
	}
	rotate(t, k)
	if id, _ := signing(t, k); id == first {
		t.Error("the old one signs again")
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
