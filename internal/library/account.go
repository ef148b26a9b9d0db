package library

import (
	"context"
	"errors"
	"iter"

	"promptz/internal/promptz"
)

// accountPage is how many items of an account are taken at a time.
const accountPage = 50

// OwnItems gives everything of p's, drafts too, with its current text, for p to
// take away. Its error is the last it gives; it is [promptz.CodeForbidden]
// without a recent sign-in.
func (s *Service) OwnItems(ctx context.Context, p promptz.Principal) iter.Seq2[*promptz.Item, error] {
	return func(yield func(*promptz.Item, error) bool) {
		if err := p.RequireFresh(s.now()); err != nil {
			yield(nil, err)
			return
		}
		for card, err := range s.owned(ctx, p.UserID) {
			if err == nil {
				card, err = s.items.FindItem(ctx, card.ID, true)
			}
			if promptz.ErrorCode(err) == promptz.CodeNotFound { // deleted meanwhile
				continue
			}
			if !yield(card, err) || err != nil {
				return
			}
		}
	}
}

// OwnVersions gives all versions of an item of p's with their texts, the first
// one first. Its error is the last it gives.
func (s *Service) OwnVersions(ctx context.Context, p promptz.Principal, item *promptz.Item) iter.Seq2[*promptz.Version, error] {
	return func(yield func(*promptz.Version, error) bool) {
		if !isOwner(p, item) {
			yield(nil, notFound())
			return
		}
		for n := 1; n <= item.Version; n++ {
			v, err := s.items.FindVersion(ctx, item.ID, n)
			if promptz.ErrorCode(err) == promptz.CodeNotFound { // deleted meanwhile
				return
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// EraseOwned removes what an erased account leaves: private items whole, public
// ones too unless they are kept; of those that stay, the texts that were never
// public. Its stars are taken back. It may be stopped anywhere and run again.
func (s *Service) EraseOwned(ctx context.Context, e promptz.Erasure) error {
	for card, err := range s.owned(ctx, e.UserID) {
		if err != nil {
			return err
		}
		if err := s.eraseItem(ctx, card.ID, e.KeepPublic); err != nil && promptz.ErrorCode(err) != promptz.CodeNotFound {
			return err
		}
	}
	return s.eraseStars(ctx, e.UserID)
}

// eraseStars takes back all stars of an erased account.
func (s *Service) eraseStars(ctx context.Context, userID string) error {
	position := ""
	for more := true; more; {
		page, err := s.items.FindStarredItems(ctx, userID, position, accountPage)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := s.items.UnstarItem(ctx, userID, item); err != nil && promptz.ErrorCode(err) != promptz.CodeNotFound {
				return err
			}
		}
		position, more = page.Next, page.Next != ""
	}
	return nil
}

func (s *Service) eraseItem(ctx context.Context, id string, keepPublic bool) error {
	for round := 1; ; round++ {
		item, err := s.items.FindItem(ctx, id, true)
		if err != nil {
			return err
		}
		if keepPublic && item.Public() {
			return s.eraseDrafts(ctx, item)
		}
		if err := s.items.DeleteItem(ctx, item); !errors.Is(err, promptz.ErrStale) || round == maxRounds {
			return err
		}
	}
}

// eraseDrafts removes the texts of an item's versions that nobody but its owner
// ever saw.
func (s *Service) eraseDrafts(ctx context.Context, item *promptz.Item) error {
	for from := 1; from <= item.Version; from += maxNumbers {
		versions, err := s.items.FindVersions(ctx, item.ID, from, min(from+maxNumbers-1, item.Version))
		if err != nil {
			return err
		}
		for _, v := range versions {
			if v.Shown || v.Erased {
				continue
			}
			if err := s.items.EraseVersion(ctx, item, v.Number); err != nil {
				return err
			}
		}
	}
	return nil
}

// owned gives the cards of all that a user owns. Its error is the last it gives.
func (s *Service) owned(ctx context.Context, userID string) iter.Seq2[*promptz.Item, error] {
	f := promptz.ItemFilter{OwnerID: userID, Drafts: true, Sort: promptz.SortUpdated, Limit: accountPage, Consistent: true}
	for _, kind := range promptz.Kinds {
		f.Kinds = append(f.Kinds, kind.Kind)
	}
	return func(yield func(*promptz.Item, error) bool) {
		for more := true; more; {
			page, err := s.items.FindItems(ctx, f)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, card := range page.Items {
				if !yield(card, nil) {
					return
				}
			}
			f.Position, more = page.Next, page.Next != ""
		}
	}
}
