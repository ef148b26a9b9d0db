package api

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// SignIn is what the API does with sign-ins and sessions; package identity has
// one.
type SignIn interface {
	Begin(ctx context.Context, email string, a promptz.Asker) (promptz.Begun, error)
	BeginAddress(ctx context.Context, p promptz.Principal, email string, a promptz.Asker) (promptz.Begun, error)
	Answer(ctx context.Context, p promptz.Principal, r promptz.AnswerRequest) (*promptz.Grant, error)
	FindLink(ctx context.Context, token string) (promptz.LinkTarget, error)
	FollowLink(ctx context.Context, token string, a promptz.Asker) (*promptz.Grant, error)
	Callback(ctx context.Context, state, code, browser string, a promptz.Asker) (promptz.Callback, error)
	Refresh(ctx context.Context, token string) (*promptz.Grant, error)
	Revoke(ctx context.Context, token string) error
	Sessions
}

// Sessions is what the API does with where somebody is signed in.
type Sessions interface {
	AuthenticateBearer(ctx context.Context, bearer string) (promptz.Principal, error)
	AuthenticateCookie(ctx context.Context, cookie string) (promptz.Principal, error)
	FindSessions(ctx context.Context, p promptz.Principal) ([]*promptz.Session, error)
	DeleteSession(ctx context.Context, p promptz.Principal, id string) error
	DeleteSessions(ctx context.Context, p promptz.Principal) error
}

// BeginSignIn asks somebody to prove who they are.
func (s *server) BeginSignIn(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func() error {
		var in contract.SignIn
		if err := readObject(w, r, nil, &in); err != nil {
			return err
		}
		begun, err := s.SignIn.Begin(r.Context(), in.Email, s.asker(r))
		if err != nil {
			return err
		}
		return s.respondChallenge(w, begun)
	})
}

// BeginAddressChange asks the caller to prove that another address is theirs.
func (s *server) BeginAddressChange(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func() error {
		var in contract.AddressChange
		if err := readObject(w, r, []string{"email"}, &in); err != nil {
			return err
		}
		begun, err := s.SignIn.BeginAddress(r.Context(), principalOf(r.Context()), in.Email, s.asker(r))
		if err != nil {
			return err
		}
		return s.respondChallenge(w, begun)
	})
}

// readObject reads a small body into v, strictly.
func readObject(w http.ResponseWriter, r *http.Request, required []string, v any) error {
	body, err := readBody(w, r, typeJSON, maxOtherBody)
	if err != nil {
		return err
	}
	m, err := parseObject(body)
	if err != nil {
		return err
	}
	return decode(m, required, v)
}

func (s *server) respondChallenge(w http.ResponseWriter, begun promptz.Begun) error {
	method := contract.ChallengeMethod("code")
	if begun.URL != "" {
		method = "redirect"
		s.cookies.set(w, challengeCookie, begun.Browser, begun.ExpiresAt)
	}
	return respondPrivately(w, http.StatusAccepted, contract.Challenge{
		ChallengeId: begun.ChallengeID, Method: method, Url: begun.URL, ExpiresAt: timestamp(begun.ExpiresAt),
	})
}

// AnswerChallenge takes the code.
func (s *server) AnswerChallenge(w http.ResponseWriter, r *http.Request, id contract.EntryId) {
	s.answer(w, r, func() error {
		var in contract.ChallengeAnswer
		if err := readObject(w, r, []string{"code"}, &in); err != nil {
			return err
		}
		request := promptz.AnswerRequest{ChallengeID: id, Code: in.Code, Transport: promptz.TransportTokens, Asker: s.asker(r)}
		if in.Cookie {
			request.Transport = promptz.TransportCookie
		}
		grant, err := s.SignIn.Answer(r.Context(), principalOf(r.Context()), request)
		if err != nil {
			return err
		}
		if grant == nil || grant.Cookie != "" {
			s.cookies.grant(w, grant)
			noStore(w.Header())
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
		return respondTokens(w, grant)
	})
}

// respondTokens answers as OAuth 2 does (RFC 6749, section 5.1).
func respondTokens(w http.ResponseWriter, g *promptz.Grant) error {
	scopes := make([]string, len(g.Scopes))
	for i, scope := range g.Scopes {
		scopes[i] = string(scope)
	}
	return respondPrivately(w, http.StatusOK, contract.Tokens{
		AccessToken: g.AccessToken, TokenType: "Bearer", ExpiresIn: int(g.Lifetime.Seconds()),
		RefreshToken: g.RefreshToken, Scope: strings.Join(scopes, " "),
	})
}

// RefreshTokens gives new tokens for a refresh token.
func (s *server) RefreshTokens(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func() error {
		form, err := readForm(w, r)
		switch {
		case err != nil:
			return err
		case form == nil || form.Get("refresh_token") == "" || form.Get("grant_type") == "":
			return respondOAuthError(w, "invalid_request", "grant_type and refresh_token have to be there, once each.")
		case form.Get("grant_type") != "refresh_token":
			return respondOAuthError(w, "unsupported_grant_type", "The only grant here is refresh_token.")
		}
		grant, err := s.SignIn.Refresh(r.Context(), form.Get("refresh_token"))
		if promptz.ErrorCode(err) == promptz.CodeUnauthenticated {
			return respondOAuthError(w, "invalid_grant", "This refresh token is not valid, or no longer. Sign in again.")
		}
		if err != nil {
			return err
		}
		return respondTokens(w, grant)
	})
}

// RevokeToken ends a session.
func (s *server) RevokeToken(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func() error {
		form, err := readForm(w, r)
		if err != nil {
			return err
		}
		token, cookie := form.Get("token"), s.cookies.get(r, sessionCookie)
		if form == nil || token == "" && cookie == "" {
			return respondOAuthError(w, "invalid_request", "token has to be there, once.")
		}
		byCookie := token == ""
		if err := s.SignIn.Revoke(r.Context(), cmp.Or(token, cookie)); err != nil {
			return err
		}
		if byCookie {
			s.cookies.drop(w, sessionCookie)
		}
		noStore(w.Header())
		w.WriteHeader(http.StatusOK)
		return nil
	})
}

// respondOAuthError refuses as OAuth 2 does (RFC 6749, section 5.2).
func respondOAuthError(w http.ResponseWriter, code, description string) error {
	return respondPrivately(w, http.StatusBadRequest, contract.OAuthError{
		Error: contract.OAuthErrorError(code), ErrorDescription: description,
	})
}

// GetKeySet answers with the public keys of access tokens.
func (s *server) GetKeySet(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func() error {
		keys, err := s.KeySet(r.Context())
		if err != nil {
			return err
		}
		h := w.Header()
		h.Set("Content-Type", typeJSON)
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(http.StatusOK)
		if r.Method != http.MethodHead {
			w.Write(keys)
		}
		return nil
	})
}

// asker says what is known of who asks to sign in.
func (s *server) asker(r *http.Request) promptz.Asker {
	return promptz.Asker{
		Client: clientOf(r), Network: networkOf(s.ClientAddr(r.Context())), Device: s.cookies.get(r, deviceCookie),
	}
}

// maxClient is how much of a User-Agent is kept, in bytes.
const maxClient = 200

// clientOf gives the User-Agent as a line that mails and pages can show: nothing
// in it breaks the line or turns its direction.
func clientOf(r *http.Request) string {
	agent := r.UserAgent()
	return strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsGraphic(c) {
			return -1
		}
		return c
	}, agent[:min(len(agent), maxClient)])
}

// networkOf gives the network that an address counts for: a /24, or a /64.
func networkOf(addr netip.Addr) netip.Prefix {
	bits := 64
	if addr = addr.Unmap(); addr.Is4() {
		bits = 24
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}
