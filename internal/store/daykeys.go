package store

import (
	"context"
	"time"

	"promptz/internal/promptz"
)

// dayKeyLifetime is how long after its day's beginning a key is kept: a day more
// than it is used, for clocks that differ.
const dayKeyLifetime = 48 * time.Hour

// dayKeyDoc is daykey#<utc day> in the ephemeral collection: the sealed key under
// which that day's visitors are hashed. When it expires, nobody can tell any more
// who they were.
type dayKeyDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	Sealed  []byte `docstore:"sealed"`
	Expires int64  `docstore:"expires"` // Unix seconds

	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

// KeepDayKey gives the sealed key of a day: the one that is there, or sealed when
// there was none.
func (e *Ephemeral) KeepDayKey(ctx context.Context, day time.Time, sealed []byte) ([]byte, error) {
	id := "daykey#" + day.UTC().Format(time.DateOnly)
	kept := sealed
	keep := func() error {
		old := &dayKeyDoc{ID: id}
		found, err := e.docs.get(ctx, old, true)
		if err != nil {
			return err
		}
		if found {
			kept = old.Sealed
			return nil
		}
		expires := promptz.DayOf(day).Add(dayKeyLifetime)
		doc := &dayKeyDoc{ID: id, V: schema, Sealed: sealed, Expires: expires.Unix()}
		doc.ExpiryShard, doc.ExpirySort = e.docs.expiry(id, expires)
		kept = sealed
		return e.docs.handles.Consistent.Create(ctx, doc)
	}
	err := commit(ctx, "keep day key", keep, func() (bool, error) { return false, nil })
	return kept, err
}
