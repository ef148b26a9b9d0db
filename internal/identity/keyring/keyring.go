package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"gocloud.dev/secrets"

	"promptz/internal/promptz"
)

// Store is where sealed keys are kept; package store is one. What it promises
// stands there.
type Store interface {
	FindRoot(ctx context.Context) (sealed []byte, err error)
	CreateRoot(ctx context.Context, sealed []byte) error
	ReplaceRoot(ctx context.Context, old, sealed []byte) error
	FindSigningKeys(ctx context.Context) ([]*promptz.SealedKey, error)
	CreateSigningKey(ctx context.Context, k *promptz.SealedKey) error
	ReplaceSigningKey(ctx context.Context, old, k *promptz.SealedKey) error
	DeleteSigningKey(ctx context.Context, id string) error
}

// Leases lets one process at a time make keys; package store is one.
type Leases interface {
	AcquireLease(ctx context.Context, name, holder string, d time.Duration) (bool, error)
}

// keyLength is that of the root key and of every key drawn from it, in bytes.
const keyLength = 32

// Keyring holds the opened secrets. Safe for concurrent use.
type Keyring struct {
	store  Store
	leases Leases
	keeper *secrets.Keeper
	now    func() time.Time
	random io.Reader
	root   []byte

	mu      sync.Mutex
	drawn   map[string][]byte // keys by label
	signing []*signingKey     // the latest first
	read    time.Time         // when signing was read
	reading chan struct{}     // closed when a read under way has ended; nil is none
}

// Open opens the root key, which it makes where there is none. now is the clock,
// random is crypto/rand.Reader; both are others in tests. It fails with
// [promptz.CodeConflict] when keeper does not open what is there: it is another,
// or can't be reached.
func Open(ctx context.Context, store Store, leases Leases, keeper *secrets.Keeper, now func() time.Time, random io.Reader) (*Keyring, error) {
	k := &Keyring{store: store, leases: leases, keeper: keeper, now: now, random: random, drawn: map[string][]byte{}}
	sealed, err := store.FindRoot(ctx)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		sealed, err = k.makeRoot(ctx)
	}
	if err != nil {
		return nil, err
	}
	k.root, err = keeper.Decrypt(ctx, sealed)
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("open root key: %w", ctx.Err())
	case err != nil:
		return nil, &promptz.Error{Code: promptz.CodeConflict, Op: "open root key", Err: err, Message: "The secrets keeper does not open the root key: " +
			"the documents were made with another secret key, or it can't be reached. Put that key back, or name its keeper under secrets."}
	case len(k.root) != keyLength:
		return nil, errors.New("open root key: it is damaged")
	}
	return k, nil
}

// makeRoot makes the root key and gives it sealed; when another process was
// faster, that one's.
func (k *Keyring) makeRoot(ctx context.Context) (sealed []byte, err error) {
	root := make([]byte, keyLength)
	if _, err := io.ReadFull(k.random, root); err != nil {
		return nil, fmt.Errorf("draw root key: %w", err)
	}
	if sealed, err = k.keeper.Encrypt(ctx, root); err != nil {
		return nil, fmt.Errorf("seal root key: %w", err)
	}
	err = k.store.CreateRoot(ctx, sealed)
	if promptz.ErrorCode(err) == promptz.CodeConflict {
		return k.store.FindRoot(ctx)
	}
	return sealed, err
}

// Rewrap seals the root key for another keeper. All else hangs on that key, so
// that this one write moves everything. It fails with [promptz.ErrStale] when
// another process does the same.
func (k *Keyring) Rewrap(ctx context.Context, to *secrets.Keeper) error {
	old, err := k.store.FindRoot(ctx)
	if err != nil {
		return err
	}
	sealed, err := to.Encrypt(ctx, k.root)
	if err != nil {
		return fmt.Errorf("seal root key: %w", err)
	}
	again, err := to.Decrypt(ctx, sealed)
	if err != nil {
		return fmt.Errorf("open root key again: %w", err)
	}
	if !hmac.Equal(again, k.root) {
		return errors.New("open root key again: the keeper does not give back what it sealed")
	}
	return k.store.ReplaceRoot(ctx, old, sealed)
}

// MAC gives the keyed hash of parts (HMAC-SHA256). What one label gives no other
// does, and where one part ends counts.
func (k *Keyring) MAC(label string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, k.key("mac "+label))
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write(part)
	}
	return h.Sum(nil)
}

// Seal encrypts plaintext so that Open with the same label reads it, and nobody
// else (AES-256-GCM with a random nonce).
func (k *Keyring) Seal(label string, plaintext []byte) ([]byte, error) {
	aead, err := k.aead(label)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plaintext, []byte(label)), nil
}

// Open reads what Seal made. It fails for anything else.
func (k *Keyring) Open(label string, sealed []byte) ([]byte, error) {
	aead, err := k.aead(label)
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, nil, sealed, []byte(label))
	if err != nil {
		return nil, fmt.Errorf("open what is sealed for %q: %w", label, err)
	}
	return plaintext, nil
}

func (k *Keyring) aead(label string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.key("seal " + label))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// key draws the key of a label from the root key (HKDF, RFC 5869).
func (k *Keyring) key(label string) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.drawn[label]
	if !ok {
		var err error
		if key, err = hkdf.Expand(sha256.New, k.root, "promptz "+label, keyLength); err != nil {
			panic(err) // it is shorter than what SHA-256 can give
		}
		k.drawn[label] = key
	}
	return key
}
