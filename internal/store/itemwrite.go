package store

import (
	"context"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// CreateItem writes a new item in its first version, all of it or nothing.
// marks, which may be empty, are written in the same list; it fails with
// [promptz.ErrAlreadyDone] when marks.Once was used before.
func (l *Library) CreateItem(ctx context.Context, item *promptz.Item, marks promptz.Marks) error {
	const op = "create item"
	content, err := newContentDocs(item.ID, item.Version, &item.Text)
	if err != nil {
		return failure(op, err)
	}
	item.Pieces = len(content)
	events, err := l.eventsOf(nil, item, marks)
	if err != nil {
		return failure(op, err)
	}
	name := lastOf(events)
	write := func() error {
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		if err := l.addMarks(ctx, list, item, marks); err != nil {
			return err
		}
		addEvents(list, events)
		list.Create(newVersionDoc(versionOf(item)))
		for _, d := range content {
			d.DocstoreRevision = nil
			list.Create(d)
		}
		return list.Create(newStatsDoc(item)).Create(newCardDoc(item, name)).Do(ctx)
	}
	return l.log.announce(events, commit(ctx, op, write, func() (bool, error) { return l.explainCreate(ctx, item.ID, name) }))
}

// eventsOf gives the events of a change of an item, with their ids.
func (l *Library) eventsOf(old, item *promptz.Item, marks promptz.Marks) ([]promptz.Event, error) {
	events := promptz.ChangeEvents(old, item, latest(l.now(), item.UpdatedAt))
	for i := range events {
		events[i].Imported = marks.Source != nil
	}
	return events, l.log.name(events)
}

// lastOf names a write by its last event, see cardDoc.LastWrite.
func lastOf(events []promptz.Event) string { return events[len(events)-1].ID }

// explainCreate reads again why an item could not be created: another is there.
func (l *Library) explainCreate(ctx context.Context, id, write string) (done bool, err error) {
	card := &cardDoc{ID: itemKey(id)}
	found, err := l.docs.get(ctx, card, true)
	switch {
	case err != nil || !found:
		return false, nil // the read tells nothing: try again
	case card.LastWrite == write:
		return true, nil
	}
	return false, promptz.Errorf(promptz.CodeConflict, "There is an item %s already.", id)
}

// UpdateItem writes the next state of the item that was read as old, all of it or
// nothing: a new version when item.Version is not old's, the card alone
// otherwise. It fails with [promptz.ErrStale] when the item is not what old
// says any more, and with [promptz.ErrAlreadyDone] as CreateItem does.
func (l *Library) UpdateItem(ctx context.Context, old, item *promptz.Item, marks promptz.Marks) error {
	const op = "update item"
	content, err := l.newContent(old, item)
	if err != nil {
		return failure(op, err)
	}
	events, err := l.eventsOf(old, item, marks)
	if err != nil {
		return failure(op, err)
	}
	name := lastOf(events)
	write := func() error {
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		if err := l.addMarks(ctx, list, item, marks); err != nil {
			return err
		}
		addEventsAfter(list, guardOf(old).lastWrite, events)
		addVersion(list, old, item, content)
		if old.Visibility != item.Visibility {
			list.Update(&statsDoc{ID: statsKey(item.ID)}, shownMods(item))
		}
		card := newCardDoc(item, name)
		card.DocstoreRevision = guardOf(old).revision
		return list.Replace(card).Do(ctx)
	}
	return l.log.announce(events, commit(ctx, op, write, func() (bool, error) { return l.explainCard(ctx, old, name) }))
}

// newContent makes the pieces of item's text when it is a new version's.
func (l *Library) newContent(old, item *promptz.Item) ([]*contentDoc, error) {
	if item.Version == old.Version {
		item.Pieces = old.Pieces
		return nil, nil
	}
	content, err := newContentDocs(item.ID, item.Version, &item.Text)
	item.Pieces = len(content)
	return content, err
}

// addVersion adds the new version, or marks the current one as shown when that
// is what changed.
func addVersion(list *docstore.ActionList, old, item *promptz.Item, content []*contentDoc) {
	if item.Version == old.Version {
		if item.Shown && !old.Shown {
			list.Update(&versionDoc{ID: versionKey(item.ID, item.Version)}, docstore.Mods{"shown": true})
		}
		return
	}
	list.Create(newVersionDoc(versionOf(item)))
	for _, d := range content {
		d.DocstoreRevision = nil
		list.Create(d)
	}
}

// explainCard reads again why a write under old's guard failed.
func (l *Library) explainCard(ctx context.Context, old *promptz.Item, write string) (done bool, err error) {
	card := &cardDoc{ID: itemKey(old.ID)}
	found, err := l.docs.get(ctx, card, true)
	switch {
	case err != nil:
		return false, nil
	case !found:
		return false, notFound("explain", "item")
	case card.LastWrite == write:
		return true, nil
	case card.deleted():
		return false, notFound("explain", "item")
	case card.Revision != old.Revision:
		return false, promptz.ErrStale
	}
	return false, nil
}

// DeleteItem makes the item that was read as old a tombstone: from then on it is
// not found, and [Library.Sweep] removes what belonged to it. It fails with
// [promptz.ErrStale] like UpdateItem.
func (l *Library) DeleteItem(ctx context.Context, old *promptz.Item) error {
	const op = "delete item"
	at := latest(l.now(), old.UpdatedAt.Add(time.Millisecond))
	events := []promptz.Event{promptz.ItemEvent(promptz.EventItemDeleted, old, at)}
	if err := l.log.name(events); err != nil {
		return failure(op, err)
	}
	name := lastOf(events)
	write := func() error {
		card := tombstone(old, name, l.now())
		card.DocstoreRevision = guardOf(old).revision
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		addEventsAfter(list, guardOf(old).lastWrite, events)
		return list.Replace(card).Delete(&statsDoc{ID: statsKey(old.ID)}).Do(ctx)
	}
	return l.log.announce(events, commit(ctx, op, write, func() (bool, error) { return l.explainCard(ctx, old, name) }))
}

// EraseVersion removes the text of a version that is not the item's current one;
// its number, digest and time stay. Erasing twice is erasing once. Numbers only go
// up: a version that was not the current one of item can't have become it since.
func (l *Library) EraseVersion(ctx context.Context, item *promptz.Item, n int) error {
	const op = "erase version"
	write := func() error {
		doc := &versionDoc{ID: versionKey(item.ID, n)}
		found, err := l.docs.get(ctx, doc, true)
		if err != nil {
			return err
		}
		if !found {
			return notFound(op, "version")
		}
		erased := doc.version()
		erased.Text, erased.Note, erased.Erased = promptz.Text{}, "", true
		next := newVersionDoc(erased)
		next.DocstoreRevision = doc.DocstoreRevision
		list := l.docs.handles.Consistent.Actions().AtomicWrites().Replace(next)
		for _, key := range contentKeys(item.ID, n, doc.Pieces) {
			list.Delete(&contentDoc{ID: key})
		}
		return list.Do(ctx)
	}
	explain := func() (bool, error) {
		doc := &versionDoc{ID: versionKey(item.ID, n)}
		found, err := l.docs.get(ctx, doc, true)
		switch {
		case err != nil:
			return false, nil
		case !found:
			return false, notFound(op, "version")
		}
		return doc.Erased, nil
	}
	return commit(ctx, op, write, explain)
}

// versionOf gives the version that item is the current state of.
func versionOf(item *promptz.Item) *promptz.Version {
	return &promptz.Version{
		Text: item.Text, ItemID: item.ID, Number: item.Version, Digest: item.Digest, Note: item.Note,
		Pieces: item.Pieces, Shown: item.Shown, AuthorID: item.OwnerID, CreatedAt: item.UpdatedAt,
	}
}
