package identity

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"promptz/internal/promptz"
)

// scopesOf gives what somebody may do who signed in themselves.
func scopesOf(role promptz.Role) []promptz.Scope {
	scopes := []promptz.Scope{promptz.ScopePublic, promptz.ScopeRead, promptz.ScopeWrite}
	if role != promptz.RoleUser {
		scopes = append(scopes, promptz.ScopeAdmin)
	}
	return scopes
}

// newSession makes a session and what carries it.
func (s *SignIn) newSession(ctx context.Context, u *promptz.User, transport promptz.Transport, a promptz.Asker) (*promptz.Session, *promptz.Grant, error) {
	id, err := promptz.NewID(s.random)
	if err != nil {
		return nil, nil, err
	}
	now := s.time()
	session := &promptz.Session{
		ID: id, UserID: u.ID, Client: a.Client, Network: networkOf(a), SignedInAt: now, LastUsedAt: now,
	}
	session.ExpiresAt = expiryOf(session, now)
	secret, err := s.newSecret()
	if err != nil {
		return nil, nil, err
	}
	if transport == promptz.TransportCookie {
		session.CookieHash = hashOf(secret)
		device := a.Device
		if device == "" {
			if device, err = s.newSecret(); err != nil {
				return nil, nil, err
			}
		}
		return session, &promptz.Grant{Cookie: id + "." + secret, ExpiresAt: now.Add(promptz.SessionLifetime), Device: device}, nil
	}
	t := refreshToken{sessionID: id, generation: 1, secret: secret}
	session.Refresh = promptz.Refresh{Generation: 1, Hash: hashOf(t.format(s.secrets))}
	grant, err := s.grant(ctx, session, u, t)
	return session, grant, err
}

// expiryOf is when a session that is used at now ends.
func expiryOf(session *promptz.Session, now time.Time) time.Time {
	idle, end := now.Add(promptz.SessionIdle), session.SignedInAt.Add(promptz.SessionLifetime)
	if end.Before(idle) {
		idle = end
	}
	return idle.Truncate(time.Second)
}

// grant makes an access token beside a refresh token.
func (s *SignIn) grant(ctx context.Context, session *promptz.Session, u *promptz.User, t refreshToken) (*promptz.Grant, error) {
	scopes := scopesOf(u.Role)
	access, err := s.tokens.Sign(ctx, promptz.AccessClaims{UserID: u.ID, SessionID: session.ID, Scopes: scopes})
	if err != nil {
		return nil, err
	}
	return &promptz.Grant{
		AccessToken: access, RefreshToken: t.format(s.secrets), Lifetime: promptz.AccessLifetime,
		Scopes: scopes, ExpiresAt: session.ExpiresAt,
	}, nil
}

// refreshPrefix begins refresh tokens, so that a scanner for leaked secrets finds
// them.
const refreshPrefix = "promptz_rt_"

// refreshToken is one of a session's family. Its tag says that we made it: one
// that was good once is told from one that somebody made up.
type refreshToken struct {
	sessionID  string
	generation int
	secret     string
}

func (t refreshToken) format(s Secrets) string {
	body := t.sessionID + "." + strconv.Itoa(t.generation) + "." + t.secret
	return refreshPrefix + body + "." + tagOf(s, body)
}

func tagOf(s Secrets, body string) string {
	return base64.RawURLEncoding.EncodeToString(s.MAC(refreshTagLabel, []byte(body))[:16])
}

// parseRefresh reads a token that we made.
func parseRefresh(s Secrets, token string) (refreshToken, bool) {
	body, prefixed := strings.CutPrefix(token, refreshPrefix)
	cut := strings.LastIndexByte(body, '.')
	if !prefixed || cut < 0 || !hmac.Equal([]byte(body[cut+1:]), []byte(tagOf(s, body[:cut]))) {
		return refreshToken{}, false
	}
	parts := strings.Split(body[:cut], ".")
	if len(parts) != 3 {
		return refreshToken{}, false
	}
	generation, err := strconv.Atoi(parts[1])
	return refreshToken{parts[0], generation, parts[2]}, err == nil
}

// successor is the token that follows, the same for everybody who has this one.
func (t refreshToken) successor(s Secrets) refreshToken {
	next := s.MAC(refreshLabel, []byte(t.format(s)))
	return refreshToken{t.sessionID, t.generation + 1, base64.RawURLEncoding.EncodeToString(next)}
}

// refreshGrace is how long a token that was replaced gives its successor again:
// an answer may have been lost.
const refreshGrace = 30 * time.Second

// errInvalidGrant is the one answer to a refresh token that is not good.
var errInvalidGrant = promptz.Errorf(promptz.CodeUnauthenticated, "This refresh token is not valid, or no longer. Sign in again.")

// Refresh gives new tokens for a refresh token, which is good once. One that was
// used before ends its session, but for a repeat in the next seconds that gets
// the same again. It fails with [promptz.CodeUnauthenticated].
func (s *SignIn) Refresh(ctx context.Context, token string) (*promptz.Grant, error) {
	t, ours := parseRefresh(s.secrets, token)
	if !ours {
		return nil, errInvalidGrant
	}
	for round := 1; ; round++ {
		session, u, err := s.findLive(ctx, t.sessionID)
		if err != nil {
			return nil, err
		}
		if session == nil {
			return nil, errInvalidGrant
		}
		now := s.time()
		switch hash := hashOf(token); {
		case hmac.Equal(hash, session.Refresh.Hash):
			next := s.rotated(session, t, now)
			err = s.store.UpdateSession(ctx, session, next)
			if err == nil {
				return s.grant(ctx, next, u, t.successor(s.secrets))
			}
			if !errors.Is(err, promptz.ErrStale) || round == maxRounds {
				return nil, err
			}
		case hmac.Equal(hash, session.Refresh.Previous) && now.Sub(session.Refresh.RotatedAt) <= refreshGrace:
			return s.grant(ctx, session, u, t.successor(s.secrets))
		default:
			s.log.Warn("refresh token used again; its session ends", "user", u.ID, "session", session.ID)
			return nil, errors.Join(errInvalidGrant, s.end(ctx, session.ID))
		}
	}
}

func (s *SignIn) rotated(session *promptz.Session, t refreshToken, now time.Time) *promptz.Session {
	next := *session
	next.LastUsedAt = now
	next.ExpiresAt = expiryOf(session, now)
	next.Refresh = promptz.Refresh{
		Generation: t.generation + 1, Hash: hashOf(t.successor(s.secrets).format(s.secrets)),
		Previous: session.Refresh.Hash, RotatedAt: now,
	}
	return &next
}

// findLive gives a session and its user, nil for one that has ended or whose user
// may not come in.
func (s *SignIn) findLive(ctx context.Context, id string) (*promptz.Session, *promptz.User, error) {
	session, err := s.store.FindSession(ctx, id)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	u, err := s.store.FindUser(ctx, session.UserID)
	if promptz.ErrorCode(err) == promptz.CodeNotFound || err == nil && u.Suspended() {
		return nil, nil, nil
	}
	return session, u, err
}

// end ends a session: here at once, in other processes within
// [CredentialLifetime].
func (s *SignIn) end(ctx context.Context, sessionID string) error {
	defer s.accounts.seen.forget()
	return s.store.DeleteSession(ctx, sessionID)
}

// Revoke ends the session of a refresh token, an access token or a cookie. What
// is none of them is no error (RFC 7009, 2.2).
func (s *SignIn) Revoke(ctx context.Context, token string) error {
	if t, ours := parseRefresh(s.secrets, token); ours {
		return s.end(ctx, t.sessionID)
	}
	c, err := s.tokens.Verify(ctx, token)
	if err == nil {
		return s.end(ctx, c.SessionID)
	}
	if promptz.ErrorCode(err) != promptz.CodeUnauthenticated { // it may be one: nothing is ended yet
		return err
	}
	session, err := s.findByCookie(ctx, token)
	switch {
	case err == nil:
		return s.end(ctx, session.ID)
	case promptz.ErrorCode(err) != promptz.CodeUnauthenticated:
		return err
	}
	return nil
}

// findByCookie gives the session of a cookie. It fails with
// [promptz.CodeUnauthenticated].
func (s *SignIn) findByCookie(ctx context.Context, cookie string) (*promptz.Session, error) {
	id, secret, ok := strings.Cut(cookie, ".")
	if !ok || !promptz.ValidID(id) {
		return nil, errBadCredential
	}
	session, err := s.store.FindSession(ctx, id)
	switch {
	case promptz.ErrorCode(err) == promptz.CodeNotFound:
		return nil, errBadCredential
	case err != nil:
		return nil, err
	case len(session.CookieHash) == 0 || !hmac.Equal(session.CookieHash, hashOf(secret)):
		return nil, errBadCredential
	}
	return session, nil
}

// FindSessions gives p's sessions, the latest sign-in first.
func (s *SignIn) FindSessions(ctx context.Context, p promptz.Principal) ([]*promptz.Session, error) {
	if err := p.Require(promptz.ScopeRead); err != nil {
		return nil, err
	}
	return s.store.FindSessions(ctx, p.UserID)
}

// DeleteSession ends one of p's sessions. It fails with [promptz.CodeNotFound] for
// one that is not p's, and with [promptz.CodeForbidden] without a recent
// sign-in.
func (s *SignIn) DeleteSession(ctx context.Context, p promptz.Principal, id string) error {
	if err := p.RequireFresh(s.now()); err != nil {
		return err
	}
	session, err := s.store.FindSession(ctx, id)
	if promptz.ErrorCode(err) == promptz.CodeNotFound || err == nil && session.UserID != p.UserID {
		return promptz.Errorf(promptz.CodeNotFound, "There is no such session.")
	}
	if err != nil {
		return err
	}
	return s.end(ctx, id)
}

// DeleteSessions ends all of p's sessions, this one too.
func (s *SignIn) DeleteSessions(ctx context.Context, p promptz.Principal) error {
	if err := p.RequireFresh(s.now()); err != nil {
		return err
	}
	return endAll(ctx, s.store, s.accounts.seen, p.UserID)
}

// endAll ends all sessions of a user.
func endAll(ctx context.Context, store Sessions, seen *credentials, userID string) error {
	defer seen.forget()
	sessions, err := store.FindSessions(ctx, userID)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		if err := store.DeleteSession(ctx, session.ID); err != nil {
			return err
		}
	}
	return nil
}
