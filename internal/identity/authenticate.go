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

// Authenticate says who sends bearer, an API key. It fails with
// [promptz.CodeUnauthenticated], in the same words whatever is wrong with it.
func (s *Service) Authenticate(ctx context.Context, bearer string) (promptz.Principal, error) {
	refused := promptz.Errorf(promptz.CodeUnauthenticated, "This credential is not valid, or no longer.")
	if !wellFormed(bearer) {
		return promptz.Principal{}, refused
	}
	hash := sha256.Sum256([]byte(bearer))
	if p, ok := s.seen.find(hash); ok {
		return p, nil
	}
	// What is revoked while the store is read must not be remembered.
	remember := s.seen.remember(hash)
	key, err := s.store.FindKey(ctx, hash)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return promptz.Principal{}, refused
	}
	if err != nil {
		return promptz.Principal{}, err
	}
	u, err := s.store.FindUser(ctx, key.UserID)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return promptz.Principal{}, refused
	}
	if err != nil {
		return promptz.Principal{}, err
	}
	s.recordUse(ctx, key)
	p := promptz.Principal{UserID: u.ID, Role: u.Role, Scopes: key.Scopes, KeyID: key.ID}
	remember(p, key.ExpiresAt)
	return p, nil
}

// recordUse records that a key is used, once a day. It is told to the day and not
// worth refusing a caller for: where it fails, the next use records it.
func (s *Service) recordUse(ctx context.Context, key *promptz.Key) {
	now := s.now().UTC().Truncate(time.Millisecond)
	if now.Sub(key.LastUsedAt) >= promptz.KeyUseInterval {
		_ = s.store.UseKey(ctx, key, now)
	}
}

// Recognize gives the user of a bearer that was found valid in the last seconds,
// and "" for any other. It asks no store: it is for counting requests.
func (s *Service) Recognize(bearer string) (userID string) {
	p, _ := s.seen.find(sha256.Sum256([]byte(bearer)))
	return p.UserID
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
