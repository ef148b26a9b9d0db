package promptz

import (
	"net/netip"
	"time"
)

// Purpose is what a challenge is for.
type Purpose string

// The purposes.
const (
	PurposeSignIn  Purpose = "sign_in"
	PurposeAddress Purpose = "address" // of a signed-in user, whose address it becomes
)

// How long sign-ins last, and what they allow.
const (
	ChallengeLifetime = 10 * time.Minute
	MaxTries          = 5                   // answers to one challenge
	FreshSignIn       = 15 * time.Minute    // how recent a sign-in account changes want
	SessionIdle       = 30 * 24 * time.Hour // without use
	SessionLifetime   = 90 * 24 * time.Hour // in all
	DeviceLifetime    = 90 * 24 * time.Hour // of a browser that once signed in
)

// Challenge asks somebody to prove who they are. It is answered once.
type Challenge struct {
	ID        string
	Purpose   Purpose
	Email     string // asked for, in the form that [Claim] is made of; "" where the provider asks
	UserID    string // whose address it becomes, for PurposeAddress
	CodeHash  []byte // keyed hash of the code that we made; nil where the provider makes it
	LinkHash  []byte // SHA-256 of the link's token; nil where there is no link
	State     []byte // what the provider wants back, sealed; nil is not there yet
	Browser   []byte // SHA-256 of the cookie of the browser that began a redirect
	Proof     *Proof // what the provider proved, once its callback came
	Tries     int    // answers that were counted
	Used      bool
	CreatedAt time.Time
	ExpiresAt time.Time

	// Guard is the store's own token, see [Item.Guard].
	Guard any
}

// Proof is what a provider proves of somebody.
type Proof struct {
	Issuer        string // of Subject; "" where the provider knows addresses alone
	Subject       string // of the account at the issuer
	Email         string // as the provider wrote it; "" is unknown
	EmailVerified bool
}

// Claim makes something one user's: an address or an account at an issuer, as
// "email#<keyed hash>" or "subject#<hash>". Only package identity makes one.
type Claim string

// Session is one sign-in: what its tokens and cookies stand for until it ends.
type Session struct {
	ID         string
	UserID     string
	Client     string // the user agent that signed in, for people
	Network    string // its network, for people: "203.0.113.0/24"
	CookieHash []byte // SHA-256 of the browser's secret; nil for one of tokens
	Refresh    Refresh
	SignedInAt time.Time // when somebody proved who they are
	LastUsedAt time.Time // by refreshing, or by a cookie to the day
	ExpiresAt  time.Time // at the latest; earlier when idle

	// Guard is the store's own token, see [Item.Guard].
	Guard any
}

// Refresh is the state of a session's family of refresh tokens. The zero value
// is that of a session without.
type Refresh struct {
	Generation int       // of the token that is good, from 1
	Hash       []byte    // its SHA-256
	Previous   []byte    // the hash of the one it replaced; nil for the first
	RotatedAt  time.Time // when it replaced it
}

// Device is a browser in which somebody signed in before.
type Device struct {
	Hash      []byte // SHA-256 of its cookie
	Claim     Claim  // on the address that signed in
	ExpiresAt time.Time
}

// SignIn is what the right answer to a challenge writes, all of it or nothing.
type SignIn struct {
	Challenge *Challenge // as it was read; it is used up
	NewUser   *User      // the account that is made; nil where there is one
	OldUser   *User      // the account as it was read, where User changes it
	User      *User
	Session   *Session // nil for PurposeAddress
	Device    *Device  // nil where none is to be remembered
	Queued    []*Delivery
}

// Delivery is something that has to reach somebody outside, written with what
// causes it and tried until it succeeds or ExpiresAt has passed.
type Delivery struct {
	ID        string
	Sealed    []byte // what is to be delivered; only package identity can read it
	Attempts  int
	DueAt     time.Time
	ExpiresAt time.Time

	// Guard is the store's own token, see [Item.Guard].
	Guard any
}

// Erasure says how an account is to be erased.
type Erasure struct {
	UserID     string
	KeepPublic bool // its public items stay, under nobody's name
	At         time.Time
}

// Asker is a client that wants to sign in, as far as it shows.
type Asker struct {
	Client  string       // its User-Agent, at most 200 characters of one line
	Network netip.Prefix // of its address: /24, or /64
	Device  string       // the cookie of an earlier sign-in; "" is none
}

// Begun is a challenge as its asker gets to know it.
type Begun struct {
	ChallengeID string
	URL         string // where to go, at a provider that asks for itself; else ""
	Browser     string // the secret of the cookie that the callback wants; with URL only
	ExpiresAt   time.Time
}

// Transport is how a client wants to carry its session.
type Transport string

// The transports.
const (
	TransportTokens Transport = "tokens" // an access and a refresh token
	TransportCookie Transport = "cookie" // one secret, for browsers
)

// Grant is what a client gets that has proven who somebody is.
type Grant struct {
	AccessToken  string // with TransportTokens
	RefreshToken string
	Lifetime     time.Duration // of AccessToken
	Scopes       []Scope

	Cookie    string    // with TransportCookie
	ExpiresAt time.Time // of the session at the latest

	Device string // to remember the browser by; "" where there is nothing to remember
}

// LinkTarget is what the page of a link from a mail shows.
type LinkTarget struct {
	Handle    string // of the account; "" when a new one will be made
	Email     string
	ExpiresAt time.Time
}

// Callback is what comes of a provider's redirect: a grant in the browser that
// began, elsewhere a code to type where the sign-in began.
type Callback struct {
	Grant *Grant
	Code  string
}

// AnswerRequest is an answer to a challenge.
type AnswerRequest struct {
	ChallengeID string
	Code        string
	Transport   Transport
	Asker       Asker
}
