package store

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"promptz/internal/promptz"
)

// appendLimit is how many events one atomic list takes: each is two of its at
// most 100 writes, beside the head.
const appendLimit = 49

// Log gives the events of a collection their numbers and keeps them for 30 days.
// Whoever follows it by number sees every event once, in one order, with no gap,
// on every store and whatever the clocks say. Safe for concurrent use.
type Log struct {
	docs   *collection
	outbox Index
	now    func() time.Time
	random io.Reader
	feeds  []promptz.Feed
	fresh  fresh

	mu    sync.Mutex
	heads map[promptz.Feed]*headDoc // as this process knows them
}

func newLog(docs *collection, now func() time.Time, random io.Reader, outbox Index, feeds ...promptz.Feed) *Log {
	return &Log{
		docs: docs, outbox: outbox, now: now, random: random, feeds: feeds,
		fresh: fresh{wake: make(chan struct{}, 1)}, heads: map[promptz.Feed]*headDoc{},
	}
}

// Feeds are the feeds that the log holds.
func (l *Log) Feeds() []promptz.Feed { return l.feeds }

// name draws the ids of events that are about to be written.
func (l *Log) name(events []promptz.Event) error {
	for i := range events {
		// What happens at the same time happens in the order of the list.
		at := events[i].At.Add(time.Duration(i) * time.Microsecond)
		id, err := promptz.NewEventID(at, l.random)
		if err != nil {
			return err
		}
		events[i].ID = id
	}
	return nil
}

// AppendEvents gives numbers to those of the events that still wait for one, and
// takes them from the outbox. Two who append the same event are safe: one finds
// it gone.
func (l *Log) AppendEvents(ctx context.Context, ids []string) (appended []promptz.Event, err error) {
	for chunk := range slices.Chunk(slices.Sorted(slices.Values(ids)), appendLimit) {
		write := func() error {
			done, err := l.append(ctx, chunk)
			appended = append(appended, done...)
			return err
		}
		// Whatever was in the way, heads and events are read again.
		err = commitWithin(ctx, hotDeadline, "append events", write, func() (bool, error) { l.forgetHeads(); return false, nil })
		if err != nil {
			break
		}
	}
	return appended, err
}

func (l *Log) append(ctx context.Context, ids []string) (appended []promptz.Event, err error) {
	// The heads come first: an event that is found after them and moved since
	// has moved the head too.
	heads := map[promptz.Feed]*headDoc{}
	for _, feed := range l.feeds {
		if heads[feed], err = l.head(ctx, feed); err != nil {
			return nil, err
		}
	}
	waiting, err := l.findWaiting(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, feed := range l.feeds {
		for some := range slices.Chunk(waiting[feed], appendLimit) {
			done, head, err := l.appendTo(ctx, feed, heads[feed], some)
			if err != nil {
				return appended, err
			}
			appended, heads[feed] = append(appended, done...), head
		}
	}
	return appended, nil
}

// findWaiting reads those of the events that wait, and those that have to have
// their numbers before them, by feed and in the order of their numbers to be.
func (l *Log) findWaiting(ctx context.Context, ids []string) (map[promptz.Feed][]*eventDoc, error) {
	found := map[string]*eventDoc{} // nil is not there
	for len(ids) > 0 {
		docs := make([]any, len(ids))
		for i, id := range ids {
			docs[i] = &eventDoc{ID: eventKey(id)}
		}
		there, err := l.docs.getAll(ctx, docs, true)
		if err != nil {
			return nil, err
		}
		var before []string
		for i, id := range ids {
			if found[id] = nil; there[i] {
				found[id] = docs[i].(*eventDoc)
				before = append(before, found[id].After)
			}
		}
		ids = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(before))), func(id string) bool {
			_, known := found[id]
			return known || id == ""
		})
	}
	return chained(found), nil
}

// chained puts events into the order of their numbers to be: by id, but none
// before the one that it comes after.
func chained(found map[string]*eventDoc) map[promptz.Feed][]*eventDoc {
	ordered := map[promptz.Feed][]*eventDoc{}
	placed := map[string]bool{}
	var place func(id string)
	place = func(id string) {
		d := found[id]
		if d == nil || placed[id] {
			return
		}
		placed[id] = true
		place(d.After)
		e := d.event()
		ordered[e.Feed()] = append(ordered[e.Feed()], d)
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		place(id)
	}
	return ordered
}

// appendTo moves events into one feed behind its head, all or none, and gives the
// head after them.
func (l *Log) appendTo(ctx context.Context, feed promptz.Feed, head *headDoc, waiting []*eventDoc) ([]promptz.Event, *headDoc, error) {
	next := &headDoc{ID: head.ID, V: schema, Number: head.Number + int64(len(waiting)), DocstoreRevision: head.DocstoreRevision}
	list := l.docs.handles.Consistent.Actions().AtomicWrites()
	if head.DocstoreRevision == nil {
		list.Create(next)
	} else {
		list.Replace(next)
	}
	expires := l.now().Add(logLifetime)
	events := make([]promptz.Event, len(waiting))
	for i, d := range waiting {
		entry := d.numbered(feed, head.Number+int64(i)+1)
		entry.Expires = expires.Unix()
		entry.ExpiryShard, entry.ExpirySort = l.docs.expiry(entry.ID, expires)
		list.Create(entry)
		list.Delete(&keyDoc{ID: d.ID})
		events[i] = entry.event()
	}
	if err := list.Do(ctx); err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if next.DocstoreRevision == head.DocstoreRevision { // Mongo's driver does not tell the new one
		delete(l.heads, feed)
	} else if known := l.heads[feed]; known == nil || known.Number < next.Number {
		l.heads[feed] = next
	}
	return events, next, nil
}

// head gives the head as this process last saw it; a feed without one is at 0.
func (l *Log) head(ctx context.Context, feed promptz.Feed) (*headDoc, error) {
	l.mu.Lock()
	known := l.heads[feed]
	l.mu.Unlock()
	if known != nil {
		return known, nil
	}
	return l.readHead(ctx, feed)
}

func (l *Log) readHead(ctx context.Context, feed promptz.Feed) (*headDoc, error) {
	head := &headDoc{ID: headKey(feed)}
	found, err := l.docs.get(ctx, head, true)
	if err != nil {
		return nil, err
	}
	if !found {
		return &headDoc{ID: headKey(feed)}, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if known := l.heads[feed]; known == nil || known.Number < head.Number {
		l.heads[feed] = head
	}
	return head, nil
}

func (l *Log) forgetHeads() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.heads)
}

// Head gives the last number of a feed, 0 when it is empty.
func (l *Log) Head(ctx context.Context, feed promptz.Feed) (int64, error) {
	head, err := l.readHead(ctx, feed)
	if err != nil {
		return 0, failure("read head of log", err)
	}
	return head.Number, nil
}

// FindEvents gives at most limit events of a feed with the numbers after and
// beyond, in order; none when after is its head. It fails with
// [promptz.ErrTrimmed] when the next one has expired.
func (l *Log) FindEvents(ctx context.Context, feed promptz.Feed, after int64, limit int) ([]promptz.Event, error) {
	const op = "find events"
	head, err := l.readHead(ctx, feed)
	if err != nil {
		return nil, failure(op, err)
	}
	last := min(head.Number, after+int64(limit))
	if last <= after {
		return nil, nil
	}
	docs := make([]any, 0, last-after)
	for n := after + 1; n <= last; n++ {
		docs = append(docs, &eventDoc{ID: logKey(feed, n)})
	}
	found, err := l.docs.getAll(ctx, docs, true)
	if err != nil {
		return nil, failure(op, err)
	}
	var events []promptz.Event
	for i, doc := range docs {
		d := doc.(*eventDoc)
		if !found[i] || l.now().Unix() >= d.Expires {
			break // entries go one by one: whoever comes here starts anew
		}
		events = append(events, d.event())
	}
	if len(events) == 0 {
		return nil, promptz.ErrTrimmed
	}
	return events, nil
}

// Tail gives the number before the oldest event of a feed that is still there:
// following begins after it.
func (l *Log) Tail(ctx context.Context, feed promptz.Feed) (int64, error) {
	const op = "find tail of log"
	head, err := l.readHead(ctx, feed)
	if err != nil {
		return 0, failure(op, err)
	}
	// The oldest go first, so that what is there is one stretch up to the head.
	gone, last := int64(0), head.Number
	for probe := int64(1); gone < last; probe = (gone + last + 1) / 2 {
		doc := &eventDoc{ID: logKey(feed, probe)}
		found, err := l.docs.get(ctx, doc, true)
		if err != nil {
			return 0, failure(op, err)
		}
		if found && l.now().Unix() < doc.Expires {
			last = probe - 1
		} else {
			gone = probe
		}
	}
	return last, nil
}

// FindCursor tells how far a reader has come; one that never read is at 0.
func (l *Log) FindCursor(ctx context.Context, reader string) (promptz.Cursor, error) {
	doc := &cursorDoc{ID: cursorKey(reader)}
	found, err := l.docs.get(ctx, doc, true)
	if err != nil {
		return promptz.Cursor{}, failure("find cursor", err)
	}
	c := promptz.Cursor{Reader: reader, Number: doc.Number, Holder: doc.Holder}
	if found {
		c.Guard = doc.DocstoreRevision
	}
	return c, nil
}

// UpdateCursor writes how far a reader has come and sets c's guard to it. It
// fails with [promptz.ErrStale] when another process has moved it since it was
// read.
func (l *Log) UpdateCursor(ctx context.Context, c *promptz.Cursor) error {
	const op = "update cursor"
	doc := &cursorDoc{ID: cursorKey(c.Reader), V: schema, Number: c.Number, Holder: c.Holder}
	if c.Guard != nil {
		err := l.docs.replace(ctx, op, "cursor", doc, c.Guard)
		c.Guard = doc.DocstoreRevision
		return err
	}
	write := func() error { doc.DocstoreRevision = nil; return l.docs.handles.Consistent.Create(ctx, doc) }
	explain := func() (bool, error) {
		found, err := l.docs.get(ctx, &cursorDoc{ID: doc.ID}, true)
		if err == nil && found {
			return false, promptz.ErrStale
		}
		return false, nil
	}
	err := commit(ctx, op, write, explain)
	c.Guard = doc.DocstoreRevision
	return err
}

func headKey(feed promptz.Feed) string { return "log#head#" + string(feed) }

func logKey(feed promptz.Feed, number int64) string {
	return fmt.Sprintf("log#%s#%012d", feed, number)
}
