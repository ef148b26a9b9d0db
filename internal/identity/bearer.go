package identity

import (
	"context"
	"errors"
	"time"

	"promptz/internal/promptz"
)

// AuthenticateBearer says whose credential it is: an API key, an access token of
// ours, or one of the provider's where they are taken. It fails with
// [promptz.CodeUnauthenticated], in the same words whatever is wrong with it.
func (s *SignIn) AuthenticateBearer(ctx context.Context, bearer string) (promptz.Principal, error) {
	if keyPattern.MatchString(bearer) {
		return s.accounts.AuthenticateKey(ctx, bearer)
	}
	return s.accounts.remembered(bearer, func() (authenticated, error) {
		c, err := s.tokens.Verify(ctx, bearer)
		if err == nil {
			return s.findBySession(ctx, c.SessionID, c.ExpiresAt)
		}
		if promptz.ErrorCode(err) != promptz.CodeUnauthenticated || s.provider.Bearers == nil {
			return authenticated{}, err
		}
		return s.findByProof(ctx, bearer)
	})
}

// AuthenticateCookie says whose session cookie it is, like AuthenticateBearer.
func (s *SignIn) AuthenticateCookie(ctx context.Context, cookie string) (promptz.Principal, error) {
	return s.accounts.remembered(asCookie(cookie), func() (authenticated, error) {
		session, err := s.findByCookie(ctx, cookie)
		if err != nil {
			return authenticated{}, err
		}
		s.recordUse(ctx, session)
		return s.findBySession(ctx, session.ID, session.ExpiresAt)
	})
}

// recordUse keeps a browser's session from going idle, once a day. Where it fails,
// the next use records it.
func (s *SignIn) recordUse(ctx context.Context, session *promptz.Session) {
	now := s.time()
	if now.Sub(session.LastUsedAt) < promptz.KeyUseInterval {
		return
	}
	next := *session
	next.LastUsedAt, next.ExpiresAt = now, expiryOf(session, now)
	_ = s.store.UpdateSession(ctx, session, &next)
}

// findBySession gives who a live session is of, with the rights that they have
// now.
func (s *SignIn) findBySession(ctx context.Context, id string, expires time.Time) (authenticated, error) {
	session, u, err := s.findLive(ctx, id)
	if err != nil {
		return authenticated{}, err
	}
	if session == nil {
		return authenticated{}, errBadCredential
	}
	return authenticated{promptz.Principal{
		UserID: u.ID, Role: u.Role, Scopes: scopesOf(u.Role), SessionID: session.ID, SignedInAt: session.SignedInAt,
	}, expires}, nil
}

// findByProof gives the user of a provider's access token, who is made at the
// first request where nobody did that before. It is no session: nothing that
// wants a recent sign-in is done with it.
func (s *SignIn) findByProof(ctx context.Context, bearer string) (authenticated, error) {
	proof, expires, err := s.provider.Bearers.VerifyBearer(ctx, bearer)
	if err != nil {
		return authenticated{}, err
	}
	u, err := s.RefreshUser(ctx, proof)
	if promptz.ErrorCode(err) == promptz.CodeForbidden || err == nil && u.Suspended() {
		return authenticated{}, errBadCredential
	}
	if err != nil {
		return authenticated{}, err
	}
	return authenticated{promptz.Principal{UserID: u.ID, Role: u.Role, Scopes: scopesOf(u.Role)}, expires}, nil
}

// RefreshUser makes the account of who proved this, or brings it up to date: what
// a sign-in does but for the session. It fails with [promptz.CodeForbidden] for
// who may not have one.
func (s *SignIn) RefreshUser(ctx context.Context, proof promptz.Proof) (*promptz.User, error) {
	for round := 1; ; round++ {
		who, err := s.resolve(ctx, proof)
		switch {
		case err != nil:
			return nil, err
		case who.old == nil:
			err = s.store.CreateUser(ctx, who.user)
		case who.changed():
			err = s.store.UpdateUser(ctx, who.old, who.user)
		}
		if err == nil {
			return who.user, nil
		}
		again := errors.Is(err, promptz.ErrStale) || promptz.ErrorCode(err) == promptz.CodeConflict
		if !again || round == maxRounds {
			return nil, err
		}
	}
}
