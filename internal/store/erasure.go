package store

import (
	"context"
	"time"

	"promptz/internal/promptz"
)

// ErasureDelay is how long after the mark what an account owns is removed: by
// then no process takes its credentials for good, so that nothing is added.
const ErasureDelay = 10 * time.Second

// BeginErasure marks the user that was read as old as erased: from then on there
// is no such user. Profile and claims go; the handle stays claimed, so that
// nobody is ever taken for them. It fails with [promptz.ErrStale] and
// [promptz.CodeNotFound].
func (s *Identity) BeginErasure(ctx context.Context, old *promptz.User, e promptz.Erasure) error {
	const op = "begin erasure"
	doc := &userDoc{
		ID: userKey(old.ID), V: schema, Role: string(promptz.RoleUser), CreatedAt: millis(old.CreatedAt), Revision: old.Revision + 1,
		ErasedAt: millis(e.At), KeepPublic: e.KeepPublic,
		DueShard: erasuresDue, DueSort: sortValue(e.At.Add(ErasureDelay), userKey(old.ID)),
	}
	events := []promptz.Event{promptz.UserEvent(promptz.EventUserDeleted, old.ID, e.At)}
	if err := s.log.name(events); err != nil {
		return failure(op, err)
	}
	write := func() error {
		list := s.docs.handles.Consistent.Actions().AtomicWrites()
		addEvents(list, events)
		for _, c := range old.Claims {
			list.Delete(&claimDoc{ID: string(c)})
		}
		doc.DocstoreRevision = old.Guard
		return list.Replace(doc).Do(ctx)
	}
	explain := func() (bool, error) {
		now := &userDoc{ID: doc.ID}
		found, err := s.docs.get(ctx, now, true)
		switch {
		case err != nil || found && now.DocstoreRevision == old.Guard:
			return false, nil
		case !found:
			return false, notFound(op, "user")
		case now.erased():
			return true, nil
		}
		return false, promptz.ErrStale
	}
	return s.log.announce(events, commit(ctx, op, write, explain))
}

// FindErasures gives at most limit accounts of which something is left to be
// removed.
func (s *Identity) FindErasures(ctx context.Context, limit int) ([]promptz.Erasure, error) {
	const op = "find erasures"
	keys, err := s.docs.due(ctx, erasuresDue, s.now(), limit)
	if err != nil {
		return nil, failure(op, err)
	}
	var erasures []promptz.Erasure
	for _, key := range keys {
		doc := &userDoc{ID: key}
		found, err := s.docs.get(ctx, doc, true)
		if err != nil {
			return nil, failure(op, err)
		}
		if found && doc.DueSort != "" { // an index may be late
			erasures = append(erasures, promptz.Erasure{UserID: idIn(key), KeepPublic: doc.KeepPublic, At: fromMillis(doc.ErasedAt)})
		}
	}
	return erasures, nil
}

// EndErasure takes an account off the list: nothing is left to be removed.
func (s *Identity) EndErasure(ctx context.Context, userID string) error {
	const op = "end erasure"
	doc := &userDoc{ID: userKey(userID)}
	found, err := s.docs.get(ctx, doc, true)
	if err != nil || !found || doc.DueSort == "" {
		return failure(op, err)
	}
	guard := doc.DocstoreRevision
	doc.DueShard, doc.DueSort = "", ""
	return s.docs.replace(ctx, op, "user", doc, guard)
}
