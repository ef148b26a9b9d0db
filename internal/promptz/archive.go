package promptz

import "time"

// Import is one source that an import brings: a draft and where it came from.
type Import struct {
	Kind  Kind
	Draft Draft
	// Path names the source among the owner's imports, Hash is that of its
	// content: together they tell what is new, changed, or as it was.
	Path, Hash string
	// CreatedAt and UpdatedAt are when the source says it was made and last
	// changed; the time of the import where it says nothing (zero), or says a
	// time that is yet to come.
	CreatedAt, UpdatedAt time.Time
}

// ImportOutcome says what an import did with a source.
type ImportOutcome string

// The outcomes.
const (
	ImportCreated   ImportOutcome = "created"   // a new item
	ImportUpdated   ImportOutcome = "updated"   // a new version of its item
	ImportUnchanged ImportOutcome = "unchanged" // nothing: the source is as it was
	ImportEdited    ImportOutcome = "edited"    // nothing: the item was edited here since
	ImportDeleted   ImportOutcome = "deleted"   // nothing: the item was deleted here since
)

// Presence says what there is under an item's id.
type Presence int

// The presences.
const (
	PresenceNone    Presence = iota // nothing
	PresenceItem                    // an item
	PresenceDeleted                 // what is left of a deleted one
)
