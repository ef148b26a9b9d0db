package store

import (
	"context"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

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
	return l.docs.findOnce(ctx, once, l.now())
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
		if err := l.docs.addOnce(ctx, list, item.ID, marks.Once, l.now()); err != nil {
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
