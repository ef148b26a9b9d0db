package store

import (
	"context"
	"errors"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// seenLifetime is how long an event counts once.
const seenLifetime = 90 * 24 * time.Hour

// counting adds to the counts of one item on one day. Who has not looked knows that
// the day's month has no document yet only once a write has failed.
type counting struct {
	item string
	day  time.Time
	by   promptz.Stats
	made string // the key of the month that was made for it
}

// add runs write until it succeeds, is explained, or others were faster for too
// long; explain gets what lookAgain says. Who lost twice goes on in turn: once may
// be for the month.
func (l *Library) add(ctx context.Context, op string, c *counting, write func() error, explain func(gone error) (done bool, err error)) error {
	failures := 0
	giveBack := func() {}
	defer func() { giveBack() }()
	return commitWithin(ctx, hotDeadline, op, write, func() (bool, error) {
		made := c.made
		done, err := explain(c.lookAgain(ctx, l.docs))
		failures++
		switch {
		case done || err != nil:
			return done, err
		case failures == 1 && c.made != made: // nothing else was in the way
			return write() == nil, nil
		case failures != 2:
			return false, nil
		}
		back, err := l.turns.take(ctx, statsKey(c.item))
		if err != nil {
			return false, err
		}
		giveBack = back
		return write() == nil, nil
	})
}

// addTo adds the counts to a list.
func (c *counting) addTo(list *docstore.ActionList) {
	list.Update(&statsDoc{ID: statsKey(c.item)}, statsMods(c.by))
	mods := docstore.Mods{}
	for field, n := range dayCounts(c.day, c.by) {
		mods[docstore.FieldPath(field)] = docstore.Increment(n)
	}
	list.Update(map[string]any{KeyField: monthKey(c.item, c.day)}, mods)
}

// lookAgain finds out why a write failed, and makes the month's document if that
// is it: alone, since a store in memory does half of a list whose Create fails. It
// fails with [promptz.CodeNotFound] when the item is gone.
func (c *counting) lookAgain(ctx context.Context, docs *collection) error {
	found, err := docs.getAll(ctx, []any{&statsDoc{ID: statsKey(c.item)}, c.month()}, true)
	if err != nil {
		return nil // it tells nothing
	}
	switch stats, counted := found[0], found[1]; {
	case !stats && c.made != "": // after the item's own were purged, perhaps
		docs.handles.Consistent.Delete(context.WithoutCancel(ctx), &keyDoc{ID: c.made})
		fallthrough
	case !stats:
		return notFound("count", "item")
	case !counted:
		c.makeMonth(ctx, docs)
	}
	return nil
}

// month is the document of the day's month, to be read.
func (c *counting) month() map[string]any { return map[string]any{KeyField: monthKey(c.item, c.day)} }

// makeMonth makes that document, unless somebody else does.
func (c *counting) makeMonth(ctx context.Context, docs *collection) {
	month := c.month()
	month["v"] = schema
	c.made = monthKey(c.item, c.day)
	docs.handles.Consistent.Create(ctx, month)
}

// markDoc is once#<hash> and seen#<consumer>#<event>: that something was done.
type markDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	Expires int64  `docstore:"expires"` // Unix seconds

	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

func (l *Library) newMark(key string, expires time.Time) *markDoc {
	d := &markDoc{ID: key, V: schema, Expires: expires.Unix()}
	d.ExpiryShard, d.ExpirySort = l.docs.expiry(key, expires)
	return d
}

// CreateInteraction writes an event that counts once for a mark, both or none.
// done is false when there is such a mark already.
func (l *Library) CreateInteraction(ctx context.Context, e promptz.Event, mark string, expires time.Time) (done bool, err error) {
	const op = "create interaction"
	events := []promptz.Event{e}
	if err := l.log.name(events); err != nil {
		return false, failure(op, err)
	}
	write := func() error {
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		list.Create(l.newMark(interactionKey(mark), expires))
		addEvents(list, events)
		return list.Do(ctx)
	}
	done = true
	explain := func() (bool, error) {
		found, err := l.docs.get(ctx, &markDoc{ID: interactionKey(mark)}, true)
		if err != nil || !found {
			return false, nil
		}
		// The mark is another's, unless the write was done and its answer lost.
		done, err = l.written(ctx, events[0])
		return err == nil, nil
	}
	err = commit(ctx, op, write, explain)
	if err == nil && done {
		l.log.wrote(events)
	}
	return done && err == nil, err
}

// written tells whether an event that was just committed waits for its number. One
// that has it already was committed too, but then it is counted all the same.
func (l *Library) written(ctx context.Context, e promptz.Event) (bool, error) {
	return l.docs.get(ctx, &eventDoc{ID: eventKey(e.ID)}, true)
}

// CountEvents adds what events of one item tell to its counts, each event once
// however often it comes. What happened to an item that is gone counts nothing.
func (l *Library) CountEvents(ctx context.Context, item string, events []promptz.Event) error {
	byMonth := map[string][]promptz.Event{} // an atomic list touches a document once
	for _, e := range events {
		day := promptz.DayOf(e.At).Format(time.DateOnly)
		byMonth[day] = append(byMonth[day], e)
	}
	for _, some := range byMonth {
		for len(some) > 0 {
			n := min(len(some), countLimit)
			if err := l.countDay(ctx, item, some[:n]); err != nil {
				return err
			}
			some = some[n:]
		}
	}
	return nil
}

// countLimit is how many events one atomic list counts.
const countLimit = 90

func (l *Library) countDay(ctx context.Context, item string, events []promptz.Event) error {
	const op = "count events"
	c := &counting{item: item, day: promptz.DayOf(events[0].At)}
	if events = unique(events); len(events) > 1 {
		events = l.likelyUnseen(ctx, events)
	}
	write := func() error {
		if c.by = promptz.Counted(events); c.by == (promptz.Stats{}) {
			return nil
		}
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		for _, e := range events {
			list.Create(l.newMark(seenKey("count", e.ID), l.now().Add(seenLifetime)))
		}
		c.addTo(list)
		return list.Do(ctx)
	}
	explain := func(gone error) (bool, error) {
		if gone != nil {
			return true, nil // with its counts
		}
		unseen, err := l.unseen(ctx, events)
		if err != nil {
			return false, nil
		}
		events = unseen
		return len(events) == 0, nil
	}
	return l.add(ctx, op, c, write, explain)
}

// unique leaves each event once.
func unique(events []promptz.Event) []promptz.Event {
	seen := map[string]bool{}
	var once []promptz.Event
	for _, e := range events {
		if !seen[e.ID] {
			seen[e.ID] = true
			once = append(once, e)
		}
	}
	return once
}

// likelyUnseen leaves out events that were counted already, as far as a cheap look
// tells: a batch that comes again need not fail first.
func (l *Library) likelyUnseen(ctx context.Context, events []promptz.Event) []promptz.Event {
	list := l.docs.handles.Eventual.Actions()
	for _, e := range events {
		list.Get(&keyDoc{ID: seenKey("count", e.ID)}, KeyField)
	}
	err := list.Do(ctx)
	failed, ok := errors.AsType[docstore.ActionListError](err)
	if err != nil && !ok {
		return events
	}
	var left []promptz.Event
	for _, f := range failed {
		if f.Index < 0 {
			return events
		}
		left = append(left, events[f.Index])
	}
	return left
}

// unseen gives the events that were not counted yet.
func (l *Library) unseen(ctx context.Context, events []promptz.Event) ([]promptz.Event, error) {
	docs := make([]any, len(events))
	for i, e := range events {
		docs[i] = &markDoc{ID: seenKey("count", e.ID)}
	}
	found, err := l.docs.getAll(ctx, docs, true)
	if err != nil {
		return nil, err
	}
	var left []promptz.Event
	for i, e := range events {
		if !found[i] {
			left = append(left, e)
		}
	}
	return left, nil
}

// AddViews adds views of a day to an item's counts; an item that is gone has none.
func (l *Library) AddViews(ctx context.Context, item string, day time.Time, n int64) error {
	c := &counting{item: item, day: day, by: promptz.Stats{Views: n}}
	write := func() error {
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		c.addTo(list)
		return list.Do(ctx)
	}
	return l.add(ctx, "add views", c, write, func(gone error) (bool, error) { return gone != nil, nil })
}

// FindDays gives an item's counts for each day from one to another, both in it;
// days without any are there too.
func (l *Library) FindDays(ctx context.Context, item string, from, to time.Time) ([]promptz.DayStats, error) {
	r := newReckoning(item, from, to)
	if _, err := l.docs.getAll(ctx, r.docs(), true); err != nil {
		return nil, failure("find days", err)
	}
	return r.days(), nil
}

// reckoning is what was counted of an item from one day to another, both in it.
type reckoning struct {
	item     string
	from, to time.Time
	months   map[string]monthDoc // by key; to be read
}

func newReckoning(item string, from, to time.Time) reckoning {
	r := reckoning{item, promptz.DayOf(from), promptz.DayOf(to), map[string]monthDoc{}}
	for day := r.from; !day.After(r.to); day = day.AddDate(0, 0, 1) {
		if key := monthKey(item, day); r.months[key] == nil {
			r.months[key] = monthDoc{KeyField: key}
		}
	}
	return r
}

// docs are the documents to read.
func (r reckoning) docs() (docs []any) {
	for _, month := range r.months {
		docs = append(docs, map[string]any(month))
	}
	return docs
}

// days gives the days, once the documents were read.
func (r reckoning) days() (days []promptz.DayStats) {
	for day := r.from; !day.After(r.to); day = day.AddDate(0, 0, 1) {
		days = append(days, promptz.DayStats{Day: day, Stats: r.months[monthKey(r.item, day)].day(day)})
	}
	return days
}

// Rescore puts an item where its counts say on the lists by score, and gives its
// counts. It fails with [promptz.CodeNotFound].
func (l *Library) Rescore(ctx context.Context, id string) (promptz.Stats, error) {
	const op = "rescore"
	var counts promptz.Stats
	write := func() error {
		card := &cardDoc{ID: itemKey(id)}
		stats := &statsDoc{ID: statsKey(id)}
		// The trend reaches back from the last day that counts, which may lie back
		// itself; a day more for who counted under a clock that is ahead.
		now := l.now()
		r := newReckoning(id, now.AddDate(0, 0, -2*promptz.TrendDays), now.AddDate(0, 0, 1))
		found, err := l.docs.getAll(ctx, append([]any{card, stats}, r.docs()...), true)
		if err != nil {
			return err
		}
		if !found[0] || !found[1] || card.deleted() {
			return notFound(op, "item")
		}
		counts = stats.stats()
		if !stats.Public {
			return nil
		}
		trend := promptz.Trend(fromMillis(card.PublishedAt), r.days())
		rank, trending := scoreValue(counts.Popularity(), id), trendValue(trend, id)
		if rank == stats.RankSort && trending == stats.TrendSort {
			return nil
		}
		return l.docs.handles.Consistent.Update(ctx, stats, docstore.Mods{
			"rankKind": card.Kind, "rankSort": rank, "trendKind": card.Kind, "trendSort": trending,
		})
	}
	// Whoever wrote the counts meanwhile, they are read again.
	err := commitWithin(ctx, hotDeadline, op, write, func() (bool, error) { return false, nil })
	return counts, err
}
