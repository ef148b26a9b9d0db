package store

import (
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// logLifetime is how long an event stays in the log.
const logLifetime = 30 * 24 * time.Hour

// eventDoc is event#<id> while the event waits for its number, and then
// log#<feed>#<number>.
type eventDoc struct {
	ID        string `docstore:"id"`
	V         int    `docstore:"v"`
	Event     string `docstore:"event"`
	Type      string `docstore:"type"`
	Audience  string `docstore:"audience"`
	At        int64  `docstore:"at"`
	Number    int64  `docstore:"number,omitempty"`
	Item      string `docstore:"item,omitempty"`
	Kind      string `docstore:"kind,omitempty"`
	Version   int    `docstore:"version,omitempty"`
	Owner     string `docstore:"owner,omitempty"`
	Actor     string `docstore:"actor,omitempty"`
	Milestone int64  `docstore:"milestone,omitempty"`
	Imported  bool   `docstore:"imported,omitempty"`
	Expires   int64  `docstore:"expires,omitempty"` // Unix seconds
	// After is the event that has to have its number before this one, if there is
	// one: clocks that differ and relays that race tell nothing of their order.
	After string `docstore:"after,omitempty"`

	OutboxShard string `docstore:"outboxShard,omitempty"`
	OutboxSort  string `docstore:"outboxSort,omitempty"`
	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

// newEventDoc makes the document of an event that waits.
func newEventDoc(e promptz.Event) *eventDoc {
	return &eventDoc{
		ID: eventKey(e.ID), V: schema, Event: e.ID, Type: string(e.Type), Audience: string(e.Audience), At: millis(e.At),
		Item: e.ItemID, Kind: string(e.Kind), Version: e.Version, Owner: e.OwnerID, Actor: e.ActorID,
		Milestone: e.Milestone, Imported: e.Imported,
		OutboxShard: shardOf(e.Subject()), OutboxSort: e.ID,
	}
}

// numbered makes the log's document of the event.
func (d *eventDoc) numbered(feed promptz.Feed, number int64) *eventDoc {
	entry := *d
	entry.ID, entry.Number = logKey(feed, number), number
	entry.After = ""
	entry.OutboxShard, entry.OutboxSort = "", ""
	entry.DocstoreRevision = nil
	return &entry
}

func (d *eventDoc) event() promptz.Event {
	return promptz.Event{
		ID: d.Event, Type: promptz.EventType(d.Type), Audience: promptz.Audience(d.Audience), At: fromMillis(d.At), Number: d.Number,
		ItemID: d.Item, Kind: promptz.Kind(d.Kind), Version: d.Version, OwnerID: d.Owner, ActorID: d.Actor,
		Milestone: d.Milestone, Imported: d.Imported,
	}
}

// addEvents adds events to the list that does what they tell of. They get their
// numbers in that order.
func addEvents(list *docstore.ActionList, events []promptz.Event) { addEventsAfter(list, "", events) }

// addEventsAfter is addEvents for what was done to what an earlier write left:
// after is that one's last event.
func addEventsAfter(list *docstore.ActionList, after string, events []promptz.Event) {
	for _, e := range events {
		d := newEventDoc(e)
		d.After, after = after, e.ID
		list.Create(d)
	}
}

// headDoc is log#head#<feed>: the last number that was given. Replacing it under
// its revision is the fence between those who give numbers.
type headDoc struct {
	ID     string `docstore:"id"`
	V      int    `docstore:"v"`
	Number int64  `docstore:"number"`

	DocstoreRevision any
}

// cursorDoc is cursor#<reader>: how far a reader of the log has come, and which
// process reads for it.
type cursorDoc struct {
	ID     string `docstore:"id"`
	V      int    `docstore:"v"`
	Number int64  `docstore:"number"`
	Holder string `docstore:"holder,omitempty"`

	DocstoreRevision any
}

func (d *cursorDoc) revision() *any  { return &d.DocstoreRevision }
func (d *cursorDoc) blank() document { return &cursorDoc{ID: d.ID} }
