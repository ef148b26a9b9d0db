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

// FindPresence tells what there is under an item's id. It sees every
// acknowledged write.
func (l *Library) FindPresence(ctx context.Context, id string) (promptz.Presence, error) {
	card := &cardDoc{ID: itemKey(id)}
	found, err := l.docs.get(ctx, card, true, KeyField, "deletedAt")
	switch {
	case err != nil:
		return promptz.PresenceNone, failure("find presence", err)
	case !found:
		return promptz.PresenceNone, nil
	case card.deleted():
		return promptz.PresenceDeleted, nil
	}
	return promptz.PresenceItem, nil
}

// PutVersion writes a version as an archive holds it, with the same number and
// times, whether or not it is there. Nobody sees it before [Library.CreateCard];
// it is not for an item that has a card already.
func (l *Library) PutVersion(ctx context.Context, v *promptz.Version) error {
	const op = "put version"
	var content []*contentDoc
	if !v.Erased {
		var err error
		if content, err = newContentDocs(v.ItemID, v.Number, &v.Text); err != nil {
			return failure(op, err)
		}
	}
	v.Pieces = len(content)
	write := func() error {
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		for _, d := range content {
			d.DocstoreRevision = nil
			list.Put(d)
		}
		return list.Put(newVersionDoc(v)).Do(ctx)
	}
	// Nothing but contention and lost answers can be in the way of a put.
	return commit(ctx, op, write, func() (bool, error) { return false, nil })
}

// CreateCard makes an item of the versions that [Library.PutVersion] wrote, the
// last of which item is the state of: until then nothing is there, and after a
// crash the same calls complete it. It fails with [promptz.CodeConflict] when
// there is such an item already, or what is left of a deleted one.
func (l *Library) CreateCard(ctx context.Context, item *promptz.Item) error {
	const op = "create card"
	item.Pieces = len(cut(item.Content))
	events := promptz.ChangeEvents(nil, item, l.now())
	for i := range events {
		events[i].Imported = true
	}
	if err := l.log.name(events); err != nil {
		return failure(op, err)
	}
	name := lastOf(events)
	write := func() error {
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		addEvents(list, events)
		return list.Create(newCardDoc(item, name)).Put(newStatsDoc(item)).Do(ctx)
	}
	return l.log.announce(events, commit(ctx, op, write, func() (bool, error) { return l.explainCreate(ctx, item.ID, name) }))
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
