package identity

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"promptz/internal/promptz"
)

// CredentialLifetime is how long a credential is believed without asking the
// store again: what is revoked in one process stops in all within this time.
const CredentialLifetime = 5 * time.Second

// maxCredentials bounds the cache; when it is full it begins anew.
const maxCredentials = 10_000

// errBadCredential is the one answer to whatever is wrong with a credential.
var errBadCredential = promptz.Errorf(promptz.CodeUnauthenticated, "This credential is not valid, or no longer.")

// authenticated is whom a credential is of, until when at the latest.
type authenticated struct {
	principal promptz.Principal
	expires   time.Time
}

// remembered gives who sent a credential in the last seconds, and else asks find.
// What is revoked while the store is read is not remembered.
func (s *Service) remembered(credential string, find func() (authenticated, error)) (promptz.Principal, error) {
	hash := sha256.Sum256([]byte(credential))
	if p, ok := s.seen.find(hash); ok {
		return p, nil
	}
	remember := s.seen.remember(hash)
	found, err := find()
	if err != nil {
		return promptz.Principal{}, err
	}
	remember(found.principal, found.expires)
	return found.principal, nil
}

// AuthenticateKey says whose API key it is. It fails with
// [promptz.CodeUnauthenticated], in the same words whatever is wrong with it.
func (s *Service) AuthenticateKey(ctx context.Context, secret string) (promptz.Principal, error) {
	if !wellFormed(secret) {
		return promptz.Principal{}, errBadCredential
	}
	return s.remembered(secret, func() (authenticated, error) { return s.findByKey(ctx, sha256.Sum256([]byte(secret))) })
}

func (s *Service) findByKey(ctx context.Context, hash [32]byte) (authenticated, error) {
	key, err := s.store.FindKey(ctx, hash)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return authenticated{}, errBadCredential
	}
	if err != nil {
		return authenticated{}, err
	}
	u, err := s.store.FindUser(ctx, key.UserID)
	if promptz.ErrorCode(err) == promptz.CodeNotFound || err == nil && u.Suspended() {
		return authenticated{}, errBadCredential
	}
	if err != nil {
		return authenticated{}, err
	}
	s.recordUse(ctx, key)
	p := promptz.Principal{UserID: u.ID, Role: u.Role, Scopes: key.Scopes, KeyID: key.ID}
	return authenticated{p, key.ExpiresAt}, nil
}

// recordUse records that a key is used, once a day. It is told to the day and not
// worth refusing a caller for: where it fails, the next use records it.
func (s *Service) recordUse(ctx context.Context, key *promptz.Key) {
	now := s.now().UTC().Truncate(time.Millisecond)
	if now.Sub(key.LastUsedAt) >= promptz.KeyUseInterval {
		_ = s.store.UseKey(ctx, key, now)
	}
}

// asCookie tells a cookie from a bearer: what came as one is not good as the other.
func asCookie(cookie string) string { return "cookie " + cookie }

// Recognize gives the user of a bearer or a cookie that was found valid in the
// last seconds, and "" for any other. It asks no store: it is for counting
// requests.
func (s *Service) Recognize(credential string) (userID string) {
	for _, c := range []string{credential, asCookie(credential)} {
		if p, ok := s.seen.find(sha256.Sum256([]byte(c))); ok {
			return p.UserID
		}
	}
	return ""
}

// credentials remembers for a few seconds who sent what. Safe for concurrent
// use.
type credentials struct {
	now func() time.Time

	mu    sync.Mutex
	epoch int // one up when everything is forgotten
	seen  map[[32]byte]credential
}

type credential struct {
	principal promptz.Principal
	from, to  time.Time
}

func newCredentials(now func() time.Time) *credentials {
	return &credentials{now: now, seen: map[[32]byte]credential{}}
}

func (c *credentials) find(hash [32]byte) (promptz.Principal, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hit, ok := c.seen[hash]
	now := c.now()
	if !ok || now.Before(hit.from) || !now.Before(hit.to) {
		return promptz.Principal{}, false
	}
	return hit.principal, true
}

// remember gives a function that remembers the principal, at most until expires,
// unless everything was forgotten since remember was called.
func (c *credentials) remember(hash [32]byte) func(p promptz.Principal, expires time.Time) {
	c.mu.Lock()
	epoch, from := c.epoch, c.now()
	c.mu.Unlock()
	return func(p promptz.Principal, expires time.Time) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.epoch != epoch {
			return
		}
		if len(c.seen) >= maxCredentials {
			clear(c.seen)
		}
		to := from.Add(CredentialLifetime)
		if expires.Before(to) {
			to = expires
		}
		c.seen[hash] = credential{p, from, to}
	}
}

// forget forgets everything.
func (c *credentials) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	clear(c.seen)
}
