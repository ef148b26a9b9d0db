package store

import (
	"context"
	"time"

	"promptz/internal/promptz"
)

// Ephemeral keeps what is soon forgotten: limits that hold across processes, and
// leases. Losing it all harms nobody. Safe for concurrent use.
type Ephemeral struct {
	docs *collection
	now  func() time.Time
}

// NewEphemeral makes an Ephemeral on the ephemeral collection; now is the clock.
func NewEphemeral(h Handles, t Tuning, now func() time.Time) *Ephemeral {
	return &Ephemeral{docs: &collection{handles: h, tuning: t}, now: now}
}

// Ping asks whether the collection answers.
func (e *Ephemeral) Ping(ctx context.Context) error {
	return failure("ping", e.docs.ping(ctx))
}

// Sweep removes what has expired, like [Library.Sweep].
func (e *Ephemeral) Sweep(ctx context.Context) (Swept, error) {
	expired, err := e.docs.expire(ctx, ephemeralExpiryIndex, e.now())
	return Swept{Expired: expired}, failure("remove expired limits", err)
}

// Take counts one more of key when rate allows it. Else it counts nothing, and
// wait is how long until it would.
//
// It is the generic cell rate algorithm (ITU-T I.371): one time is kept for each
// key, at which all that was counted will have trickled away.
func (e *Ephemeral) Take(ctx context.Context, key string, rate promptz.Rate) (wait time.Duration, err error) {
	id := rateKey(key)
	interval := rate.Window / time.Duration(rate.Burst)
	take := func() error {
		old := &rateDoc{ID: id}
		found, err := e.docs.get(ctx, old, true)
		if err != nil {
			return err
		}
		now := e.now()
		arrival := now
		if last := time.UnixMicro(old.Arrival); found && last.After(now) {
			arrival = last
		}
		arrival = arrival.Add(interval)
		if wait = arrival.Sub(now) - rate.Window; wait > 0 {
			return nil
		}
		wait = 0
		next := &rateDoc{ID: id, V: schema, Arrival: arrival.UnixMicro(), Expires: secondsAfter(arrival)}
		next.ExpiryShard, next.ExpirySort = e.docs.expiry(id, arrival.Add(time.Second))
		if found {
			next.DocstoreRevision = old.DocstoreRevision
			return e.docs.handles.Consistent.Replace(ctx, next)
		}
		return e.docs.handles.Consistent.Create(ctx, next)
	}
	// Whoever loses a race counts anew; a lost answer counts twice, which only
	// makes the limit stricter.
	err = commit(ctx, "count", take, func() (bool, error) { return false, nil })
	return wait, err
}

// AcquireLease gives holder the lease for d, unless another has it. Its holder
// gets it anew.
func (e *Ephemeral) AcquireLease(ctx context.Context, name, holder string, d time.Duration) (bool, error) {
	id := leaseKey(name)
	acquired := false
	acquire := func() error {
		old := &leaseDoc{ID: id}
		found, err := e.docs.get(ctx, old, true)
		if err != nil {
			return err
		}
		now := e.now()
		if acquired = !found || old.Holder == holder || old.Until <= now.UnixMilli(); !acquired {
			return nil
		}
		until := now.Add(d)
		next := &leaseDoc{ID: id, V: schema, Holder: holder, Until: until.UnixMilli(), Expires: secondsAfter(until)}
		next.ExpiryShard, next.ExpirySort = e.docs.expiry(id, until.Add(time.Second))
		if found {
			next.DocstoreRevision = old.DocstoreRevision
			return e.docs.handles.Consistent.Replace(ctx, next)
		}
		return e.docs.handles.Consistent.Create(ctx, next)
	}
	err := commit(ctx, "acquire lease", acquire, func() (bool, error) { return false, nil })
	return acquired && err == nil, err
}

// ReleaseLease gives the lease back, if holder has it.
func (e *Ephemeral) ReleaseLease(ctx context.Context, name, holder string) error {
	doc := &leaseDoc{ID: leaseKey(name)}
	found, err := e.docs.get(ctx, doc, true)
	if err != nil || !found || doc.Holder != holder {
		return failure("release lease", err)
	}
	_, err = e.docs.remove(ctx, &keyDoc{ID: doc.ID, DocstoreRevision: doc.DocstoreRevision})
	return failure("release lease", err)
}
