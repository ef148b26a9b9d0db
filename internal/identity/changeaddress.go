package identity

import (
	"context"
	"errors"
	"slices"

	"promptz/internal/promptz"
)

// BeginAddress asks p to prove that email is theirs, to make it the address of
// the account. It fails with [promptz.CodeForbidden] without a recent sign-in,
// and with [promptz.CodeConflict] where addresses are somebody else's to change.
func (s *SignIn) BeginAddress(ctx context.Context, p promptz.Principal, email string, a promptz.Asker) (promptz.Begun, error) {
	if err := p.RequireFresh(s.now()); err != nil {
		return promptz.Begun{}, err
	}
	if _, local := s.provider.Codes.(*Local); !local {
		return promptz.Begun{}, promptz.Errorf(promptz.CodeConflict, "Addresses are kept by who signs you in: change yours there.")
	}
	a.Device = "" // it is not the address that this browser is known by
	return s.beginCode(ctx, challengeRequest{purpose: promptz.PurposeAddress, email: email, userID: p.UserID, asker: a})
}

// changeAddress makes the address that a challenge proved the account's, and
// tells the old one.
func (s *SignIn) changeAddress(ctx context.Context, c *promptz.Challenge) error {
	for round := 1; ; round++ {
		old, err := s.store.FindUser(ctx, c.UserID)
		if err != nil {
			return err
		}
		in, err := s.addressChange(c, old)
		if err != nil {
			return err
		}
		err = s.store.CompleteChallenge(ctx, in)
		if err == nil {
			s.wake()
			s.log.Info("address changed", "user", old.ID)
			return nil
		}
		if !errors.Is(err, promptz.ErrStale) || round == maxRounds {
			return err
		}
		if c, err = s.findOpen(ctx, c.ID); err != nil {
			return err
		}
	}
}

func (s *SignIn) addressChange(c *promptz.Challenge, old *promptz.User) (promptz.SignIn, error) {
	next := *old
	next.Email = c.Email
	next.Revision++
	next.Claims = []promptz.Claim{emailClaim(s.secrets, c.Email)}
	for _, claim := range old.Claims {
		if old.Email == "" || claim != emailClaim(s.secrets, old.Email) {
			next.Claims = append(next.Claims, claim)
		}
	}
	slices.Sort(next.Claims)
	next.Claims = slices.Compact(next.Claims)
	in := promptz.SignIn{Challenge: c, OldUser: old, User: &next}
	if old.Email == "" || old.Email == c.Email {
		return in, nil
	}
	id, err := promptz.NewID(s.random)
	if err != nil {
		return in, err
	}
	now := s.time()
	notice, err := s.newDelivery(cargo{Letter: promptz.Letter{
		ID: id, Kind: promptz.LetterAddressChanged, To: old.Email, Handle: old.Handle, AskedAt: now,
	}}, now.Add(noticeLifetime))
	in.Queued = append(in.Queued, notice)
	return in, err
}
