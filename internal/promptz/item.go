package promptz

import "time"

// Visibility says who may see an item.
type Visibility string

// The visibilities.
const (
	VisibilityPrivate Visibility = "private" // its owner
	VisibilityPublic  Visibility = "public"  // everybody
)

// Text is what a version fixes and its digest covers.
type Text struct {
	Name        string   `validate:"min=3,max=200,oneline"`
	Description string   `validate:"min=10,max=500,oneline"`
	Content     string   `validate:"max=200000,plain"`
	Howto       string   `validate:"max=4000,plain"`
	Tags        []string `validate:"max=20,uniquefold,dive,min=1,max=40,tag"`
	SourceURL   string   `validate:"omitempty,max=2048,httpsurl"`
	License     string   `validate:"omitempty,max=100,spdx"`
	Agent       *AgentSettings
}

// Draft is what a writer gives: the text of the next version, its note, and who
// may see the item.
type Draft struct {
	Text
	Visibility Visibility `validate:"oneof=private public"`
	Note       string     `validate:"max=500,oneline"`
}

// Item is one item with its current version. In lists Content, Howto and Agent
// are empty: reading them costs a get each.
type Item struct {
	Text
	ID         string
	Kind       Kind
	OwnerID    string
	Owner      Profile // who OwnerID is now; filled by package library
	Visibility Visibility

	Version   int    // number of the current version, from 1
	Digest    string // of the current version: "sha256:" and 64 hex digits
	Note      string // of the current version
	Pieces    int    // in how many documents the current content lies, from 1
	Shown     bool   // whether the current version was ever public
	Revision  int64  // one up at every write of the item; the ETag's first half
	CreatedAt time.Time
	UpdatedAt time.Time
	// PublishedAt is when the item was first public; zero if it never was.
	PublishedAt time.Time
	// Held says that a moderator took the item down: it stays private until it
	// is released. nil is not held.
	Held *Hold

	Stats Stats
	// Starred says whether whoever reads starred it; filled by package library.
	Starred bool

	// Guard is the store's own token for the state that was read: an update
	// succeeds only while it is current. Opaque to everybody else.
	Guard any
}

// Public tells whether everybody may see the item.
func (i *Item) Public() bool { return i.Visibility == VisibilityPublic }

// Hold is why a moderator took an item down.
type Hold struct {
	Reason string // for its owner
	By     string // the moderator's user id
	At     time.Time
}

// Slug is the item's readable reference.
func (i *Item) Slug() string { return Slug(i.Name, i.ID) }

// Version is one immutable version of an item.
type Version struct {
	Text   // empty once erased; Content, Howto and Agent are empty in lists
	ItemID string
	Number int
	Digest string
	Note   string
	Pieces int // in how many documents its content lies
	// Shown says that the version was once the current one of a public item.
	// Nobody but the owner ever sees a version that was not.
	Shown     bool
	Erased    bool // its text was removed; number, digest and time stay
	AuthorID  string
	Author    Profile // who AuthorID is now; filled by package library
	CreatedAt time.Time
}

// Sort is the order of a list.
type Sort string

// The orders; all begin with the latest or the highest.
const (
	SortNewest  Sort = "newest"  // by first publication
	SortUpdated Sort = "updated" // by last change
	SortPopular Sort = "popular" // by [Stats.Popularity]
	// SortTrending is by [Trend]. Both scores are written a while after what they
	// count.
	SortTrending Sort = "trending"
)

// ItemFilter says which items a list holds.
type ItemFilter struct {
	Kinds    []Kind // at least one
	OwnerID  string // "" is everybody
	Drafts   bool   // the owner's private items too; with OwnerID and SortUpdated only
	Sort     Sort
	Position string // go on after this one, see ItemPage.Next; "" is the beginning
	Limit    int    // 1–100
	// Consistent demands the counts that were acknowledged before. Which items
	// are on the list may be late by a second where an index is (DynamoDB).
	Consistent bool
}

// ItemPage is one page of a list.
type ItemPage struct {
	Items []*Item
	Next  string // ItemFilter.Position of the next page, "" on the last
}

// Once makes a request happen once: the store writes its record in the same
// atomic write as what the request makes.
type Once struct {
	UserID string
	Key    string   // the caller's Idempotency-Key
	Body   [32]byte // SHA-256 of method, path and body
}

// Restore asks for the text of an old version to become the next one.
type Restore struct {
	Kind   Kind
	ID     string
	Number int    // of the version whose text is wanted
	Note   string // of the new version
	// Check is called with the item as it is, after authorisation and before
	// anything is written; its error ends the request.
	Check func(cur *Item) error
	Once  *Once
}

// Marks are records that a write leaves beside the item, in the same atomic
// write; both may be nil.
type Marks struct {
	Once   *Once
	Source *Source
}

// Source is what an import made of one of its sources.
type Source struct {
	OwnerID string
	Path    string // names the source among the owner's imports
	Hash    string // of the source's content, hex
	ItemID  string // "" until it has become an item
	Version int    // that the last import made; set by the store
}

// ErrStale says that a write lost the race against another: what it was based on
// is not there any more.
var ErrStale = Errorf(CodeStale, "Somebody else changed this first. Read it again.")

// ErrAlreadyDone says that a request with the same [Once] was done before.
var ErrAlreadyDone = Errorf(CodeConflict, "This request was done already.")
