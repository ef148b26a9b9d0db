package store

import (
	"context"

	"promptz/internal/promptz"
)

// maxSigningKeys bounds how many signing keys are read; there are two or three.
const maxSigningKeys = 100

// signingKeys is the partition of the holder index with the signing keys.
const signingKeys = "signing"

// rootDoc is root: the key of all keyed hashes, sealed.
type rootDoc struct {
	ID     string `docstore:"id"`
	V      int    `docstore:"v"`
	Sealed []byte `docstore:"sealed"`

	DocstoreRevision any
}

func (d *rootDoc) revision() *any  { return &d.DocstoreRevision }
func (d *rootDoc) blank() document { return &rootDoc{ID: d.ID} }

// signingDoc is signing#<kid>.
type signingDoc struct {
	ID          string `docstore:"id"`
	V           int    `docstore:"v"`
	Sealed      []byte `docstore:"sealed"`
	PublishedAt int64  `docstore:"publishedAt"`
	ActiveAt    int64  `docstore:"activeAt"`
	ExpiresAt   int64  `docstore:"expiresAt"`

	HeldBy   string `docstore:"heldBy"`
	HeldSort string `docstore:"heldSort"`

	DocstoreRevision any
}

func (d *signingDoc) revision() *any  { return &d.DocstoreRevision }
func (d *signingDoc) blank() document { return &signingDoc{ID: d.ID} }

func newSigningDoc(k *promptz.SealedKey) *signingDoc {
	return &signingDoc{
		ID: signingKey(k.ID), V: schema, Sealed: k.Sealed, PublishedAt: millis(k.PublishedAt),
		ActiveAt: millis(k.ActiveAt), ExpiresAt: millis(k.ExpiresAt),
		HeldBy: signingKeys, HeldSort: sortValue(k.ActiveAt, k.ID),
	}
}

func (d *signingDoc) key() *promptz.SealedKey {
	return &promptz.SealedKey{
		ID: idIn(d.ID), Sealed: d.Sealed, PublishedAt: fromMillis(d.PublishedAt),
		ActiveAt: fromMillis(d.ActiveAt), ExpiresAt: fromMillis(d.ExpiresAt), Guard: d.DocstoreRevision,
	}
}

// FindRoot gives the root key as it is sealed. It fails with
// [promptz.CodeNotFound] before there is one.
func (s *Identity) FindRoot(ctx context.Context) (sealed []byte, err error) {
	const op = "find root key"
	doc := &rootDoc{ID: rootKey}
	found, err := s.docs.get(ctx, doc, true)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found {
		return nil, notFound(op, "root key")
	}
	return doc.Sealed, nil
}

// CreateRoot writes the root key. It fails with [promptz.CodeConflict] when there
// is one already.
func (s *Identity) CreateRoot(ctx context.Context, sealed []byte) error {
	const op = "create root key"
	doc := &rootDoc{ID: rootKey, V: schema, Sealed: sealed}
	write := func() error { return s.docs.handles.Consistent.Create(ctx, doc) }
	explain := func() (bool, error) {
		now := &rootDoc{ID: rootKey}
		found, err := s.docs.get(ctx, now, true)
		if err != nil || !found {
			return false, nil
		}
		if same(now, doc) {
			return true, nil
		}
		return false, promptz.Errorf(promptz.CodeConflict, "There is a root key already.")
	}
	return commit(ctx, op, write, explain)
}

// ReplaceRoot writes the root key sealed anew. It fails with [promptz.ErrStale]
// when what is there is not old.
func (s *Identity) ReplaceRoot(ctx context.Context, old, sealed []byte) error {
	const op = "replace root key"
	now := &rootDoc{ID: rootKey}
	found, err := s.docs.get(ctx, now, true)
	if err != nil {
		return failure(op, err)
	}
	if !found || string(now.Sealed) != string(old) {
		return promptz.ErrStale
	}
	return s.docs.replace(ctx, op, "root key", &rootDoc{ID: rootKey, V: schema, Sealed: sealed}, now.DocstoreRevision)
}

// FindSigningKeys gives all signing keys, the latest first.
func (s *Identity) FindSigningKeys(ctx context.Context) ([]*promptz.SealedKey, error) {
	var keys []*promptz.SealedKey
	p := page{Index: holderIndex, Partition: signingKeys, Limit: maxSigningKeys}
	err := query(ctx, s.docs, p, func(d *signingDoc) { keys = append(keys, d.key()) })
	return keys, failure("find signing keys", err)
}

// CreateSigningKey writes a new signing key.
func (s *Identity) CreateSigningKey(ctx context.Context, k *promptz.SealedKey) error {
	doc := newSigningDoc(k)
	write := func() error { return s.docs.handles.Consistent.Create(ctx, doc) }
	explain := func() (bool, error) {
		found, err := s.docs.get(ctx, &signingDoc{ID: doc.ID}, true)
		return err == nil && found, nil
	}
	return commit(ctx, "create signing key", write, explain)
}

// ReplaceSigningKey writes the next state of the key that was read as old. It
// fails with [promptz.ErrStale] and [promptz.CodeNotFound].
func (s *Identity) ReplaceSigningKey(ctx context.Context, old, k *promptz.SealedKey) error {
	return s.docs.replace(ctx, "replace signing key", "signing key", newSigningDoc(k), old.Guard)
}

// DeleteSigningKey removes a signing key, if it is there.
func (s *Identity) DeleteSigningKey(ctx context.Context, id string) error {
	write := func() error { return s.docs.handles.Consistent.Delete(ctx, &keyDoc{ID: signingKey(id)}) }
	return commit(ctx, "delete signing key", write, func() (bool, error) { return false, nil })
}
