package identity

import (
	"context"
	"errors"

	"promptz/internal/promptz"
)

// maxErasures is how many accounts one round erases.
const maxErasures = 20

// Erase erases p's account: from then on there is no such user, and no
// credential of theirs is good. What they own goes within a minute; their public
// items stay under nobody's name where keepPublic says so. It fails with
// [promptz.CodeForbidden] without a recent sign-in.
func (s *Service) Erase(ctx context.Context, p promptz.Principal, keepPublic bool) error {
	if err := p.RequireFresh(s.now()); err != nil {
		return err
	}
	for round := 1; ; round++ {
		u, err := s.store.FindUser(ctx, p.UserID)
		if err != nil {
			return err
		}
		err = s.store.BeginErasure(ctx, u, promptz.Erasure{UserID: u.ID, KeepPublic: keepPublic, At: s.now().UTC()})
		if err == nil {
			return s.endCredentials(ctx, u.ID)
		}
		if !errors.Is(err, promptz.ErrStale) || round == maxRounds {
			return err
		}
	}
}

// endCredentials removes all sessions and keys of a user.
func (s *Service) endCredentials(ctx context.Context, userID string) error {
	if err := endAll(ctx, s.store, s.seen, userID); err != nil {
		return err
	}
	keys, err := s.store.FindKeys(ctx, userID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := s.store.DeleteKey(ctx, k.ID); err != nil && promptz.ErrorCode(err) != promptz.CodeNotFound {
			return err
		}
	}
	return nil
}

// EraseDue removes what erased accounts own and gives how many are done. It may
// be stopped anywhere and run again, in two processes too.
func (s *Service) EraseDue(ctx context.Context, items Items) (int, error) {
	erasures, err := s.store.FindErasures(ctx, maxErasures)
	if err != nil {
		return 0, err
	}
	for done, e := range erasures {
		if err := items.EraseOwned(ctx, e); err != nil {
			return done, err
		}
		if err := s.endCredentials(ctx, e.UserID); err != nil {
			return done, err
		}
		if err := s.store.EndErasure(ctx, e.UserID); err != nil {
			return done, err
		}
	}
	return len(erasures), nil
}
