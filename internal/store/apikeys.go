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

// CreateKey writes a new API key and, unless once is nil, the record of the
// request. It fails with [promptz.ErrAlreadyDone] when the request was done
// before.
func (s *Identity) CreateKey(ctx context.Context, k *promptz.Key, once *promptz.Once) error {
	doc := newAPIKeyDoc(k)
	byID := &apiKeyIDDoc{ID: apiKeyIDKey(k.ID), V: schema, Hash: hex.EncodeToString(k.Hash[:]), Expires: doc.Expires}
	doc.ExpiryShard, doc.ExpirySort = s.docs.expiry(doc.ID, k.ExpiresAt)
	byID.ExpiryShard, byID.ExpirySort = s.docs.expiry(byID.ID, k.ExpiresAt)
	write := func() error {
		list := s.docs.handles.Consistent.Actions().AtomicWrites()
		if once != nil {
			if err := s.docs.addOnce(ctx, list, k.ID, once, s.now()); err != nil {
				return err
			}
		}
		return list.Create(doc).Create(byID).Do(ctx)
	}
	explain := func() (bool, error) {
		found, err := s.docs.get(ctx, &apiKeyDoc{ID: doc.ID}, true)
		return err == nil && found, nil
	}
	return commit(ctx, "create key", write, explain)
}

// FindKeyOnce gives the id of the key that an earlier request made, like
// [Library.FindOnce].
func (s *Identity) FindKeyOnce(ctx context.Context, once *promptz.Once) (keyID string, err error) {
	return s.docs.findOnce(ctx, once, s.now())
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
