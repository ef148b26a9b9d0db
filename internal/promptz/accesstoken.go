package promptz

import "time"

// AccessLifetime is how long an access token is good.
const AccessLifetime = 10 * time.Minute

// AccessClaims is what an access token says (RFC 9068).
type AccessClaims struct {
	ID        string // jti
	UserID    string // sub
	SessionID string // sid
	Scopes    []Scope
	IssuedAt  time.Time
	ExpiresAt time.Time
}
