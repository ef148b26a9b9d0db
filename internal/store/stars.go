package store

import (
	"context"
	"time"

	"promptz/internal/promptz"
)

// starDoc is star#<user>#<item>. A star that was taken back stays for a while, off
// all lists, so that taking it back twice is taking it back once.
type starDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	At      int64  `docstore:"at"`
	Expires int64  `docstore:"expires,omitempty"` // Unix seconds; of one taken back
	// LastWrite is the id of the event of the write that made this state.
	LastWrite string `docstore:"lastWrite"`

	Starrer     string `docstore:"starrer,omitempty"`
	StarrerSort string `docstore:"starrerSort,omitempty"`
	Starred     string `docstore:"starred,omitempty"`
	StarredSort string `docstore:"starredSort,omitempty"`
	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

// takenBackLifetime is how long a star that was taken back is remembered.
const takenBackLifetime = time.Hour

// stands tells whether the star was not taken back.
func (d *starDoc) stands() bool { return d.Starrer != "" }

// newStarDoc makes a star that stands, or one that was taken back.
func (l *Library) newStarDoc(user, item string, stands bool, e promptz.Event) *starDoc {
	at := e.At
	d := &starDoc{ID: starKey(user, item), V: schema, At: millis(at), LastWrite: e.ID}
	if stands {
		d.Starrer, d.StarrerSort = user, sortValue(at, item)
		d.Starred, d.StarredSort = item, sortValue(at, user)
		return d
	}
	expires := at.Add(takenBackLifetime)
	d.Expires = expires.Unix()
	d.ExpiryShard, d.ExpirySort = l.docs.expiry(d.ID, expires)
	return d
}

// StarItem makes a user's star on an item stand, with its count and its event;
// starring twice is starring once. It fails with [promptz.CodeNotFound].
func (l *Library) StarItem(ctx context.Context, user string, item *promptz.Item) error {
	return l.setStar(ctx, user, item, true)
}

// UnstarItem takes a user's star back. It fails with [promptz.CodeNotFound] when
// the item is gone.
func (l *Library) UnstarItem(ctx context.Context, user string, item *promptz.Item) error {
	return l.setStar(ctx, user, item, false)
}

func (l *Library) setStar(ctx context.Context, user string, item *promptz.Item, stand bool) error {
	c := &counting{item: item.ID, by: promptz.Stats{Stars: 1}}
	e := promptz.ItemEvent(promptz.EventItemStarred, item, time.Time{})
	if !stand {
		c.by.Stars, e.Type = -1, promptz.EventItemUnstarred
	}
	e.ActorID = user
	var events []promptz.Event // of the last try, which may be done though its answer was lost
	write := func() error {
		old := &starDoc{ID: starKey(user, item.ID)}
		c.day = promptz.DayOf(l.now())
		month := monthKey(item.ID, c.day)
		found, err := l.docs.getAll(ctx, []any{old, c.month()}, true)
		if err != nil {
			return err
		}
		if old.stands() == stand {
			return nil
		}
		e.At = latest(l.now(), fromMillis(old.At).Add(time.Millisecond))
		c.day = promptz.DayOf(e.At)
		// A list that fails for it would cost as much as one that is done.
		if !found[1] && month == monthKey(item.ID, c.day) {
			c.makeMonth(ctx, l.docs)
		}
		events = []promptz.Event{e}
		if err := l.log.name(events); err != nil {
			return err
		}
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		star := l.newStarDoc(user, item.ID, stand, events[0])
		if found[0] {
			star.DocstoreRevision = old.DocstoreRevision
			list.Replace(star)
		} else {
			list.Create(star)
		}
		addEventsAfter(list, old.LastWrite, events)
		c.addTo(list)
		return list.Do(ctx)
	}
	// One that was done though its answer was lost is found standing.
	err := l.add(ctx, "star item", c, write, func(gone error) (bool, error) { return false, gone })
	return l.log.announce(events, err)
}

// HasStarred tells which of the items a user has starred.
func (l *Library) HasStarred(ctx context.Context, user string, items []string) (map[string]bool, error) {
	docs := make([]any, len(items))
	for i, item := range items {
		docs[i] = &starDoc{ID: starKey(user, item)}
	}
	if _, err := l.docs.getAll(ctx, docs, true); err != nil {
		return nil, failure("find stars", err)
	}
	starred := map[string]bool{}
	for i, item := range items {
		starred[item] = docs[i].(*starDoc).stands()
	}
	return starred, nil
}

// FindStarredItems gives a page of the items that a user has starred, the last
// first, as cards with their counts. Of those that are gone nothing is left; a
// page may be short for them.
func (l *Library) FindStarredItems(ctx context.Context, user, position string, limit int) (promptz.ItemPage, error) {
	const op = "find starred items"
	var places []place
	p := page{Index: starrerIndex, Partition: user, Before: position, Limit: limit + 1}
	err := query(ctx, l.docs, p, func(d *starDoc) { places = append(places, place{idIn(idIn(d.ID)), d.StarrerSort}) })
	if err != nil {
		return promptz.ItemPage{}, failure(op, err)
	}
	result, err := l.itemsAt(ctx, places, limit, true)
	return result, failure(op, err)
}

// place is where an item stands on an index that holds its id alone.
type place struct{ id, sort string }

// itemsAt gives the page of items at places, which are in order.
func (l *Library) itemsAt(ctx context.Context, places []place, limit int, consistent bool) (promptz.ItemPage, error) {
	var result promptz.ItemPage
	if len(places) > limit {
		places = places[:limit]
		result.Next = places[limit-1].sort
	}
	// One request gives both: a card that is gone has no counts to be read for.
	docs := make([]any, 2*len(places))
	for i, p := range places {
		docs[2*i], docs[2*i+1] = &cardDoc{ID: itemKey(p.id)}, &statsDoc{ID: statsKey(p.id)}
	}
	found, err := l.docs.getAll(ctx, docs, consistent)
	if err != nil {
		return promptz.ItemPage{}, err
	}
	result.Items = make([]*promptz.Item, 0, len(places))
	for i := range places {
		card, stats := docs[2*i].(*cardDoc), docs[2*i+1].(*statsDoc)
		if found[2*i] && found[2*i+1] && !card.deleted() {
			result.Items = append(result.Items, withCounts(card, stats))
		}
	}
	return result, nil
}

// FindCard gives an item without its long texts and counts. It fails with
// [promptz.CodeNotFound].
func (l *Library) FindCard(ctx context.Context, id string, consistent bool) (*promptz.Item, error) {
	const op = "find card"
	card := &cardDoc{ID: itemKey(id)}
	found, err := l.docs.get(ctx, card, consistent)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found || card.deleted() {
		return nil, notFound(op, "item")
	}
	return card.item(), nil
}

// FindStats gives an item's counts. It fails with [promptz.CodeNotFound].
func (l *Library) FindStats(ctx context.Context, id string) (promptz.Stats, error) {
	const op = "find stats"
	doc := &statsDoc{ID: statsKey(id)}
	found, err := l.docs.get(ctx, doc, true)
	if err != nil {
		return promptz.Stats{}, failure(op, err)
	}
	if !found {
		return promptz.Stats{}, notFound(op, "item")
	}
	return doc.stats(), nil
}
