package identity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"promptz/internal/promptz"
)

// How long keys live.
const (
	DefaultKeyLifetime = 90 * 24 * time.Hour
	MaxKeyLifetime     = 365 * 24 * time.Hour
)

const (
	base62         = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	secretLength   = 30 // base62 characters: 178 bits
	checksumLength = 6  // base62 characters: the CRC32 of all before it
)

// keyPattern is the form of a key: promptz_<environment>_<secret><checksum>. The
// checksum lets a scanner for leaked secrets tell a key from a look-alike.
var keyPattern = regexp.MustCompile(`^promptz_[a-z0-9]{1,16}_[0-9A-Za-z]{36}$`)

// CreateKey makes an API key for any user: it is for the shell. secret is the key
// itself; it is not kept and never shown again. It fails with
// [promptz.CodeNotValid].
func (s *Service) CreateKey(ctx context.Context, r promptz.KeyRequest) (key *promptz.Key, secret string, err error) {
	if key, secret, err = s.newKey(r); err != nil {
		return nil, "", err
	}
	return key, secret, s.store.CreateKey(ctx, key, nil)
}

// CreateOwnKey makes an API key of p's, like CreateKey. With once, a repeat of the
// same request is replayed: it gives the key and no secret, or
// [promptz.CodeConflict] when the key is gone. It fails with
// [promptz.CodeForbidden] without a recent sign-in and for more than p may do
// itself, and with [promptz.CodeRateLimited].
func (s *Service) CreateOwnKey(ctx context.Context, p promptz.Principal, r promptz.KeyRequest, once *promptz.Once) (key *promptz.Key, secret string, replayed bool, err error) {
	if err := p.RequireFresh(s.now()); err != nil {
		return nil, "", false, err
	}
	r.UserID = p.UserID
	if key, secret, err = s.newKey(r); err != nil {
		return nil, "", false, err
	}
	for i, scope := range r.Scopes {
		if !p.Has(scope) {
			return nil, "", false, promptz.NotValid("/scopes/"+strconv.Itoa(i), "not_allowed", "is more than you may do yourself")
		}
	}
	if once != nil {
		made, err := s.store.FindKeyOnce(ctx, once)
		if err != nil {
			return nil, "", false, err
		}
		if made != "" {
			key, err := s.findOwnKey(ctx, p, made)
			return key, "", true, err
		}
	}
	if err := s.limitKeys(ctx, p); err != nil {
		return nil, "", false, err
	}
	return key, secret, false, s.store.CreateKey(ctx, key, once)
}

// maxKeys is how many keys a user may have at a time.
const maxKeys = 50

// limitKeys fails where p has enough keys, or makes them too fast.
func (s *Service) limitKeys(ctx context.Context, p promptz.Principal) error {
	keys, err := s.store.FindKeys(ctx, p.UserID)
	if err != nil {
		return err
	}
	if len(keys) >= maxKeys {
		return promptz.Errorf(promptz.CodeConflict, "You have %d keys, which is as many as there can be. Revoke some first.", len(keys))
	}
	return take(ctx, s.counters, "create key "+p.UserID, createKeyRate)
}

// newKey makes a key that is stored nowhere yet.
func (s *Service) newKey(r promptz.KeyRequest) (key *promptz.Key, secret string, err error) {
	if r.Lifetime == 0 {
		r.Lifetime = DefaultKeyLifetime
	}
	if r.Lifetime < time.Minute || r.Lifetime > MaxKeyLifetime {
		return nil, "", promptz.NotValid("/expiresAt", "out_of_range", "must be between a minute and a year from now")
	}
	if secret, err = newSecret(s.environment, s.random); err != nil {
		return nil, "", err
	}
	id, err := promptz.NewID(s.random)
	if err != nil {
		return nil, "", err
	}
	now := s.now().UTC().Truncate(time.Second)
	key = &promptz.Key{
		ID: id, UserID: r.UserID, Name: promptz.NormalizeLine(r.Name), Scopes: r.Scopes,
		Hash: sha256.Sum256([]byte(secret)), Last4: secret[len(secret)-4:],
		CreatedAt: now, ExpiresAt: now.Add(r.Lifetime).Truncate(time.Second),
	}
	return key, secret, key.Validate()
}

// FindKeys gives a user's keys, the newest first. It is for the shell.
func (s *Service) FindKeys(ctx context.Context, userID string) ([]*promptz.Key, error) {
	return s.store.FindKeys(ctx, userID)
}

// FindOwnKeys gives p's keys, the newest first.
func (s *Service) FindOwnKeys(ctx context.Context, p promptz.Principal) ([]*promptz.Key, error) {
	if err := p.Require(promptz.ScopeRead); err != nil {
		return nil, err
	}
	return s.store.FindKeys(ctx, p.UserID)
}

// DeleteKey revokes a key: here at once, in other processes within
// [CredentialLifetime]. It is for the shell. It fails with
// [promptz.CodeNotFound].
func (s *Service) DeleteKey(ctx context.Context, id string) error {
	defer s.seen.forget()
	return s.store.DeleteKey(ctx, id)
}

// DeleteOwnKey revokes a key of p's, like DeleteKey. It fails with
// [promptz.CodeForbidden] without a recent sign-in.
func (s *Service) DeleteOwnKey(ctx context.Context, p promptz.Principal, id string) error {
	if err := p.RequireFresh(s.now()); err != nil {
		return err
	}
	if _, err := s.findOwnKey(ctx, p, id); err != nil {
		return promptz.Errorf(promptz.CodeNotFound, "There is no such key.")
	}
	return s.DeleteKey(ctx, id)
}

func (s *Service) findOwnKey(ctx context.Context, p promptz.Principal, id string) (*promptz.Key, error) {
	keys, err := s.store.FindKeys(ctx, p.UserID)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.ID == id {
			return k, nil
		}
	}
	return nil, promptz.Errorf(promptz.CodeConflict, "This request was done already, and the key that it made is gone.")
}

// newSecret draws a key.
func newSecret(environment string, random io.Reader) (string, error) {
	var b strings.Builder
	b.WriteString("promptz_" + environment + "_")
	for range secretLength {
		c, err := draw62(random)
		if err != nil {
			return "", fmt.Errorf("draw key: %w", err)
		}
		b.WriteByte(c)
	}
	return b.String() + checksum(b.String()), nil
}

// draw62 draws one base62 character, each as likely as the others.
func draw62(random io.Reader) (byte, error) {
	const fair = 256 - 256%len(base62)
	var b [1]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, err
		}
		if int(b[0]) < fair {
			return base62[int(b[0])%len(base62)], nil
		}
	}
}

// checksum is the CRC32 (IEEE) of s as six base62 digits, the highest first.
func checksum(s string) string {
	sum := crc32.ChecksumIEEE([]byte(s))
	var b [checksumLength]byte
	for i := checksumLength - 1; i >= 0; i-- {
		b[i] = base62[sum%uint32(len(base62))]
		sum /= uint32(len(base62))
	}
	return string(b[:])
}

// wellFormed tells whether s can be a key, without asking the store.
func wellFormed(s string) bool {
	if !keyPattern.MatchString(s) {
		return false
	}
	body := s[:len(s)-checksumLength]
	return checksum(body) == s[len(body):]
}
