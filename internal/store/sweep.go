package store

import (
	"context"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// sweepPage is how many documents of one shard a sweep takes at a time.
const sweepPage = 50

// Swept is what a sweep did.
type Swept struct {
	Purged  int // deleted items of which nothing is left
	Expired int // records removed after their time
}

// Sweep removes what deleted items left behind and records that have expired. It
// may be stopped anywhere and run anywhere else at the same time: it goes on
// from what is there, and a tombstone goes last.
func (l *Library) Sweep(ctx context.Context) (Swept, error) {
	purged, err := l.docs.sweep(ctx, dueIndex, l.now(), l.purge)
	if err != nil {
		return Swept{Purged: purged}, failure("purge deleted items", err)
	}
	expired, err := l.docs.expire(ctx, expiryIndex, l.now())
	return Swept{Purged: purged, Expired: expired}, failure("remove expired records", err)
}

// Sweep removes keys that have expired, like [Library.Sweep].
func (s *Identity) Sweep(ctx context.Context) (Swept, error) {
	expired, err := s.docs.expire(ctx, identityExpiryIndex, s.now())
	return Swept{Expired: expired}, failure("remove expired keys", err)
}

// workDoc is what the index of a work list gives.
type workDoc struct {
	ID         string `docstore:"id"`
	DueSort    string `docstore:"dueSort"`
	ExpirySort string `docstore:"expirySort"`

	DocstoreRevision any
}

// sweep calls each with the key of everything on a work list that is due at now,
// and counts what it did. It goes down the list, so that it ends whatever each
// leaves standing.
func (c *collection) sweep(ctx context.Context, index Index, now time.Time, each func(ctx context.Context, key string) (done bool, err error)) (count int, err error) {
	for n := range shards {
		// Above every sort value of now and before.
		before := sortValue(now.Add(time.Millisecond), "")
		for full := true; full; {
			var keys []string
			p := page{Index: index, Partition: shardName(n), Before: before, Limit: sweepPage}
			err := query(ctx, c, p, func(d *workDoc) { keys, before = append(keys, d.ID), d.DueSort+d.ExpirySort })
			if err != nil {
				return count, err
			}
			for _, key := range keys {
				done, err := each(ctx, key)
				if err != nil {
					return count, err
				}
				if done {
					count++
				}
			}
			full = len(keys) == sweepPage
		}
	}
	return count, nil
}

// purge removes the versions and texts of a deleted item, then its tombstone.
func (l *Library) purge(ctx context.Context, key string) (done bool, err error) {
	card := &cardDoc{ID: key}
	found, err := l.docs.get(ctx, card, true)
	if err != nil || !found || !card.deleted() {
		return false, err
	}
	for n := 1; n <= card.Version; n++ {
		if err := l.purgeVersion(ctx, idIn(card.ID), n); err != nil {
			return false, err
		}
	}
	if err := l.purgeCounts(ctx, card); err != nil {
		return false, err
	}
	return l.docs.remove(ctx, &keyDoc{ID: key, DocstoreRevision: card.DocstoreRevision})
}

// PurgeItem removes what a deleted item left behind, at once; one that is not
// deleted is left alone. [Library.Sweep] does the same for all.
func (l *Library) PurgeItem(ctx context.Context, id string) error {
	_, err := l.purge(ctx, itemKey(id))
	return failure("purge item", err)
}

// purgeCounts removes the stars on a deleted item, its milestones, and what was
// counted of it.
func (l *Library) purgeCounts(ctx context.Context, card *cardDoc) error {
	id := idIn(card.ID)
	p := page{Index: stargazersIndex, Partition: id, Limit: sweepPage}
	for more := true; more; {
		list := l.docs.handles.Consistent.Actions()
		count := 0
		err := query(ctx, l.docs, p, func(d *starDoc) { list.Delete(&keyDoc{ID: d.ID}); count, p.Before = count+1, d.StarredSort })
		if err != nil {
			return err
		}
		if err := list.Do(ctx); err != nil {
			return err
		}
		more = count == p.Limit
	}
	list := l.docs.handles.Consistent.Actions()
	for _, m := range promptz.Milestones {
		list.Delete(&keyDoc{ID: milestoneKey(id, m)})
	}
	created := fromMillis(card.CreatedAt)
	month := time.Date(created.Year(), created.Month(), 1, 0, 0, 0, 0, time.UTC)
	// A month more than it lived, for clocks that differ.
	for last := fromMillis(card.DeletedAt).AddDate(0, 1, 0); !month.After(last); month = month.AddDate(0, 1, 0) {
		list.Delete(&keyDoc{ID: monthKey(id, month)})
	}
	return list.Do(ctx)
}

func (l *Library) purgeVersion(ctx context.Context, id string, n int) error {
	doc := &versionDoc{ID: versionKey(id, n)}
	found, err := l.docs.get(ctx, doc, true)
	if err != nil || !found {
		return err
	}
	write := func() error {
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		for _, key := range contentKeys(id, n, doc.Pieces) {
			list.Delete(&contentDoc{ID: key})
		}
		return list.Delete(&versionDoc{ID: doc.ID}).Do(ctx)
	}
	// Nothing but contention is in the way, with who purges the same: one item
	// that is busy must not keep all others waiting for the next sweep.
	return commit(ctx, "purge version", write, func() (bool, error) { return false, nil })
}

// expiringDoc is what all records that expire have.
type expiringDoc struct {
	ID      string `docstore:"id"`
	Expires int64  `docstore:"expires"` // Unix seconds

	DocstoreRevision any
}

// expire removes the records that have expired, but not one that somebody took
// over meanwhile. Where the store itself does that, there is nothing to do.
func (c *collection) expire(ctx context.Context, index Index, now time.Time) (int, error) {
	if c.tuning.TTL {
		return 0, nil
	}
	return c.sweep(ctx, index, now, func(ctx context.Context, key string) (bool, error) {
		doc := &expiringDoc{ID: key}
		found, err := c.get(ctx, doc, true, KeyField, TTLField, docstore.DefaultRevisionField)
		if err != nil || !found || now.Unix() < doc.Expires {
			return false, err
		}
		return c.remove(ctx, &keyDoc{ID: key, DocstoreRevision: doc.DocstoreRevision})
	})
}

// remove deletes the state of a document that was read. When that state is not
// there any more, another process was faster.
func (c *collection) remove(ctx context.Context, doc *keyDoc) (done bool, err error) {
	err = c.handles.Consistent.Delete(ctx, doc)
	if err == nil {
		return true, nil
	}
	now := &keyDoc{ID: doc.ID}
	found, readErr := c.get(ctx, now, true, KeyField, docstore.DefaultRevisionField)
	if readErr == nil && (!found || now.DocstoreRevision != doc.DocstoreRevision) {
		return false, nil
	}
	return false, err
}
