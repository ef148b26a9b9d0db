package store

import (
	"context"
	"slices"
	"strings"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// ItemIDs gives the ids of all items, sorted. It reads the whole collection: it
// is for export.
func (l *Library) ItemIDs(ctx context.Context) ([]string, error) {
	var ids []string
	fields := []docstore.FieldPath{KeyField, "deletedAt"}
	err := scan(ctx, l.docs, fields, func(d *cardDoc) {
		if strings.HasPrefix(d.ID, itemKey("")) && !d.deleted() {
			ids = append(ids, idIn(d.ID))
		}
	})
	slices.Sort(ids)
	return ids, failure("find all items", err)
}

// FindHistory gives an item with all its versions. It fails with
// [promptz.CodeNotFound].
func (l *Library) FindHistory(ctx context.Context, id string) (*promptz.History, error) {
	item, err := l.FindItem(ctx, id, true)
	if err != nil {
		return nil, err
	}
	h := &promptz.History{Item: item}
	for n := 1; n <= item.Version; n++ {
		v, err := l.FindVersion(ctx, id, n)
		if err != nil {
			return nil, err
		}
		h.Versions = append(h.Versions, v)
	}
	return h, nil
}

// CreateHistory writes an item as an archive holds it, with the same id, numbers
// and times. The card comes last: until then nothing is there, and after a
// crash the same call completes it. It fails with [promptz.CodeConflict] when
// there is such an item already.
func (l *Library) CreateHistory(ctx context.Context, h *promptz.History) error {
	const op = "create history"
	if _, err := l.explainCreate(ctx, h.Item.ID, ""); err != nil {
		return failure(op, err)
	}
	for _, v := range h.Versions {
		if err := l.putVersion(ctx, v); err != nil {
			return failure(op, err)
		}
		if v.Number == h.Item.Version {
			h.Item.Pieces = v.Pieces
		}
	}
	name, err := l.newWrite()
	if err != nil {
		return failure(op, err)
	}
	write := func() error {
		return l.docs.handles.Consistent.Actions().AtomicWrites().
			Create(newCardDoc(h.Item, name)).
			Put(newStatsDoc(h.Item)).
			Do(ctx)
	}
	return commit(ctx, op, write, func() (bool, error) { return l.explainCreate(ctx, h.Item.ID, name) })
}

// putVersion writes a version whether or not it is there.
func (l *Library) putVersion(ctx context.Context, v *promptz.Version) error {
	list := l.docs.handles.Consistent.Actions().AtomicWrites()
	if !v.Erased {
		content, err := newContentDocs(v.ItemID, v.Number, &v.Text)
		if err != nil {
			return err
		}
		v.Pieces = len(content)
		for _, d := range content {
			list.Put(d)
		}
	}
	return list.Put(newVersionDoc(v)).Do(ctx)
}

// UserIDs gives the ids of all users, sorted. It reads the whole collection: it
// is for export.
func (s *Identity) UserIDs(ctx context.Context) ([]string, error) {
	var ids []string
	err := scan(ctx, s.docs, []docstore.FieldPath{KeyField}, func(d *keyDoc) {
		if strings.HasPrefix(d.ID, userKey("")) {
			ids = append(ids, idIn(d.ID))
		}
	})
	slices.Sort(ids)
	return ids, failure("find all users", err)
}
