package promptz

import (
	"strings"
	"time"
)

// User is somebody who owns items.
type User struct {
	ID          string
	Handle      string `validate:"min=3,max=20,handle"`
	DisplayName string `validate:"max=80,oneline"`
	Bio         string `validate:"max=500,plain"`
	Role        Role   `validate:"oneof=user moderator admin"`
	// Provisional says that Handle was made for the user, who may yet choose one.
	Provisional bool
	CreatedAt   time.Time
	// HandleChangedAt is when Handle was last chosen; zero if never since the
	// account was made.
	HandleChangedAt time.Time
	// Email is the verified address, in the form that [Claim] is made of; "" is
	// none. Only the user sees it.
	Email string
	// Claims are all that this user alone signs in by.
	Claims []Claim
	// SuspendedAt is since when the user can't sign in, nor use what they have;
	// zero is not suspended.
	SuspendedAt time.Time
	Revision    int64 // one up at every write of the user; the ETag's first half

	// Guard is the store's own token, see [Item.Guard].
	Guard any
}

// Profile is what everybody may see of a user.
type Profile struct {
	Handle      string
	DisplayName string
}

// Suspended tells whether the user may not come in.
func (u *User) Suspended() bool { return !u.SuspendedAt.IsZero() }

// ProfileEdit is what users may change of themselves.
type ProfileEdit struct {
	Handle      string
	DisplayName string
	Bio         string
}

// Profile gives the user's profile.
func (u *User) Profile() Profile {
	return Profile{Handle: u.Handle, DisplayName: u.DisplayName}
}

// What holds for handles besides their form.
const (
	HandleChangeInterval = 7 * 24 * time.Hour  // between two changes by the same user
	HandleRedirect       = 90 * 24 * time.Hour // how long an old one leads to its user
)

// FoldHandle gives the form in which handles are unique and looked up.
func FoldHandle(handle string) string {
	// Handles are ASCII, so that no two that fold alike look different.
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, handle)
}

// reservedHandles are those that could be taken for a part of the site or for
// its staff, folded.
var reservedHandles = map[string]bool{
	"about": true, "account": true, "admin": true, "administrator": true, "agents": true,
	"api": true, "auth": true, "deleted": true, "deleted-user": true, "docs": true,
	"everyone": true, "feed": true, "help": true, "items": true, "login": true,
	"logout": true, "mcp": true, "moderator": true, "null": true, "privacy": true,
	"promptz": true, "prompts": true, "root": true, "rules": true, "search": true,
	"security": true, "settings": true, "signin": true, "signup": true, "staff": true,
	"static": true, "stats": true, "support": true, "system": true, "tags": true,
	"terms": true, "undefined": true, "users": true, "webmaster": true,
}

// Key is an API key as it is stored: the secret itself is nowhere.
type Key struct {
	ID        string
	UserID    string
	Name      string `validate:"min=1,max=80,oneline"`
	Hash      [32]byte
	Last4     string
	Scopes    []Scope `validate:"min=1,max=4,unique,dive,oneof=public read write admin"`
	CreatedAt time.Time
	ExpiresAt time.Time
	// LastUsedAt is when it was used, to the day; zero if never.
	LastUsedAt time.Time
}

// KeyRequest is what is wanted of a new key.
type KeyRequest struct {
	UserID   string
	Name     string
	Scopes   []Scope
	Lifetime time.Duration // 0 is the default
}

// AccountExport is what an account holds besides its items, for its owner to take
// away.
type AccountExport struct {
	User     *User
	Sessions []*Session
	Keys     []*Key
}

// KeyUseInterval is how exactly [Key.LastUsedAt] is kept.
const KeyUseInterval = 24 * time.Hour
