package keyring

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// dayKeyLabel keeps the seals of day keys apart from others.
const dayKeyLabel = "day key"

// DayKeyStore keeps the sealed keys of days; package store has one.
type DayKeyStore interface {
	// KeepDayKey gives the sealed key of a day: the one that is there, or sealed
	// when there was none.
	KeepDayKey(ctx context.Context, day time.Time, sealed []byte) ([]byte, error)
}

// DayKeys gives every day a key of its own, shared by all processes, under which
// visitors are hashed. Once it is gone nobody can tell who they were. Safe for
// concurrent use.
type DayKeys struct {
	keys   *Keyring
	store  DayKeyStore
	random io.Reader

	mu  sync.Mutex
	day time.Time // of key
	key []byte
}

// NewDayKeys makes the keys of days; random is crypto/rand.Reader outside tests.
func NewDayKeys(keys *Keyring, store DayKeyStore, random io.Reader) *DayKeys {
	return &DayKeys{keys: keys, store: store, random: random}
}

// DayKey gives the 32 bytes of a day's key; day is its beginning in UTC.
func (d *DayKeys) DayKey(ctx context.Context, day time.Time) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.key != nil && d.day.Equal(day) {
		return d.key, nil
	}
	fresh := make([]byte, 32)
	if _, err := io.ReadFull(d.random, fresh); err != nil {
		return nil, fmt.Errorf("draw day key: %w", err)
	}
	sealed, err := d.keys.Seal(dayKeyLabel, fresh)
	if err != nil {
		return nil, fmt.Errorf("seal day key: %w", err)
	}
	if sealed, err = d.store.KeepDayKey(ctx, day, sealed); err != nil {
		return nil, err
	}
	key, err := d.keys.Open(dayKeyLabel, sealed)
	if err != nil {
		return nil, fmt.Errorf("open day key: %w", err)
	}
	d.day, d.key = day, key
	return key, nil
}
