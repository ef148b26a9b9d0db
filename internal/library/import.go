package library

import (
	"context"
	"errors"
	"time"

	"promptz/internal/promptz"
)

// ImportItem brings a source into p's library: as a new item, as a new version of
// the item that it became before, or not at all when nothing is new. It fails
// with [promptz.CodeNotValid]. Running it twice does what running it once does.
func (s *Service) ImportItem(ctx context.Context, p promptz.Principal, in promptz.Import) (promptz.ImportOutcome, *promptz.Item, error) {
	if err := p.Require(promptz.ScopeWrite); err != nil {
		return "", nil, err
	}
	if err := in.Draft.Prepare(in.Kind); err != nil {
		return "", nil, err
	}
	for {
		before, found, err := s.items.FindSource(ctx, p.UserID, in.Path)
		switch {
		case err != nil:
			return "", nil, err
		case found && before.Hash == in.Hash:
			return promptz.ImportUnchanged, nil, nil
		case found:
			return s.importChanged(ctx, p, in, before)
		}
		outcome, item, err := s.importNew(ctx, p, in)
		if !errors.Is(err, promptz.ErrAlreadyDone) {
			return outcome, item, err
		}
		// Another import was faster: see what it made.
	}
}

func (s *Service) importNew(ctx context.Context, p promptz.Principal, in promptz.Import) (promptz.ImportOutcome, *promptz.Item, error) {
	item, err := s.newItem(ctx, p, in.Kind, in.Draft)
	if err != nil {
		return "", nil, err
	}
	item.CreatedAt = past(in.CreatedAt, item.CreatedAt)
	item.UpdatedAt = past(in.UpdatedAt, item.UpdatedAt)
	if item.UpdatedAt.Before(item.CreatedAt) {
		item.UpdatedAt = item.CreatedAt
	}
	if item.Public() {
		item.PublishedAt = item.CreatedAt
	}
	return promptz.ImportCreated, item, s.items.CreateItem(ctx, item, marksOf(p, in, ""))
}

// past is the time that a source gives, or now when it gives none that was.
func past(t, now time.Time) time.Time {
	if t.UnixMilli() <= 0 || t.After(now) {
		return now
	}
	return t.UTC().Truncate(time.Millisecond)
}

func (s *Service) importChanged(ctx context.Context, p promptz.Principal, in promptz.Import, before promptz.Source) (promptz.ImportOutcome, *promptz.Item, error) {
	for range maxRounds {
		cur, err := s.items.FindItem(ctx, before.ItemID, true)
		switch {
		case promptz.ErrorCode(err) == promptz.CodeNotFound:
			return promptz.ImportDeleted, nil, nil
		case err != nil:
			return "", nil, err
		case cur.Version != before.Version || cur.Kind != in.Kind || !canEdit(p, cur):
			return promptz.ImportEdited, cur, nil
		}
		// Who may see the item is its owner's choice by now.
		in.Draft.Visibility = cur.Visibility
		next, err := s.nextState(cur, in.Draft)
		if err != nil {
			return "", nil, err
		}
		outcome := promptz.ImportUpdated
		if next == cur { // only what is not kept changed: remember the new hash
			outcome = promptz.ImportUnchanged
			same := *cur
			same.Revision++
			next = &same
		}
		if err := s.items.UpdateItem(ctx, cur, next, marksOf(p, in, cur.ID)); !errors.Is(err, promptz.ErrStale) {
			return outcome, next, err
		}
	}
	return "", nil, promptz.ErrStale
}

func marksOf(p promptz.Principal, in promptz.Import, itemID string) promptz.Marks {
	return promptz.Marks{Source: &promptz.Source{OwnerID: p.UserID, Path: in.Path, Hash: in.Hash, ItemID: itemID}}
}
