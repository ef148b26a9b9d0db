package keyring

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"promptz/internal/promptz"
)

// The life of a signing key. It is published before it signs for longer than
// readers keep the key set (five minutes, as its response says), and after it has
// signed until its last token is out.
const (
	SigningInterval = 30 * 24 * time.Hour // between two keys
	PublishedBefore = 15 * time.Minute
	PublishedAfter  = promptz.AccessLifetime + 5*time.Minute
)

// When keys are read again.
const (
	readInterval    = time.Minute      // at the latest
	unknownInterval = 10 * time.Second // at the earliest, for a key that is not known
	noneInterval    = time.Second      // at the earliest, while there is none to sign with
)

// signingLabel is what signing keys are sealed for.
const signingLabel = "signing key"

// signingKey is an opened key.
type signingKey struct {
	*promptz.SealedKey
	private ed25519.PrivateKey
}

// signs tells whether the key may sign at now: what it signs has to be good for
// its whole life.
func (s *signingKey) signs(now time.Time) bool {
	return !now.Before(s.ActiveAt) && now.Add(promptz.AccessLifetime).Before(s.ExpiresAt)
}

// Signing gives the key that signs now, which there is once Rotate has run. It
// fails with [promptz.CodeUnavailable] before that.
func (k *Keyring) Signing(ctx context.Context) (id string, key ed25519.PrivateKey, err error) {
	for _, age := range []time.Duration{readInterval, noneInterval} {
		keys, err := k.keys(ctx, age)
		if err != nil {
			return "", nil, err
		}
		now := k.now()
		for _, s := range keys {
			if s.signs(now) {
				return s.ID, s.private, nil
			}
		}
	}
	return "", nil, promptz.Errorf(promptz.CodeUnavailable, "There is no signing key yet. Try again in a moment.")
}

// Verifying gives the key with this id. It fails with [promptz.CodeNotFound] when
// there is none, or no token of it can be good any more. An id that is not known
// makes it read the keys again, at most once in ten seconds.
func (k *Keyring) Verifying(ctx context.Context, id string) (ed25519.PublicKey, error) {
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
	return nil, promptz.Errorf(promptz.CodeNotFound, "There is no such signing key.")
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
	slices.SortFunc(keys, latestFirst)
	return keys, nil
}

// latestFirst orders keys by when they begin to sign, and those that two
// processes made at once the same way in both.
func latestFirst(a, b *signingKey) int {
	return cmp.Or(b.ActiveAt.Compare(a.ActiveAt), strings.Compare(a.ID, b.ID))
}
