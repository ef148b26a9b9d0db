package library

import (
	"context"
	"errors"
	"time"

	"promptz/internal/promptz"
)

// maxRounds is how often a change is tried anew on what somebody else left.
const maxRounds = 5

// CreateItem makes an item of p's. With once, a repeat of the same request gives
// the item as it is now, replayed. It fails with [promptz.CodeNotValid].
func (s *Service) CreateItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, d promptz.Draft, once *promptz.Once) (item *promptz.Item, replayed bool, err error) {
	if err := p.Require(promptz.ScopeWrite); err != nil {
		return nil, false, err
	}
	if err := d.Prepare(kind); err != nil {
		return nil, false, err
	}
	return s.onlyOnce(ctx, p, kind, once, func() (*promptz.Item, error) {
		item, err := s.newItem(ctx, p, kind, d)
		if err != nil {
			return nil, err
		}
		return item, s.items.CreateItem(ctx, item, promptz.Marks{Once: once})
	})
}

// UpdateItem makes what edit returns the item's next state. It fails with
// [promptz.CodeNotFound] and [promptz.CodeForbidden] before edit is called, with
// edit's own error, and with [promptz.CodeNotValid]. When somebody else wrote
// between the read and the write, edit is called again with what is there then.
// A state that is no other is not written.
func (s *Service) UpdateItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, edit func(cur *promptz.Item) (promptz.Draft, error)) (*promptz.Item, error) {
	return s.change(s.editable(ctx, p, kind, id), func(cur *promptz.Item) (next *promptz.Item, write func() error, err error) {
		d, err := edit(cur)
		if err != nil {
			return nil, nil, err
		}
		next, err = s.nextState(cur, d)
		return next, func() error { return s.save(ctx, p, cur, next, promptz.Marks{}) }, err
	})
}

// DeleteItem deletes the item that check lets pass; from then on it is not
// there. It fails like UpdateItem.
func (s *Service) DeleteItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, check func(cur *promptz.Item) error) error {
	_, err := s.change(s.editable(ctx, p, kind, id), func(cur *promptz.Item) (next *promptz.Item, write func() error, err error) {
		return cur, func() error { return s.items.DeleteItem(ctx, cur) }, check(cur)
	})
	return err
}

// RestoreVersion makes the text of an old version the next one. It fails with
// [promptz.CodeNotFound] when there is no such version, and with
// [promptz.CodeConflict] when its text was erased.
func (s *Service) RestoreVersion(ctx context.Context, p promptz.Principal, r promptz.Restore) (item *promptz.Item, replayed bool, err error) {
	if _, err := s.findForEdit(ctx, p, r.Kind, r.ID); err != nil {
		return nil, false, err
	}
	return s.onlyOnce(ctx, p, r.Kind, r.Once, func() (*promptz.Item, error) {
		return s.change(s.editable(ctx, p, r.Kind, r.ID), func(cur *promptz.Item) (next *promptz.Item, write func() error, err error) {
			next, err = s.restored(ctx, p, cur, r)
			return next, func() error { return s.save(ctx, p, cur, next, promptz.Marks{Once: r.Once}) }, err
		})
	})
}

// restored gives the state that r turns cur into: cur itself when nothing
// changes and nothing is to be recorded.
func (s *Service) restored(ctx context.Context, p promptz.Principal, cur *promptz.Item, r promptz.Restore) (*promptz.Item, error) {
	if err := r.Check(cur); err != nil {
		return nil, err
	}
	v, err := s.findVersion(ctx, p, cur, r.Number)
	if err != nil {
		return nil, err
	}
	if v.Erased {
		return nil, promptz.Errorf(promptz.CodeConflict, "The text of version %d was erased.", r.Number)
	}
	item, err := s.nextState(cur, promptz.Draft{Text: v.Text, Visibility: cur.Visibility, Note: r.Note})
	if err != nil {
		return nil, err
	}
	if item == cur && r.Once != nil { // the record of the request is all there is to write
		same := *cur
		same.Revision++
		item = &same
	}
	return item, nil
}

// EraseVersion removes the text of a version; its number, digest and time stay.
// It fails with [promptz.CodeConflict] for the current version.
func (s *Service) EraseVersion(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, number int) error {
	if err := p.Require(promptz.ScopeWrite); err != nil {
		return err
	}
	item, err := s.find(ctx, p, kind, id)
	if err != nil {
		return err
	}
	if _, err := s.findVersion(ctx, p, item, number); err != nil {
		return err
	}
	if !canErase(p, item) {
		return promptz.Errorf(promptz.CodeForbidden, "Only its owner or a moderator may erase a version.")
	}
	if number == item.Version {
		return promptz.Errorf(promptz.CodeConflict, "Version %d is the current one. Save another first, or delete the item.", number)
	}
	return s.items.EraseVersion(ctx, item, number)
}

// editable finds an item that p may edit.
func (s *Service) editable(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) func() (*promptz.Item, error) {
	return func() (*promptz.Item, error) { return s.findForEdit(ctx, p, kind, id) }
}

// change plans a write on what find gives and does it, anew while others are
// faster. An error of find's or plan's ends it.
func (s *Service) change(find func() (*promptz.Item, error),
	plan func(cur *promptz.Item) (next *promptz.Item, write func() error, err error)) (*promptz.Item, error) {
	for round := 1; ; round++ {
		cur, err := find()
		if err != nil {
			return nil, err
		}
		next, write, err := plan(cur)
		if err != nil {
			return nil, err
		}
		err = write()
		switch {
		case err == nil:
			return next, nil
		case promptz.ErrorCode(err) == promptz.CodeNotFound: // it was deleted meanwhile
			return nil, notFound()
		case !errors.Is(err, promptz.ErrStale) || round == maxRounds:
			return nil, err
		}
	}
}

// save writes next, unless it is cur itself. What p is shown of it is read first:
// once it is written nothing may fail.
func (s *Service) save(ctx context.Context, p promptz.Principal, cur, next *promptz.Item, marks promptz.Marks) error {
	if err := s.profiles.fill(ctx, next); err != nil {
		return err
	}
	if err := s.fillStars(ctx, p, next); err != nil || next == cur {
		return err
	}
	return s.items.UpdateItem(ctx, cur, next, marks)
}

// onlyOnce runs a write unless once's request was done before; then it gives
// what that made as it is now, or [promptz.CodeConflict] when it is gone.
func (s *Service) onlyOnce(ctx context.Context, p promptz.Principal, kind promptz.Kind, once *promptz.Once, write func() (*promptz.Item, error)) (item *promptz.Item, replayed bool, err error) {
	if once == nil {
		item, err = write()
		return item, false, err
	}
	for range 2 {
		id, err := s.items.FindOnce(ctx, once)
		if err != nil {
			return nil, false, err
		}
		if id != "" {
			item, err := s.FindItem(ctx, p, kind, id)
			if promptz.ErrorCode(err) == promptz.CodeNotFound {
				err = promptz.Errorf(promptz.CodeConflict, "This request was done already, and what it made is gone.")
			}
			return item, true, err
		}
		item, err := write()
		if !errors.Is(err, promptz.ErrAlreadyDone) {
			return item, false, err
		}
	}
	return nil, false, promptz.ErrAlreadyDone
}

// newItem makes the first state of an item from a prepared draft, its owner's
// profile included: once it is written nothing may fail.
func (s *Service) newItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, d promptz.Draft) (*promptz.Item, error) {
	id, err := promptz.NewID(s.random)
	if err != nil {
		return nil, err
	}
	digest, err := d.Digest()
	if err != nil {
		return nil, err
	}
	now := s.now().UTC().Truncate(time.Millisecond)
	item := &promptz.Item{
		Text: d.Text, ID: id, Kind: kind, OwnerID: p.UserID, Visibility: d.Visibility,
		Version: 1, Digest: digest, Note: d.Note, Revision: 1, CreatedAt: now, UpdatedAt: now,
	}
	if item.Public() {
		item.Shown, item.PublishedAt = true, now
	}
	return item, s.profiles.fill(ctx, item)
}

// nextState makes the state that d turns cur into: cur itself when nothing
// changes.
func (s *Service) nextState(cur *promptz.Item, d promptz.Draft) (*promptz.Item, error) {
	if err := d.Prepare(cur.Kind); err != nil {
		return nil, err
	}
	if cur.Held != nil && d.Visibility == promptz.VisibilityPublic {
		return nil, held(cur.Held)
	}
	digest, err := d.Digest()
	if err != nil {
		return nil, err
	}
	if digest == cur.Digest && d.Visibility == cur.Visibility {
		return cur, nil
	}
	next := *cur
	next.Text, next.Digest, next.Visibility = d.Text, digest, d.Visibility
	next.Revision++
	next.UpdatedAt = s.after(cur.UpdatedAt)
	if digest != cur.Digest {
		next.Version++
		next.Note = d.Note // it belongs to one version and is never inherited
		next.Shown = false
	}
	if next.Public() {
		next.Shown = true
		if next.PublishedAt.IsZero() {
			next.PublishedAt = next.UpdatedAt
		}
	}
	return &next, nil
}

// after is now, but always later than before: a clock may jump back.
func (s *Service) after(before time.Time) time.Time {
	now := s.now().UTC().Truncate(time.Millisecond)
	if next := before.Add(time.Millisecond); now.Before(next) {
		return next
	}
	return now
}
