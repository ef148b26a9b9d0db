package api

import (
	"context"
	"net/http"
	"strings"

	"promptz/internal/promptz"
)

type principalKey struct{}

func withPrincipal(ctx context.Context, p promptz.Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// principalOf is who sent the request; nobody on routes that take no credential.
func principalOf(ctx context.Context) promptz.Principal {
	p, _ := ctx.Value(principalKey{}).(promptz.Principal)
	return p
}

// BearerOf gives the token of "Authorization: Bearer <token>" (RFC 6750), "" when
// there is no Authorization.
func BearerOf(r *http.Request) (string, error) {
	lines := r.Header.Values("Authorization")
	if len(lines) == 0 {
		return "", nil
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	token = strings.Trim(token, " ")
	if len(lines) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" || strings.ContainsAny(token, " \t,") {
		return "", promptz.Errorf(promptz.CodeUnauthenticated, "Authorization has to be \"Bearer\" and one credential.")
	}
	return token, nil
}

// CredentialOf gives what finds the credential that a request carries, its bearer
// or its session cookie, and "" where there is none or it will be refused.
func CredentialOf(publicURL string) func(r *http.Request) string {
	c := newCookies(publicURL)
	return func(r *http.Request) string {
		bearer, err := BearerOf(r)
		if err != nil {
			return ""
		}
		if bearer != "" {
			return bearer
		}
		return c.get(r, sessionCookie)
	}
}
