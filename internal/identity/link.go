package identity

import (
	"context"
	"crypto/hmac"
	"strings"

	"promptz/internal/promptz"
)

// linkPath is where links in mails lead, under the public URL.
const linkPath = "/v1/auth/link/"

// newLink makes a link that answers a challenge, and what is kept of it.
func (s *SignIn) newLink(challengeID string) (link string, hash []byte, err error) {
	secret, err := s.newSecret()
	if err != nil {
		return "", nil, err
	}
	return s.policy.PublicURL + linkPath + challengeID + "." + secret, hashOf(secret), nil
}

// FindLink tells whom a link from a mail would sign in. It changes nothing: mail
// scanners follow links. It fails with [promptz.CodeUnauthenticated].
func (s *SignIn) FindLink(ctx context.Context, token string) (promptz.LinkTarget, error) {
	c, err := s.findLinked(ctx, token)
	if err != nil {
		return promptz.LinkTarget{}, err
	}
	target := promptz.LinkTarget{Email: c.Email, ExpiresAt: c.ExpiresAt}
	u, err := s.store.FindUserByClaim(ctx, emailClaim(s.secrets, c.Email))
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return target, nil
	}
	if err != nil {
		return promptz.LinkTarget{}, err
	}
	target.Handle = u.Handle
	return target, nil
}

// FollowLink signs in the browser in which somebody confirmed a link; its code is
// dead then. It fails with [promptz.CodeUnauthenticated] and
// [promptz.CodeForbidden].
func (s *SignIn) FollowLink(ctx context.Context, token string, a promptz.Asker) (*promptz.Grant, error) {
	c, err := s.findLinked(ctx, token)
	if err != nil {
		return nil, err
	}
	proof := promptz.Proof{Email: c.Email, EmailVerified: true}
	return s.complete(ctx, c, proof, promptz.TransportCookie, a)
}

// findLinked gives the open challenge that a link answers.
func (s *SignIn) findLinked(ctx context.Context, token string) (*promptz.Challenge, error) {
	id, secret, _ := strings.Cut(token, ".")
	c, err := s.findOpen(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(c.LinkHash) == 0 || !hmac.Equal(c.LinkHash, hashOf(secret)) {
		return nil, errRefused
	}
	return c, nil
}
