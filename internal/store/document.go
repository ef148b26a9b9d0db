package store

import (
	"context"
	"reflect"
	"time"

	"promptz/internal/promptz"
)

// document is one that is changed under the state that was read.
type document interface {
	// revision is where the driver keeps its token for the state.
	revision() *any
	// blank gives a document with the same key and nothing else.
	blank() document
}

// replace writes the next state of the document whose read state is guard. It
// fails with [promptz.CodeNotFound] when the document is gone, and with
// [promptz.ErrStale] when it is in another state by now.
func (c *collection) replace(ctx context.Context, op, what string, doc document, guard any) error {
	write := func() error {
		*doc.revision() = guard
		return c.handles.Consistent.Replace(ctx, doc)
	}
	explain := func() (bool, error) {
		now := doc.blank()
		found, err := c.get(ctx, now, true)
		switch {
		case err != nil || found && *now.revision() == guard:
			return false, nil
		case !found:
			return false, notFound(op, what)
		case !same(now, doc):
			return false, promptz.ErrStale
		}
		*doc.revision() = *now.revision() // the answer was lost, not the write
		return true, nil
	}
	return commit(ctx, op, write, explain)
}

// unknown is a token that no state has.
const unknown = "unknown"

// settle gives a document that was just written in a list under guard its new token,
// where the driver does not tell it: Mongo's. When it is in another state by now, or
// can't be read, the token is that of none, so that the next write is refused.
func (c *collection) settle(ctx context.Context, doc document, guard any) {
	if *doc.revision() != guard {
		return
	}
	*doc.revision() = unknown
	now := doc.blank()
	if found, err := c.get(ctx, now, true); err == nil && found && same(now, doc) {
		*doc.revision() = *now.revision()
	}
}

// same tells whether two documents differ in nothing but the driver's token.
func same(a, b document) bool {
	tokenA, tokenB := *a.revision(), *b.revision()
	defer func() { *a.revision(), *b.revision() = tokenA, tokenB }()
	*a.revision(), *b.revision() = nil, nil
	return reflect.DeepEqual(a, b)
}

// expiry gives the attributes that put a record on the list of what expires;
// both are empty where the store does that itself.
func (c *collection) expiry(key string, at time.Time) (shard, sort string) {
	if c.tuning.TTL {
		return "", ""
	}
	return shardOf(key), sortValue(at, key)
}

// due gives the keys on a work list of one partition that are due at now, the
// latest first.
func (c *collection) due(ctx context.Context, partition string, now time.Time, limit int) ([]string, error) {
	var keys []string
	p := page{Index: identityDueIndex, Partition: partition, Before: sortValue(now.Add(time.Millisecond), ""), Limit: limit}
	err := query(ctx, c, p, func(d *workDoc) { keys = append(keys, d.ID) })
	return keys, err
}
