package token

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"

	"promptz/internal/promptz"
)

// claims is the payload (RFC 9068, 2.2). Times are seconds since 1970, and 0 is
// not there.
type claims struct {
	Issuer    string `json:"iss"`
	Audience  string `json:"aud"`
	Subject   string `json:"sub"`
	SessionID string `json:"sid"`
	ClientID  string `json:"client_id"`
	Scope     string `json:"scope"`
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	ExpiresAt int64  `json:"exp"`
	ID        string `json:"jti"`
}

// complete tells whether the claims are there that the parser does not ask for.
func (c *claims) complete() bool {
	return c.Subject != "" && c.SessionID != "" && c.ID != "" && c.IssuedAt != 0
}

// UnmarshalJSON refuses what JSON libraries read differently, such as a claim that
// is there twice (RFC 7519, 4) or in upper case.
func (c *claims) UnmarshalJSON(b []byte) error {
	type plain claims
	return json.Unmarshal(b, (*plain)(c))
}

// The parser asks for what it checks.

func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{c.Audience}, nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return date(c.IssuedAt), nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return date(c.NotBefore), nil }
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return date(c.ExpiresAt), nil }

func date(seconds int64) *jwt.NumericDate {
	if seconds == 0 {
		return nil
	}
	return jwt.NewNumericDate(time.Unix(seconds, 0))
}

// access gives what the token says to who takes it.
func (c *claims) access() promptz.AccessClaims {
	return promptz.AccessClaims{
		ID: c.ID, UserID: c.Subject, SessionID: c.SessionID, Scopes: parseScopes(c.Scope),
		IssuedAt: time.Unix(c.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(c.ExpiresAt, 0).UTC(),
	}
}

// joinScopes writes scopes as RFC 6749, 3.3 has them.
func joinScopes(scopes []promptz.Scope) string {
	words := make([]string, len(scopes))
	for i, scope := range scopes {
		words[i] = string(scope)
	}
	return strings.Join(words, " ")
}

func parseScopes(words string) []promptz.Scope {
	var scopes []promptz.Scope
	for word := range strings.FieldsSeq(words) {
		scopes = append(scopes, promptz.Scope(word))
	}
	return scopes
}
