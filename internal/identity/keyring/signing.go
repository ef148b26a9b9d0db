package keyring

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"promptz/internal/promptz"
)

// The life of a signing key. It is published before it signs for longer than
// readers keep the key set, and after it has signed until its last token is out.
const (
	SigningInterval = 30 * 24 * time.Hour // between two keys
	PublishedBefore = 15 * time.Minute
	PublishedAfter  = promptz.AccessLifetime + 5*time.Minute
	KeySetMaxAge    = 5 * time.Minute // how long readers may keep the key set
)

// When keys are read again.
const (
	readInterval    = time.Minute      // at the latest
	unknownInterval = 10 * time.Second // at the earliest, for a key that is not known
)

// maxSigning is how long a key signs where nobody makes the next.
const maxSigning = 365 * 24 * time.Hour

// signingLabel is what signing keys are sealed for.
const signingLabel = "signing key"

// leaseTime is how long making a key may take.
const leaseTime = 30 * time.Second

// maxKeyID bounds what is looked up.
const maxKeyID = 64

// signingKey is an opened key.
type signingKey struct {
	*promptz.SealedKey
	private ed25519.PrivateKey
}

// Signing gives the key that signs now, which there is once Rotate has run.
func (k *Keyring) Signing(ctx context.Context) (id string, key ed25519.PrivateKey, err error) {
	keys, err := k.keys(ctx, readInterval)
	if err != nil {
		return "", nil, err
	}
	now := k.now()
	for _, s := range keys {
		if !now.Before(s.ActiveAt) && now.Before(s.ExpiresAt) {
			return s.ID, s.private, nil
		}
	}
	return "", nil, promptz.Errorf(promptz.CodeUnavailable, "There is no signing key yet. Try again in a moment.")
}

// Verifying gives the key with this id. It fails with [promptz.CodeNotFound] when
// there is none, or no token of it can be good any more. An id that is not known
// makes it read the keys again, at most once in ten seconds.
func (k *Keyring) Verifying(ctx context.Context, id string) (ed25519.PublicKey, error) {
	unknown := promptz.Errorf(promptz.CodeNotFound, "There is no such signing key.")
	if len(id) > maxKeyID {
		return nil, unknown
	}
	for _, age := range []time.Duration{readInterval, unknownInterval} {
		keys, err := k.keys(ctx, age)
		if err != nil {
			return nil, err
		}
		for _, s := range keys {
			if s.ID == id && k.now().Before(s.ExpiresAt) {
				return s.private.Public().(ed25519.PublicKey), nil
			}
		}
	}
	return nil, unknown
}

// JWKS gives the public keys of all tokens that can be good, now and soon (RFC
// 7517, RFC 8037).
func (k *Keyring) JWKS(ctx context.Context) ([]byte, error) {
	keys, err := k.keys(ctx, readInterval)
	if err != nil {
		return nil, err
	}
	type jwk struct {
		Type      string `json:"kty"`
		Curve     string `json:"crv"`
		Use       string `json:"use"`
		Algorithm string `json:"alg"`
		ID        string `json:"kid"`
		X         string `json:"x"`
	}
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for _, s := range keys {
		if k.now().Before(s.ExpiresAt) {
			x := base64.RawURLEncoding.EncodeToString(s.private.Public().(ed25519.PublicKey))
			set.Keys = append(set.Keys, jwk{"OKP", "Ed25519", "sig", "EdDSA", s.ID, x})
		}
	}
	slices.SortFunc(set.Keys, func(a, b jwk) int { return strings.Compare(a.ID, b.ID) })
	return json.Marshal(set)
}

// keys gives the signing keys, read not longer than age ago. Callers at the same
// time share one read.
func (k *Keyring) keys(ctx context.Context, age time.Duration) ([]*signingKey, error) {
	for {
		k.mu.Lock()
		if since := k.now().Sub(k.read); k.signing != nil && since >= 0 && since < age {
			defer k.mu.Unlock()
			return k.signing, nil
		}
		wait := k.reading
		if wait == nil {
			k.reading = make(chan struct{})
		}
		k.mu.Unlock()
		if wait == nil {
			return k.readKeys(ctx)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// readKeys reads the keys and lets those go on who wait for that.
func (k *Keyring) readKeys(ctx context.Context) ([]*signingKey, error) {
	at := k.now()
	keys, err := k.openKeys(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.reading)
	k.reading = nil
	if err == nil {
		k.signing, k.read = keys, at
	}
	return keys, err
}

func (k *Keyring) openKeys(ctx context.Context) ([]*signingKey, error) {
	sealed, err := k.store.FindSigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]*signingKey, 0, len(sealed))
	for _, s := range sealed {
		seed, err := k.Open(signingLabel, s.Sealed)
		if err != nil {
			return nil, fmt.Errorf("signing key %s: %w", s.ID, err)
		}
		if len(seed) != ed25519.SeedSize {
			return nil, fmt.Errorf("signing key %s is damaged", s.ID)
		}
		keys = append(keys, &signingKey{s, ed25519.NewKeyFromSeed(seed)})
	}
	slices.SortFunc(keys, func(a, b *signingKey) int { return b.ActiveAt.Compare(a.ActiveAt) })
	return keys, nil
}

// Rotate makes the next signing key when it is time, lets the one before end, and
// removes those of which no token is good any more. It is to be called at start
// and often; one process at a time does something, and one that is stopped
// anywhere is followed by the next.
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
	if keys, err = k.openKeys(ctx); err != nil { // another process may have been faster
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
		if k.expired(s) {
			if err := k.store.DeleteSigningKey(ctx, s.ID); err != nil {
				return err
			}
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.signing = nil
	return nil
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
	if !slices.ContainsFunc(keys, func(s *signingKey) bool { return now.Before(s.ExpiresAt) }) {
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
