package identity

import (
	"context"
	"errors"
	"slices"

	"promptz/internal/promptz"
)

// account is whom a proof lets in.
type account struct {
	old  *promptz.User // as it was read; nil is a new one
	user *promptz.User // as it is to be
}

// changed tells whether the account is to be written.
func (a account) changed() bool {
	return a.old != nil && (a.user.Role != a.old.Role || a.user.Email != a.old.Email || len(a.user.Claims) != len(a.old.Claims))
}

// complete uses a challenge up for a session of whom the proof is of. When
// somebody else wrote meanwhile it starts over, on what is there then.
func (s *SignIn) complete(ctx context.Context, c *promptz.Challenge, proof promptz.Proof, transport promptz.Transport, a promptz.Asker) (*promptz.Grant, error) {
	for round := 1; ; round++ {
		who, err := s.resolve(ctx, proof)
		if err != nil {
			return nil, err
		}
		if who.user.Suspended() {
			s.log.Warn("sign-in of a suspended account", "user", who.user.ID)
			return nil, promptz.Errorf(promptz.CodeForbidden, "This account is suspended.")
		}
		session, grant, err := s.newSession(ctx, who.user, transport, a)
		if err != nil {
			return nil, err
		}
		in := promptz.SignIn{Challenge: c, User: who.user, Session: session, Device: s.remembered(who.user, grant)}
		switch {
		case who.old == nil:
			in.NewUser = who.user
		case who.changed():
			in.OldUser = who.old
		}
		err = s.store.CompleteChallenge(ctx, in)
		if err == nil {
			s.accounts.seen.forget() // roles may have changed
			s.log.Info("signed in", "user", who.user.ID, "session", session.ID, "new", who.old == nil)
			return grant, nil
		}
		again := errors.Is(err, promptz.ErrStale) || promptz.ErrorCode(err) == promptz.CodeConflict
		if !again || round == maxRounds {
			return nil, err
		}
		if c, err = s.findOpen(ctx, c.ID); err != nil { // another answer was faster
			return nil, err
		}
	}
}

// resolve gives the account of who proved this: by their account at the issuer,
// else, if this deployment vouches for the address, by the address, else a new
// one. It fails with [promptz.CodeForbidden] for who may not have one.
func (s *SignIn) resolve(ctx context.Context, proof promptz.Proof) (account, error) {
	address := s.vouched(proof)
	var claims []promptz.Claim
	if proof.Subject != "" {
		claims = append(claims, subjectClaim(proof.Issuer, proof.Subject))
	}
	if address != "" {
		claims = append(claims, emailClaim(s.secrets, address))
	}
	if len(claims) == 0 {
		return account{}, promptz.Errorf(promptz.CodeForbidden, "Nobody vouches for this address, and there is nothing else to know you by.")
	}
	for _, claim := range claims {
		old, err := s.store.FindUserByClaim(ctx, claim)
		if promptz.ErrorCode(err) == promptz.CodeNotFound {
			continue
		}
		if err != nil {
			return account{}, err
		}
		return account{old, s.refreshed(old, claims[0], address)}, nil
	}
	if !s.policy.maySignUp(address) {
		return account{}, promptz.Errorf(promptz.CodeForbidden, "New accounts are not made here. Ask whoever runs this.")
	}
	user, err := s.newAccount(claims, address)
	return account{nil, user}, err
}

// vouched gives the address of a proof, if this deployment vouches for it, and ""
// else.
func (s *SignIn) vouched(proof promptz.Proof) string {
	if !proof.EmailVerified || !s.provider.TrustEmail {
		return ""
	}
	address, err := ParseAddress(proof.Email)
	if err != nil {
		return ""
	}
	return address
}

// refreshed gives the next state of an account that somebody signs in to: it
// learns how, and becomes an admin's if the configuration says so.
func (s *SignIn) refreshed(old *promptz.User, claim promptz.Claim, address string) *promptz.User {
	next := *old
	if !slices.Contains(old.Claims, claim) {
		next.Claims = append(slices.Clone(old.Claims), claim)
	}
	if slices.Contains(s.policy.Admins, address) {
		next.Role = promptz.RoleAdmin
	}
	if (account{old, &next}).changed() {
		next.Revision++
	}
	return &next
}

// newAccount makes an account with a handle to be replaced by a better one.
func (s *SignIn) newAccount(claims []promptz.Claim, address string) (*promptz.User, error) {
	id, err := promptz.NewID(s.random)
	if err != nil {
		return nil, err
	}
	u := &promptz.User{
		ID: id, Handle: "user-" + id[:8], Provisional: true, Role: promptz.RoleUser,
		Email: address, Claims: claims, CreatedAt: s.time(), Revision: 1,
	}
	if slices.Contains(s.policy.Admins, address) {
		u.Role = promptz.RoleAdmin
	}
	return u, nil
}

// remembered gives the browser to be remembered, where it is one.
func (s *SignIn) remembered(u *promptz.User, g *promptz.Grant) *promptz.Device {
	if g.Device == "" || u.Email == "" {
		g.Device = ""
		return nil
	}
	return &promptz.Device{
		Hash: hashOf(g.Device), Claim: emailClaim(s.secrets, u.Email),
		ExpiresAt: s.time().Add(promptz.DeviceLifetime),
	}
}
