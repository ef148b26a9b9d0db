package keyring

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"slices"
	"time"

	"promptz/internal/promptz"
)

// maxSigning is how long a key signs where nobody makes the next.
const maxSigning = 365 * 24 * time.Hour

// leaseTime is how long making a key may take.
const leaseTime = 30 * time.Second

// Rotate makes the next signing key when it is time, lets the one before end, and
// removes those of which no token is good any more. It is to be called at start
// and often; one process at a time does something, two do no harm, and one that
// is stopped anywhere is followed by the next.
func (k *Keyring) Rotate(ctx context.Context) error {
	keys, err := k.openKeys(ctx)
	if err != nil || !k.wantsWork(keys) {
		return err
	}
	holder, err := promptz.NewID(k.random)
	if err != nil {
		return err
	}
	if mine, err := k.leases.AcquireLease(ctx, "signing", holder, leaseTime); err != nil || !mine {
		return err
	}
	defer k.forgetKeys()
	err = k.rotate(ctx)
	switch promptz.ErrorCode(err) {
	case promptz.CodeStale, promptz.CodeNotFound: // another process was faster
		return nil
	}
	return err
}

// rotate does what is due, of what is there now that this process has the lease.
func (k *Keyring) rotate(ctx context.Context) error {
	keys, err := k.openKeys(ctx)
	if err != nil {
		return err
	}
	if k.wantsNext(keys) {
		if err := k.makeKey(ctx, keys); err != nil {
			return err
		}
		if keys, err = k.openKeys(ctx); err != nil {
			return err
		}
	}
	if err := k.retire(ctx, keys); err != nil {
		return err
	}
	for _, s := range keys {
		if !k.expired(s) {
			continue
		}
		if err := k.store.DeleteSigningKey(ctx, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// forgetKeys makes the next caller read the keys.
func (k *Keyring) forgetKeys() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.signing = nil
}

func (k *Keyring) wantsWork(keys []*signingKey) bool {
	unretired := func(s *signingKey) bool {
		return s != keys[0] && keys[0].ActiveAt.Add(PublishedAfter).Before(s.ExpiresAt)
	}
	return k.wantsNext(keys) || slices.ContainsFunc(keys, k.expired) || slices.ContainsFunc(keys, unretired)
}

func (k *Keyring) expired(s *signingKey) bool { return !k.now().Before(s.ExpiresAt) }

// wantsNext tells whether it is time to publish the next key.
func (k *Keyring) wantsNext(keys []*signingKey) bool {
	return len(keys) == 0 || !k.now().Before(keys[0].ActiveAt.Add(SigningInterval-PublishedBefore))
}

// makeKey makes the key that follows on keys.
func (k *Keyring) makeKey(ctx context.Context, keys []*signingKey) error {
	now := k.now().UTC().Truncate(time.Millisecond)
	active := now.Add(PublishedBefore)
	if !slices.ContainsFunc(keys, func(s *signingKey) bool { return s.signs(now) }) {
		active = now // there is no other
	}
	id, err := promptz.NewID(k.random)
	if err != nil {
		return err
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(k.random, seed); err != nil {
		return fmt.Errorf("draw signing key: %w", err)
	}
	sealed, err := k.Seal(signingLabel, seed)
	if err != nil {
		return fmt.Errorf("seal signing key: %w", err)
	}
	return k.store.CreateSigningKey(ctx, &promptz.SealedKey{
		ID: id, Sealed: sealed, PublishedAt: now, ActiveAt: active,
		ExpiresAt: active.Add(maxSigning),
	})
}

// retire lets the keys before the latest end with their last tokens.
func (k *Keyring) retire(ctx context.Context, keys []*signingKey) error {
	for i, s := range keys {
		end := keys[0].ActiveAt.Add(PublishedAfter)
		if i == 0 || !end.Before(s.ExpiresAt) {
			continue
		}
		next := *s.SealedKey
		next.ExpiresAt = end
		if err := k.store.ReplaceSigningKey(ctx, s.SealedKey, &next); err != nil {
			return err
		}
	}
	return nil
}
