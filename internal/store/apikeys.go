package store

import (
	"context"
	"encoding/hex"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// maxKeysListed bounds what one listing of a user's keys reads.
const maxKeysListed = 1000

// CreateKey writes a new API key.
func (s *Identity) CreateKey(ctx context.Context, k *promptz.Key) error {
	const op = "create key"
	write := func() error {
		doc := newAPIKeyDoc(k)
		byID := &apiKeyIDDoc{ID: apiKeyIDKey(k.ID), V: schema, Hash: hex.EncodeToString(k.Hash[:]), Expires: doc.Expires}
		if !s.docs.tuning.TTL {
			doc.ExpiryShard, doc.ExpirySort = shardOf(doc.ID), sortValue(k.ExpiresAt, doc.ID)
			byID.ExpiryShard, byID.ExpirySort = shardOf(byID.ID), sortValue(k.ExpiresAt, byID.ID)
		}
		return s.docs.handles.Consistent.Actions().AtomicWrites().Create(doc).Create(byID).Do(ctx)
	}
	explain := func() (bool, error) {
		found, err := s.docs.get(ctx, &apiKeyDoc{ID: apiKeyKey(k.Hash)}, true)
		return err == nil && found, nil
	}
	return commit(ctx, op, write, explain)
}

// FindKey gives the key with this hash. It fails with [promptz.CodeNotFound] when
// there is none, or it has expired.
func (s *Identity) FindKey(ctx context.Context, hash [32]byte) (*promptz.Key, error) {
	const op = "find key"
	doc := &apiKeyDoc{ID: apiKeyKey(hash)}
	found, err := s.docs.get(ctx, doc, true)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found || s.now().Unix() >= doc.Expires {
		return nil, notFound(op, "key")
	}
	return doc.key(), nil
}

// UseKey records when a key was last used.
func (s *Identity) UseKey(ctx context.Context, k *promptz.Key, at time.Time) error {
	err := s.docs.handles.Consistent.Update(ctx, &apiKeyDoc{ID: apiKeyKey(k.Hash)}, docstore.Mods{"lastUsed": millis(at)})
	return failure("record use of key", err)
}

// FindKeys gives a user's keys, the newest first.
func (s *Identity) FindKeys(ctx context.Context, user string) ([]*promptz.Key, error) {
	var keys []*promptz.Key
	p := page{Index: holderIndex, Partition: keysOf(user), Limit: maxKeysListed}
	err := query(ctx, s.docs, p, func(d *apiKeyDoc) {
		if s.now().Unix() < d.Expires {
			keys = append(keys, d.key())
		}
	})
	return keys, failure("find keys", err)
}

// DeleteKey removes the key with this id. It fails with [promptz.CodeNotFound].
func (s *Identity) DeleteKey(ctx context.Context, id string) error {
	const op = "delete key"
	byID := &apiKeyIDDoc{ID: apiKeyIDKey(id)}
	found, err := s.docs.get(ctx, byID, true)
	if err != nil {
		return failure(op, err)
	}
	if !found {
		return notFound(op, "key")
	}
	write := func() error {
		return s.docs.handles.Consistent.Actions().AtomicWrites().
			Delete(&keyDoc{ID: "key#" + byID.Hash}).
			Delete(&keyDoc{ID: byID.ID}).
			Do(ctx)
	}
	// Deleting what is gone is no error: nothing but contention can explain one.
	return commit(ctx, op, write, func() (bool, error) { return false, nil })
}
