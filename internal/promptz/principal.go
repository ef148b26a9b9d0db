package promptz

import (
	"slices"
	"time"
)

// Scope is what a credential may be used for.
type Scope string

// The scopes. Each includes those before it but admin, which includes all.
const (
	ScopePublic Scope = "public" // read what is public, as oneself
	ScopeRead   Scope = "read"   // read one's own drafts too
	ScopeWrite  Scope = "write"  // make and change one's own things
	ScopeAdmin  Scope = "admin"  // what the user's role allows beyond that
)

// Scopes lists them all, the least first.
var Scopes = []Scope{ScopePublic, ScopeRead, ScopeWrite, ScopeAdmin}

// Role is what a user may do beyond their own things.
type Role string

// The roles; an admin is a moderator too.
const (
	RoleUser      Role = "user"
	RoleModerator Role = "moderator"
	RoleAdmin     Role = "admin"
)

// Roles lists them all, the least first.
var Roles = []Role{RoleUser, RoleModerator, RoleAdmin}

// Principal is who is calling: nobody (the zero value), or a user by one of
// their credentials. Only package identity makes one that is somebody.
type Principal struct {
	UserID string
	Role   Role
	Scopes []Scope
	KeyID  string // the API key that was used, if one was
	// SessionID is the session that was used, if one was, and SignedInAt when
	// somebody proved who they are to begin it.
	SessionID  string
	SignedInAt time.Time
}

// Anonymous tells whether nobody is signed in.
func (p Principal) Anonymous() bool { return p.UserID == "" }

// Has tells whether the principal's credential holds scope or one that
// includes it; never for a scope that is none.
func (p Principal) Has(scope Scope) bool {
	least := slices.Index(Scopes, scope)
	if least < 0 {
		return false
	}
	return slices.ContainsFunc(p.Scopes, func(s Scope) bool {
		return slices.Index(Scopes, s) >= least
	})
}

// Require fails with [CodeUnauthenticated] for an anonymous principal and with
// [CodeForbidden] for one without scope.
func (p Principal) Require(scope Scope) error {
	if p.Anonymous() {
		return Errorf(CodeUnauthenticated, "This needs a signed-in caller: send an access token or an API key as \"Authorization: Bearer …\".")
	}
	if !p.Has(scope) {
		return Errorf(CodeForbidden, "This needs a credential with the scope %q.", scope)
	}
	return nil
}

// RequireFresh fails like [Principal.Require], and with [CodeForbidden] unless
// somebody signed in not longer than [FreshSignIn] before now: never for an API
// key.
func (p Principal) RequireFresh(now time.Time) error {
	if err := p.Require(ScopeWrite); err != nil {
		return err
	}
	if p.SessionID == "" || now.Sub(p.SignedInAt) > FreshSignIn {
		return Errorf(CodeForbidden, "This needs a sign-in of the last %d minutes: sign in again.", int(FreshSignIn.Minutes()))
	}
	return nil
}
