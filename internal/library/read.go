package library

import (
	"context"

	"promptz/internal/promptz"
)

// FindItem gives one item with its current content. It fails with
// [promptz.CodeNotFound] when there is none of this kind that p may see.
func (s *Service) FindItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (*promptz.Item, error) {
	item, err := s.find(ctx, p, kind, id)
	if err != nil {
		return nil, err
	}
	if err := s.fillStars(ctx, p, item); err != nil {
		return nil, err
	}
	return item, s.profiles.fill(ctx, item)
}

// FindItems gives one page of a list of cards: what is public, or with f.Drafts
// everything of p's own, which takes the scope read.
func (s *Service) FindItems(ctx context.Context, p promptz.Principal, f promptz.ItemFilter) (promptz.ItemPage, error) {
	if f.Drafts {
		if err := p.Require(promptz.ScopeRead); err != nil {
			return promptz.ItemPage{}, err
		}
		f.OwnerID = p.UserID
	}
	page, err := s.items.FindItems(ctx, f)
	if err != nil {
		return promptz.ItemPage{}, err
	}
	// Whatever index held it: no list shows what its reader may not see.
	page.Items = readable(p, page.Items)
	if err := s.fillStars(ctx, p, page.Items...); err != nil {
		return promptz.ItemPage{}, err
	}
	return page, s.profiles.fill(ctx, page.Items...)
}

// maxNumbers is how many version numbers one page looks at.
const maxNumbers = 200

// FindVersions gives at most limit versions (one at least), the newest first, that
// p may see, without their long texts. It begins below the number before, at the top when
// that is 0; next is the before of the next page, 0 on the last. A page may be
// short before the last where most versions were never shown.
func (s *Service) FindVersions(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, before, limit int) (versions []*promptz.Version, next int, err error) {
	item, err := s.find(ctx, p, kind, id)
	if err != nil {
		return nil, 0, err
	}
	top := item.Version
	if before > 0 {
		top = min(top, before-1)
	}
	bottom := max(1, top-maxNumbers+1)
	limit = max(1, limit)
	size := limit // of a read; twice as many where few may be seen
	for next = top; next >= bottom && len(versions) < limit; size *= 2 {
		from := max(bottom, next-size+1)
		some, err := s.items.FindVersions(ctx, id, from, next)
		if err != nil {
			return nil, 0, err
		}
		next = from - 1
		for _, v := range some {
			if !canReadVersion(p, item, v) {
				continue
			}
			if versions = append(versions, v); len(versions) == limit {
				next = v.Number - 1
				break
			}
		}
	}
	if next > 0 {
		next++ // pages begin below it
	}
	return versions, next, s.profiles.fillVersions(ctx, versions...)
}

// FindVersion gives one version with its text, which is empty when it was
// erased. It fails with [promptz.CodeNotFound] when p may not see it.
func (s *Service) FindVersion(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, number int) (*promptz.Version, error) {
	item, err := s.find(ctx, p, kind, id)
	if err != nil {
		return nil, err
	}
	v, err := s.findVersion(ctx, p, item, number)
	if err != nil {
		return nil, err
	}
	return v, s.profiles.fillVersions(ctx, v)
}

func (s *Service) findVersion(ctx context.Context, p promptz.Principal, item *promptz.Item, number int) (*promptz.Version, error) {
	if number < 1 || number > item.Version {
		return nil, notFound()
	}
	v, err := s.items.FindVersion(ctx, item.ID, number)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return nil, notFound()
	}
	if err != nil {
		return nil, err
	}
	if !canReadVersion(p, item, v) {
		return nil, notFound()
	}
	return v, nil
}
