package identity

import (
	"context"
	"errors"
	"time"

	"promptz/internal/promptz"
)

// maxRounds is how often a change is tried anew on what somebody else left.
const maxRounds = 5

// CreateUser makes a user with a handle and a role; email, unless it is "", is the
// address that the user signs in by. It fails with [promptz.CodeNotValid], or
// [promptz.CodeConflict] when handle or address are taken. It is for the shell:
// nobody makes one like this over the network.
func (s *Service) CreateUser(ctx context.Context, handle string, role promptz.Role, email string) (*promptz.User, error) {
	id, err := promptz.NewID(s.random)
	if err != nil {
		return nil, err
	}
	u := &promptz.User{ID: id, Handle: handle, Role: role, CreatedAt: s.now().UTC().Truncate(time.Millisecond), Revision: 1}
	if email != "" {
		if u.Email, err = ParseAddress(email); err != nil {
			return nil, err
		}
		u.Claims = []promptz.Claim{emailClaim(s.secrets, u.Email)}
	}
	if err := u.Validate(); err != nil {
		return nil, err
	}
	return u, s.store.CreateUser(ctx, u)
}

// FindUser gives the user with this handle, or who had it not long ago; then
// User.Handle is another. It fails with [promptz.CodeNotFound].
func (s *Service) FindUser(ctx context.Context, handle string) (*promptz.User, error) {
	return s.store.FindUserByHandle(ctx, handle)
}

// FindMe gives the user who is calling.
func (s *Service) FindMe(ctx context.Context, p promptz.Principal) (*promptz.User, error) {
	if err := p.Require(promptz.ScopeRead); err != nil {
		return nil, err
	}
	return s.store.FindUser(ctx, p.UserID)
}

// ExportMe gives all that p's account holds besides its items. It fails with
// [promptz.CodeForbidden] without a recent sign-in.
func (s *Service) ExportMe(ctx context.Context, p promptz.Principal) (*promptz.AccountExport, error) {
	if err := p.RequireFresh(s.now()); err != nil {
		return nil, err
	}
	var export promptz.AccountExport
	var err error
	if export.User, err = s.store.FindUser(ctx, p.UserID); err != nil {
		return nil, err
	}
	if export.Sessions, err = s.store.FindSessions(ctx, p.UserID); err != nil {
		return nil, err
	}
	export.Keys, err = s.store.FindKeys(ctx, p.UserID)
	return &export, err
}

// UpdateMe makes what edit returns the caller's profile. It fails with edit's
// error, with [promptz.CodeNotValid], and with [promptz.CodeConflict] when the
// handle is taken or was changed less than a week ago. When the account was
// changed between the read and the write, edit is called again.
func (s *Service) UpdateMe(ctx context.Context, p promptz.Principal, edit func(cur *promptz.User) (promptz.ProfileEdit, error)) (*promptz.User, error) {
	if err := p.Require(promptz.ScopeWrite); err != nil {
		return nil, err
	}
	for round := 1; ; round++ {
		cur, err := s.store.FindUser(ctx, p.UserID)
		if err != nil {
			return nil, err
		}
		e, err := edit(cur)
		if err != nil {
			return nil, err
		}
		next, err := s.nextState(cur, e)
		if err != nil || same(cur, next) {
			return next, err
		}
		next.Revision++
		if err := s.store.UpdateUser(ctx, cur, next); !errors.Is(err, promptz.ErrStale) || round == maxRounds {
			return next, err
		}
	}
}

func (s *Service) nextState(cur *promptz.User, e promptz.ProfileEdit) (*promptz.User, error) {
	next := *cur
	next.Handle = e.Handle
	next.DisplayName = promptz.NormalizeLine(e.DisplayName)
	next.Bio = promptz.NormalizeText(e.Bio)
	if err := next.Validate(); err != nil {
		return nil, err
	}
	if next.Handle == cur.Handle {
		return &next, nil
	}
	if cur.Provisional { // the first choice is free
		next.Provisional = false
		next.HandleChangedAt = s.now().UTC().Truncate(time.Millisecond)
		return &next, nil
	}
	if again := cur.HandleChangedAt.Add(promptz.HandleChangeInterval); !cur.HandleChangedAt.IsZero() && s.now().Before(again) {
		return nil, promptz.Errorf(promptz.CodeConflict, "A handle can be changed once a week; yours again from %s on.", again.Format(time.RFC3339))
	}
	next.HandleChangedAt = s.now().UTC().Truncate(time.Millisecond)
	next.Provisional = false
	return &next, nil
}

// same tells whether two states of a user show the same profile.
func same(a, b *promptz.User) bool {
	return a.Profile() == b.Profile() && a.Bio == b.Bio
}
