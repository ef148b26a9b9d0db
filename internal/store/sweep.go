package store

import (
	"context"
	"time"
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
	var swept Swept
	for n := range shards {
		purged, err := l.sweepShard(ctx, dueIndex, shardName(n), l.purge)
		swept.Purged += purged
		if err != nil {
			return swept, failure("purge deleted items", err)
		}
		if l.docs.tuning.TTL {
			continue
		}
		expired, err := l.sweepShard(ctx, expiryIndex, shardName(n), l.expire)
		swept.Expired += expired
		if err != nil {
			return swept, failure("remove expired records", err)
		}
	}
	return swept, nil
}

// sweepShard calls each with every key that is due in a partition, in order.
func (l *Library) sweepShard(ctx context.Context, index Index, shard string, each func(context.Context, string) error) (int, error) {
	now, done := l.now(), 0
	for {
		var keys []string
		p := page{Index: index, Partition: shard, Before: dueBefore(now), Limit: sweepPage, Ascending: true}
		if err := query(ctx, l.docs, p, func(d *keyDoc) { keys = append(keys, d.ID) }); err != nil {
			return done, err
		}
		for _, key := range keys {
			if err := each(ctx, key); err != nil {
				return done, err
			}
			done++
		}
		// An index may still name what is gone: a short page ends the round.
		if len(keys) < sweepPage {
			return done, nil
		}
	}
}

// dueBefore is a bound above every sort value of now and before.
func dueBefore(now time.Time) string { return sortValue(now.Add(time.Millisecond), "") }

// purge removes the versions and texts of a deleted item, then its tombstone.
func (l *Library) purge(ctx context.Context, key string) error {
	card := &cardDoc{ID: key}
	found, err := l.docs.get(ctx, card, true)
	if err != nil || !found || !card.deleted() {
		return err
	}
	id := idIn(card.ID)
	for n := 1; n <= card.Version; n++ {
		if err := l.purgeVersion(ctx, id, n); err != nil {
			return err
		}
	}
	return l.docs.handles.Consistent.Delete(ctx, card)
}

func (l *Library) purgeVersion(ctx context.Context, id string, n int) error {
	doc := &versionDoc{ID: versionKey(id, n)}
	found, err := l.docs.get(ctx, doc, true)
	if err != nil || !found {
		return err
	}
	list := l.docs.handles.Consistent.Actions().AtomicWrites()
	for _, key := range contentKeys(id, n, doc.Pieces) {
		list.Delete(&contentDoc{ID: key})
	}
	return list.Delete(&versionDoc{ID: doc.ID}).Do(ctx)
}

// expire removes a record that has expired, unless somebody took it over.
func (l *Library) expire(ctx context.Context, key string) error {
	doc := &onceDoc{ID: key}
	found, err := l.docs.get(ctx, doc, true)
	if err != nil || !found || !l.expired(doc.Expires) {
		return err
	}
	return l.docs.handles.Consistent.Delete(ctx, &onceDoc{ID: doc.ID, DocstoreRevision: doc.DocstoreRevision})
}
