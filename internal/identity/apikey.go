package identity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
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

// KeyRequest is what is wanted of a new key.
type KeyRequest struct {
	UserID   string
	Name     string
	Scopes   []promptz.Scope
	Lifetime time.Duration // 0 is DefaultKeyLifetime
}

// CreateKey makes an API key. secret is the key itself; it is not kept and never
// shown again. It fails with [promptz.CodeNotValid].
func (s *Service) CreateKey(ctx context.Context, r KeyRequest) (key *promptz.Key, secret string, err error) {
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
	if err := key.Validate(); err != nil {
		return nil, "", err
	}
	return key, secret, s.store.CreateKey(ctx, key)
}

// FindKeys gives a user's keys, the newest first.
func (s *Service) FindKeys(ctx context.Context, userID string) ([]*promptz.Key, error) {
	return s.store.FindKeys(ctx, userID)
}

// DeleteKey revokes a key: here at once, in other processes within
// [CredentialLifetime]. It fails with [promptz.CodeNotFound].
func (s *Service) DeleteKey(ctx context.Context, id string) error {
	defer s.seen.forget()
	return s.store.DeleteKey(ctx, id)
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
