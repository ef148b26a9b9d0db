package identity

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"strings"

	"promptz/internal/promptz"
)

// beginRedirect sends somebody to a provider that asks for itself. What comes
// back completes at once only in the browser that holds the secret.
func (s *SignIn) beginRedirect(ctx context.Context, a promptz.Asker) (promptz.Begun, error) {
	if err := s.limitAsking(ctx, "", a); err != nil {
		return promptz.Begun{}, err
	}
	c, err := s.newChallenge(promptz.PurposeSignIn)
	if err != nil {
		return promptz.Begun{}, err
	}
	browser, err := s.newSecret()
	if err != nil {
		return promptz.Begun{}, err
	}
	c.Browser = hashOf(browser)
	begun := promptz.Begun{ChallengeID: c.ID, Browser: browser, ExpiresAt: c.ExpiresAt}
	begun.URL, err = s.provider.Redirects.URL(ctx, s.redirectState(c.ID), s.redirectSecret("nonce", c.ID), s.redirectSecret("verifier", c.ID))
	if err != nil {
		return promptz.Begun{}, err
	}
	return begun, s.store.CreateChallenge(ctx, c, nil)
}

// redirectState names a challenge so that nobody else can make it up.
func (s *SignIn) redirectState(id string) string { return id + "." + s.redirectSecret("state", id) }

func (s *SignIn) redirectSecret(what, id string) string {
	return base64.RawURLEncoding.EncodeToString(s.secrets.MAC(redirectLabel, []byte(what), []byte(id)))
}

// Callback takes what a provider sent a browser back with. In the browser that
// began it signs in; anywhere else it gives a code to type there. It fails with
// [promptz.CodeUnauthenticated].
func (s *SignIn) Callback(ctx context.Context, state, code, browser string, a promptz.Asker) (promptz.Callback, error) {
	id, _, _ := strings.Cut(state, ".")
	if s.provider.Redirects == nil || !hmac.Equal([]byte(state), []byte(s.redirectState(id))) {
		return promptz.Callback{}, errRefused
	}
	c, err := s.countTry(ctx, id)
	if err != nil {
		return promptz.Callback{}, err
	}
	if c.Proof != nil {
		return promptz.Callback{}, errRefused
	}
	proof, err := s.provider.Redirects.Exchange(ctx, code, s.redirectSecret("nonce", id), s.redirectSecret("verifier", id))
	if promptz.ErrorCode(err) == promptz.CodeUnauthenticated {
		s.log.Info("sign-in refused", "challenge", c.ID, "error", err)
		return promptz.Callback{}, errRefused
	}
	if err != nil {
		return promptz.Callback{}, err
	}
	if browser != "" && hmac.Equal(c.Browser, hashOf(browser)) {
		grant, err := s.complete(ctx, c, proof, promptz.TransportCookie, a)
		return promptz.Callback{Grant: grant}, err
	}
	typed, err := s.keepProof(ctx, c, proof)
	return promptz.Callback{Code: typed}, err
}

// keepProof keeps a proof until the code that it gives is typed where the sign-in
// began.
func (s *SignIn) keepProof(ctx context.Context, c *promptz.Challenge, proof promptz.Proof) (code string, err error) {
	if code, err = drawCode(s.random); err != nil {
		return "", err
	}
	next := *c
	next.Proof, next.CodeHash, next.Tries = &proof, codeHash(s.secrets, c.ID, code), 0
	err = s.store.UpdateChallenge(ctx, c, &next)
	if errors.Is(err, promptz.ErrStale) {
		return "", errRefused
	}
	return code, err
}

// checkCallback compares the code that a callback showed.
func (s *SignIn) checkCallback(c *promptz.Challenge, code string) (promptz.Proof, error) {
	if c.Proof == nil || !hmac.Equal(c.CodeHash, codeHash(s.secrets, c.ID, code)) {
		return promptz.Proof{}, errRefused
	}
	return *c.Proof, nil
}
