package identity

import (
	"context"
	"errors"
	"time"

	"promptz/internal/promptz"
)

// Promote gives a user another role. It is for the shell. It fails with
// [promptz.CodeNotFound] and [promptz.CodeNotValid].
func (s *Service) Promote(ctx context.Context, handle string, role promptz.Role) (*promptz.User, error) {
	return s.change(ctx, handle, func(u *promptz.User) { u.Role = role })
}

// Suspend keeps a user out: nobody signs in to the account, and its sessions and
// keys stop, here at once and in other processes within [CredentialLifetime].
// Suspended before, nothing changes. It is for the shell.
func (s *Service) Suspend(ctx context.Context, handle string) (*promptz.User, error) {
	return s.change(ctx, handle, func(u *promptz.User) {
		if !u.Suspended() {
			u.SuspendedAt = s.now().UTC().Truncate(time.Millisecond)
		}
	})
}

// Readmit lets a suspended user in again.
func (s *Service) Readmit(ctx context.Context, handle string) (*promptz.User, error) {
	return s.change(ctx, handle, func(u *promptz.User) { u.SuspendedAt = time.Time{} })
}

// change makes another state of the user with a handle.
func (s *Service) change(ctx context.Context, handle string, edit func(u *promptz.User)) (*promptz.User, error) {
	defer s.seen.forget()
	for round := 1; ; round++ {
		cur, err := s.store.FindUserByHandle(ctx, handle)
		if err != nil {
			return nil, err
		}
		next := *cur
		edit(&next)
		if next.Role == cur.Role && next.SuspendedAt.Equal(cur.SuspendedAt) {
			return cur, nil
		}
		if err := next.Validate(); err != nil {
			return nil, err
		}
		next.Revision++
		if err := s.store.UpdateUser(ctx, cur, &next); !errors.Is(err, promptz.ErrStale) || round == maxRounds {
			return &next, err
		}
	}
}
