package store

import (
	"context"
	"encoding/hex"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// onceLifetime is how long a request with an Idempotency-Key happens once.
const onceLifetime = 24 * time.Hour

// onceDoc is idem#<user>#<hash of key>: which request used the key and what it
// made. It holds neither body nor secret.
type onceDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	Body    string `docstore:"body"` // SHA-256 of the request, hex
	Item    string `docstore:"item"`
	Expires int64  `docstore:"expires"` // Unix seconds

	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

// sourceDoc is src#<owner>#<hash of path>: what an import made of a source.
type sourceDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	Item    string `docstore:"item"`
	Version int    `docstore:"version"` // that the import made
	Hash    string `docstore:"hash"`    // of the source

	DocstoreRevision any
}

// FindOnce gives the item that an earlier request with the same key made; id is
// "" when there was none in the last 24 hours. It fails with
// [promptz.CodeNotValid] when that request was another one.
func (l *Library) FindOnce(ctx context.Context, once *promptz.Once) (id string, err error) {
	const op = "find idempotency record"
	doc := &onceDoc{ID: onceKey(once.UserID, once.Key)}
	found, err := l.docs.get(ctx, doc, true)
	if err != nil {
		return "", failure(op, err)
	}
	if !found || l.expired(doc.Expires) {
		return "", nil
	}
	if doc.Body != hex.EncodeToString(once.Body[:]) {
		return "", promptz.Errorf(promptz.CodeNotValid, "This Idempotency-Key was used for another request. Take a new one for each.")
	}
	return doc.Item, nil
}

// FindSource tells what an earlier import made of the source; found is false
// when it was never imported.
func (l *Library) FindSource(ctx context.Context, owner, path string) (s promptz.Source, found bool, err error) {
	doc := &sourceDoc{ID: sourceKey(owner, path)}
	found, err = l.docs.get(ctx, doc, true)
	if err != nil {
		return promptz.Source{}, false, failure("find source", err)
	}
	return promptz.Source{OwnerID: owner, Path: path, Hash: doc.Hash, ItemID: doc.Item, Version: doc.Version}, found, nil
}

// addMarks begins a list with the records that a request leaves beside what it
// writes: they are what may fail.
func (l *Library) addMarks(ctx context.Context, list *docstore.ActionList, item *promptz.Item, marks promptz.Marks) error {
	if marks.Once != nil {
		if err := l.addOnce(ctx, list, item, marks.Once); err != nil {
			return err
		}
	}
	if marks.Source != nil {
		return l.addSource(ctx, list, item, marks.Source)
	}
	return nil
}

// addSource adds the record of a source. A new item must be the first that its
// source becomes.
func (l *Library) addSource(ctx context.Context, list *docstore.ActionList, item *promptz.Item, s *promptz.Source) error {
	doc := &sourceDoc{ID: sourceKey(s.OwnerID, s.Path), V: schema, Item: item.ID, Version: item.Version, Hash: s.Hash}
	if s.ItemID != "" {
		list.Put(doc)
		return nil
	}
	found, err := l.docs.get(ctx, &sourceDoc{ID: doc.ID}, true)
	if err != nil {
		return err
	}
	if found {
		return promptz.ErrAlreadyDone
	}
	list.Create(doc)
	return nil
}

// addOnce adds the record of once. An expired one is taken over under its
// revision, so that of two takers one fails.
func (l *Library) addOnce(ctx context.Context, list *docstore.ActionList, item *promptz.Item, once *promptz.Once) error {
	old := &onceDoc{ID: onceKey(once.UserID, once.Key)}
	found, err := l.docs.get(ctx, old, true)
	if err != nil {
		return err
	}
	if found && !l.expired(old.Expires) {
		return promptz.ErrAlreadyDone
	}
	expires := l.now().Add(onceLifetime)
	doc := &onceDoc{ID: old.ID, V: schema, Body: hex.EncodeToString(once.Body[:]), Item: item.ID, Expires: expires.Unix()}
	if !l.docs.tuning.TTL {
		doc.ExpiryShard, doc.ExpirySort = shardOf(doc.ID), sortValue(expires, doc.ID)
	}
	if found {
		doc.DocstoreRevision = old.DocstoreRevision
		list.Replace(doc)
		return nil
	}
	list.Create(doc)
	return nil
}

// expired tells whether a document is absent, whether or not it was removed yet.
func (l *Library) expired(expires int64) bool { return l.now().Unix() >= expires }
