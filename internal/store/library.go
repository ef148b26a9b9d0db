package store

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"promptz/internal/promptz"
)

// Library keeps items, their versions and what makes requests happen once. It
// checks no rights. Safe for concurrent use.
type Library struct {
	docs  *collection
	log   *Log
	now   func() time.Time
	turns turns // at items' counts
}

// NewLibrary makes a Library on the library collection. now tells the time that
// records expire by; random is crypto/rand.Reader outside tests.
func NewLibrary(h Handles, t Tuning, now func() time.Time, random io.Reader) *Library {
	docs := &collection{handles: h, tuning: t}
	return &Library{docs: docs, log: newLog(docs, now, random, outboxIndex, promptz.FeedItems, promptz.FeedActivity), now: now}
}

// Log is the log of what happens to the library.
func (l *Library) Log() *Log { return l.log }

// Ping asks whether the collection answers.
func (l *Library) Ping(ctx context.Context) error {
	return failure("ping", l.docs.ping(ctx))
}

// FindItem gives an item with its current content and counts. With consistent,
// every acknowledged write is seen; without, it may be a moment late where the
// store is. It fails with [promptz.CodeNotFound].
func (l *Library) FindItem(ctx context.Context, id string, consistent bool) (*promptz.Item, error) {
	const op = "find item"
	item, whole, err := l.readItem(ctx, id, consistent)
	if err == nil && item != nil && !whole {
		// What its card named was erased or purged between the two reads: it
		// has another version now, or is deleted.
		item, whole, err = l.readItem(ctx, id, true)
	}
	if err != nil {
		return nil, failure(op, err)
	}
	if !whole {
		return nil, notFound(op, "item")
	}
	return item, nil
}

// readItem reads the card, then what it names; item is nil when there is no card,
// and whole is false when something that it names is not there.
func (l *Library) readItem(ctx context.Context, id string, consistent bool) (item *promptz.Item, whole bool, err error) {
	card := &cardDoc{ID: itemKey(id)}
	found, err := l.docs.get(ctx, card, consistent)
	if err != nil || !found || card.deleted() {
		return nil, false, err
	}
	item = card.item()
	stats := &statsDoc{ID: statsKey(id)}
	content, err := l.readContent(ctx, contentKeys(id, item.Version, item.Pieces), consistent, stats)
	if err != nil || content == nil {
		return item, false, err
	}
	item.Stats = stats.stats()
	return item, true, join(content, &item.Text)
}

// readContent reads the pieces of a text, and other documents in the same
// request; it gives nil when one of them is missing.
func (l *Library) readContent(ctx context.Context, keys []string, consistent bool, also ...any) ([]*contentDoc, error) {
	content := make([]*contentDoc, len(keys))
	docs := also
	for i, key := range keys {
		content[i] = &contentDoc{ID: key}
		docs = append(docs, content[i])
	}
	found, err := l.docs.getAll(ctx, docs, consistent)
	if err != nil || slices.Contains(found, false) {
		return nil, err
	}
	return content, nil
}

// FindItems gives one page of a list, as cards with their counts: see
// [promptz.ItemFilter]. It runs one query for each kind, all at the same time.
func (l *Library) FindItems(ctx context.Context, f promptz.ItemFilter) (promptz.ItemPage, error) {
	const op = "find items"
	index, err := listIndex(f)
	if err != nil {
		return promptz.ItemPage{}, failure(op, err)
	}
	if index == rankIndex || index == trendIndex {
		page, err := l.findByScore(ctx, index, f)
		return page, failure(op, err)
	}
	cards, err := queryKinds[cardDoc](ctx, l.docs, index, f)
	if err != nil {
		return promptz.ItemPage{}, failure(op, err)
	}
	slices.SortFunc(cards, byPlace(index))
	var result promptz.ItemPage
	if len(cards) > f.Limit {
		cards = cards[:f.Limit]
		result.Next = cards[f.Limit-1].sortIn(index)
	}
	result.Items, err = l.withStats(ctx, cards, f.Consistent)
	return result, failure(op, err)
}

// findByScore gives one page of a list whose index holds scores.
func (l *Library) findByScore(ctx context.Context, index Index, f promptz.ItemFilter) (promptz.ItemPage, error) {
	scored, err := queryKinds[statsDoc](ctx, l.docs, index, f)
	if err != nil {
		return promptz.ItemPage{}, err
	}
	places := make([]place, len(scored))
	for i, d := range scored {
		places[i] = place{idIn(d.ID), d.sortIn(index)}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(b.sort, a.sort) })
	return l.itemsAt(ctx, places, f.Limit, f.Consistent)
}

// queryKinds gives the beginning of each kind's list, in no order among them.
func queryKinds[D any](ctx context.Context, c *collection, index Index, f promptz.ItemFilter) ([]*D, error) {
	lists := make([][]*D, len(f.Kinds))
	group, ctx := errgroup.WithContext(ctx)
	for i, kind := range f.Kinds {
		partition := string(kind)
		if f.OwnerID != "" {
			partition = ownedPartition(f.OwnerID, partition)
		}
		p := page{Index: index, Partition: partition, Before: f.Position, Limit: f.Limit + 1}
		group.Go(func() error {
			return query(ctx, c, p, func(d *D) { lists[i] = append(lists[i], d) })
		})
	}
	err := group.Wait()
	return slices.Concat(lists...), err
}

// listIndex chooses the index that holds a list, or says that none does.
func listIndex(f promptz.ItemFilter) (Index, error) {
	switch {
	case f.Limit < 1:
		return Index{}, fmt.Errorf("a list of %d items", f.Limit)
	case f.OwnerID != "" && f.Drafts && f.Sort == promptz.SortUpdated:
		return ownedIndex, nil
	case f.OwnerID != "" && !f.Drafts && f.Sort == promptz.SortNewest:
		return authoredIndex, nil
	case f.OwnerID == "" && !f.Drafts && f.Sort == promptz.SortNewest:
		return feedIndex, nil
	case f.OwnerID == "" && !f.Drafts && f.Sort == promptz.SortUpdated:
		return updatedIndex, nil
	case f.OwnerID == "" && !f.Drafts && f.Sort == promptz.SortPopular:
		return rankIndex, nil
	case f.OwnerID == "" && !f.Drafts && f.Sort == promptz.SortTrending:
		return trendIndex, nil
	}
	return Index{}, fmt.Errorf("no index holds a list by %q with owner %t and drafts %t", f.Sort, f.OwnerID != "", f.Drafts)
}

// withStats makes items of cards and adds their counts. A card whose counts are
// gone was deleted while the index still named it.
func (l *Library) withStats(ctx context.Context, cards []*cardDoc, consistent bool) ([]*promptz.Item, error) {
	docs := make([]any, len(cards))
	for i, card := range cards {
		docs[i] = &statsDoc{ID: statsKey(idIn(card.ID))}
	}
	found, err := l.docs.getAll(ctx, docs, consistent)
	if err != nil {
		return nil, err
	}
	items := make([]*promptz.Item, 0, len(cards))
	for i, card := range cards {
		if !found[i] {
			continue
		}
		items = append(items, withCounts(card, docs[i].(*statsDoc)))
	}
	return items, nil
}

func withCounts(card *cardDoc, stats *statsDoc) *promptz.Item {
	item := card.item()
	item.Stats = stats.stats()
	return item
}

// FindVersion gives one version with its text, which is empty when it was
// erased. It fails with [promptz.CodeNotFound].
func (l *Library) FindVersion(ctx context.Context, id string, n int) (*promptz.Version, error) {
	const op = "find version"
	v, whole, err := l.readVersion(ctx, id, n)
	if err == nil && v != nil && !whole { // it was erased or purged between the two reads
		v, whole, err = l.readVersion(ctx, id, n)
	}
	if err != nil {
		return nil, failure(op, err)
	}
	if !whole {
		return nil, notFound(op, "version")
	}
	return v, nil
}

// readVersion reads a version's facts, then its text; v is nil when there are
// none, and whole is false when there is no text to them.
func (l *Library) readVersion(ctx context.Context, id string, n int) (v *promptz.Version, whole bool, err error) {
	doc := &versionDoc{ID: versionKey(id, n)}
	found, err := l.docs.get(ctx, doc, true)
	if err != nil || !found {
		return nil, false, err
	}
	v = doc.version()
	if v.Erased {
		return v, true, nil
	}
	content, err := l.readContent(ctx, contentKeys(id, n, v.Pieces), true)
	if err != nil || content == nil {
		return v, false, err
	}
	return v, true, join(content, &v.Text)
}

// FindVersions gives the versions with the numbers from to and downwards to
// from, without their long texts; numbers that are not there are left out.
func (l *Library) FindVersions(ctx context.Context, id string, from, to int) ([]*promptz.Version, error) {
	var docs []any
	for n := to; n >= from; n-- {
		docs = append(docs, &versionDoc{ID: versionKey(id, n)})
	}
	found, err := l.docs.getAll(ctx, docs, true)
	if err != nil {
		return nil, failure("find versions", err)
	}
	var versions []*promptz.Version
	for i, doc := range docs {
		if found[i] {
			versions = append(versions, doc.(*versionDoc).version())
		}
	}
	return versions, nil
}
