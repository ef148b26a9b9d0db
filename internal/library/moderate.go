package library

import (
	"context"

	"promptz/internal/promptz"
)

// Moderate takes an item down or releases it. What was taken down is private and
// held: its owner sees why and can't publish it until it is released. It fails
// with [promptz.CodeNotFound] for what p may not see, with
// [promptz.CodeForbidden] unless p is a moderator, with [promptz.CodeNotValid],
// and with [promptz.CodeConflict] for a draft, which there is nothing to take
// down of. Doing it twice does what doing it once does.
func (s *Service) Moderate(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, m promptz.Moderation) (*promptz.Item, error) {
	find := func() (*promptz.Item, error) { return s.findForModeration(ctx, p, kind, id) }
	if _, err := find(); err != nil { // before what p gives is looked at
		return nil, err
	}
	if err := m.Prepare(); err != nil {
		return nil, err
	}
	return s.change(find, func(cur *promptz.Item) (next *promptz.Item, write func() error, err error) {
		next, err = s.moderated(p, cur, m)
		return next, func() error { return s.save(ctx, p, cur, next, promptz.Marks{}) }, err
	})
}

// findForModeration gives an item that p may moderate.
func (s *Service) findForModeration(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (*promptz.Item, error) {
	if err := p.Require(promptz.ScopeAdmin); err != nil {
		return nil, err
	}
	item, err := s.find(ctx, p, kind, id)
	if err != nil {
		return nil, err
	}
	if !isModerator(p) {
		return nil, promptz.Errorf(promptz.CodeForbidden, "Only a moderator may do this.")
	}
	return item, nil
}

// moderated makes the state that m turns cur into: cur itself when it is done
// already.
func (s *Service) moderated(p promptz.Principal, cur *promptz.Item, m promptz.Moderation) (*promptz.Item, error) {
	next := *cur
	switch {
	case (m.Action == promptz.ActionUnpublish) == (cur.Held != nil):
		return cur, nil
	case m.Action == promptz.ActionRelease:
		next.Held = nil
	case !cur.Public():
		return nil, promptz.Errorf(promptz.CodeConflict, "This is a draft: there is nothing to take down.")
	default:
		next.Visibility = promptz.VisibilityPrivate
		next.Held = &promptz.Hold{Reason: m.Reason, By: p.UserID, At: s.after(cur.UpdatedAt)}
	}
	next.Revision++
	next.UpdatedAt = s.after(cur.UpdatedAt)
	return &next, nil
}

// held refuses to publish what a moderator took down.
func held(h *promptz.Hold) error {
	return promptz.Errorf(promptz.CodeHeld, "A moderator took this down and it can't be published until it is released: %s", h.Reason)
}
