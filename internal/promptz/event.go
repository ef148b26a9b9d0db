package promptz

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"time"
)

// EventType says what happened.
type EventType string

// The types of events.
const (
	EventItemCreated     EventType = "promptz.item.created"
	EventItemUpdated     EventType = "promptz.item.updated"
	EventItemPublished   EventType = "promptz.item.published"
	EventItemUnpublished EventType = "promptz.item.unpublished"
	EventItemDeleted     EventType = "promptz.item.deleted"
	EventItemMilestone   EventType = "promptz.item.milestone"
	EventItemStarred     EventType = "promptz.item.starred"
	EventItemUnstarred   EventType = "promptz.item.unstarred"
	EventItemCopied      EventType = "promptz.item.copied"
	EventItemDownloaded  EventType = "promptz.item.downloaded"
	EventUserCreated     EventType = "promptz.user.created"
	EventUserSignedIn    EventType = "promptz.user.signed_in"
	EventUserDeleted     EventType = "promptz.user.deleted"
)

// Feed is one order of events: each has its number in it, from 1 without a gap.
type Feed string

// The feeds.
const (
	FeedItems    Feed = "items"    // changes of items
	FeedActivity Feed = "activity" // interactions with items
	FeedAccounts Feed = "accounts" // what happens to accounts
)

// Audience says who may see an event.
type Audience string

// The audiences.
const (
	AudiencePublic Audience = "public" // everybody
	AudienceOwner  Audience = "owner"  // the owner of the item
	AudienceActor  Audience = "actor"  // the user whom it is about, and admins
	AudienceAdmin  Audience = "admin"  // admins
)

// EventKind is what holds for every event of a type.
type EventKind struct {
	Type EventType
	Feed Feed
	// Widest is who sees an event of this type when its item is public; what
	// happens to a private item is for its owner alone.
	Widest Audience
}

// EventKinds has a row for every type of event.
var EventKinds = []EventKind{
	{EventItemCreated, FeedItems, AudiencePublic},
	{EventItemUpdated, FeedItems, AudiencePublic},
	{EventItemPublished, FeedItems, AudiencePublic},
	{EventItemUnpublished, FeedItems, AudiencePublic},
	{EventItemDeleted, FeedItems, AudiencePublic},
	{EventItemMilestone, FeedItems, AudiencePublic},
	{EventItemStarred, FeedActivity, AudiencePublic},
	{EventItemUnstarred, FeedActivity, AudiencePublic},
	{EventItemCopied, FeedActivity, AudiencePublic},
	{EventItemDownloaded, FeedActivity, AudiencePublic},
	{EventUserCreated, FeedAccounts, AudienceActor},
	{EventUserSignedIn, FeedAccounts, AudienceActor},
	{EventUserDeleted, FeedAccounts, AudienceAdmin},
}

// KindOf gives the row of an event's type; ok is false when there is none.
func (t EventType) KindOf() (kind EventKind, ok bool) {
	for _, k := range EventKinds {
		if k.Type == t {
			return k, true
		}
	}
	return EventKind{}, false
}

// Event is one thing that happened. It holds ids and no names, no text and no
// address: what was made private since must not live on in a log.
type Event struct {
	ID       string // a UUID of version 7, see [NewEventID]
	Type     EventType
	Audience Audience
	At       time.Time
	// Number is the event's place in its feed, from 1; 0 until it has one.
	Number int64

	ItemID  string // of item events
	Kind    Kind   // of item events
	Version int    // the item's then, of item events
	OwnerID string // the item's owner, of item events
	// ActorID is who did it: the user whom an account's event is about, and of
	// an item's event whoever its owner may know.
	ActorID string
	// Milestone is the count of stars that was reached, of milestone events.
	Milestone int64
	// Imported says that it happened elsewhere before; it starts no workflow.
	Imported bool
}

// Feed is the feed that the event belongs to.
func (e *Event) Feed() Feed {
	kind, _ := e.Type.KindOf()
	return kind.Feed
}

// Subject is the id of what the event is about: an item or a user.
func (e *Event) Subject() string {
	if e.ItemID != "" {
		return e.ItemID
	}
	return e.ActorID
}

// ItemEvent makes the event that t happened to an item, for whom the item was
// before or is now. It has no id yet.
func ItemEvent(t EventType, item *Item, at time.Time) Event {
	kind, _ := t.KindOf()
	e := Event{Type: t, Audience: AudienceOwner, At: at, ItemID: item.ID, Kind: item.Kind, Version: item.Version, OwnerID: item.OwnerID}
	if item.Public() || t == EventItemUnpublished {
		e.Audience = kind.Widest
	}
	return e
}

// UserEvent makes the event that t happened to a user. It has no id yet.
func UserEvent(t EventType, userID string, at time.Time) Event {
	kind, _ := t.KindOf()
	return Event{Type: t, Audience: kind.Widest, At: at, ActorID: userID}
}

// ChangeEvents gives what happened when an item became what next says at a time;
// old is nil for a new one.
func ChangeEvents(old, next *Item, at time.Time) []Event {
	var types []EventType
	switch {
	case old == nil:
		types = append(types, EventItemCreated)
		if next.Public() {
			types = append(types, EventItemPublished)
		}
	case next.Public() && !old.Public():
		types = append(types, EventItemPublished)
	case !next.Public() && old.Public():
		types = append(types, EventItemUnpublished)
	default:
		types = append(types, EventItemUpdated)
	}
	events := make([]Event, len(types))
	for i, t := range types {
		events[i] = ItemEvent(t, next, at)
	}
	return events
}

// NewEventID draws an id for an event that happens at t: a UUID of version 7
// whose first bits are t, so that the ids of one item's changes are in their
// order (RFC 9562, sections 5.7 and 6.2, method 3).
func NewEventID(t time.Time, random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[8:]); err != nil {
		return "", fmt.Errorf("draw event id: %w", err)
	}
	binary.BigEndian.PutUint64(b[:], uint64(t.UnixMilli())<<16)
	below := uint16(t.Nanosecond() % 1e6 * 4096 / 1e6) // of the millisecond, in 1/4096
	binary.BigEndian.PutUint16(b[6:], 0x7000|below)
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}

// EventTime gives the time that an id of [NewEventID] was drawn for, to the
// millisecond.
func EventTime(id string) (at time.Time, ok bool) {
	if len(id) != 36 || id[8] != '-' {
		return at, false
	}
	ms, err := strconv.ParseInt(id[:8]+id[9:13], 16, 64)
	return time.UnixMilli(ms).UTC(), err == nil
}

// ErrTrimmed says that a reader of a feed was away for so long that events it has
// not seen are gone.
var ErrTrimmed = Errorf(CodeExpired, "The events that follow are gone. Begin anew without a cursor.")

// Cursor is how far a reader of a feed has come.
type Cursor struct {
	Reader string
	Number int64  // of the last event that it is done with
	Holder string // the process that reads; "" is none

	// Guard is the store's own token, see [Item.Guard]; nil for a new one.
	Guard any
}

// EventFilter says which events of a feed are wanted.
type EventFilter struct {
	Feed  Feed
	Types []EventType // none is all
	// After is the number to go on after; nil is from the oldest event there is.
	After *int64
	Limit int // 1–100
}

// EventPage is some events of a feed, in their order.
type EventPage struct {
	Events []Event
	// Cursor is the number to go on after, also when Events is empty: it passes
	// over what the reader may not see.
	Cursor int64
	// More says that the feed went on when the page was read.
	More bool
}
