package promptz

import "time"

// LetterKind is what a letter says; each has templates of that name.
type LetterKind string

// The kinds of letters.
const (
	LetterCode           LetterKind = "code"            // sign in by this code, or this link
	LetterAddress        LetterKind = "address"         // confirm this address by this code
	LetterAddressChanged LetterKind = "address-changed" // to the old address: it is another now
	LetterWelcome        LetterKind = "welcome"         // to who has a new account
	LetterMilestone      LetterKind = "milestone"       // to an owner: so many have starred an item
	LetterFindings       LetterKind = "findings"        // to an owner: a public item holds what it hardly should
)

// LetterKinds lists them all.
var LetterKinds = []LetterKind{
	LetterCode, LetterAddress, LetterAddressChanged, LetterWelcome, LetterMilestone, LetterFindings,
}

// Letter is a mail before it has words.
type Letter struct {
	ID        string // the same when it is sent again
	Kind      LetterKind
	To        string // a bare address
	Handle    string // whose account it is about; "" for a new one
	Code      string // digits
	Link      string // signs in the browser that opens it; "" where there is none
	ExpiresAt time.Time
	Client    string // what asked for it: its user agent, "" is unknown
	Network   string // and its network
	AskedAt   time.Time
	Item      string    // the name of the item that it is about; "" is none
	Stars     int64     // how many have starred that
	Findings  []Finding // and what is wrong with it
}

// HasCode tells whether letters of the kind bring a code.
func (k LetterKind) HasCode() bool { return k == LetterCode || k == LetterAddress }
