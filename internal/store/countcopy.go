package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// FindStars gives at most limit of an item's stars, the last first; next is the
// position to go on from, "" on the last page.
func (l *Library) FindStars(ctx context.Context, item, position string, limit int) (stars []promptz.Star, next string, err error) {
	p := page{Index: stargazersIndex, Partition: item, Before: position, Limit: limit}
	last := ""
	err = query(ctx, l.docs, p, func(d *starDoc) {
		at, user := splitSort(d.StarredSort)
		stars, last = append(stars, promptz.Star{ItemID: item, UserID: user, At: at}), d.StarredSort
	})
	if len(stars) == limit {
		next = last
	}
	return stars, next, failure("find stars", err)
}

// FindAllDays gives the days of an item's life on which something was counted, in
// order. It fails with [promptz.CodeNotFound].
func (l *Library) FindAllDays(ctx context.Context, id string) ([]promptz.DayStats, error) {
	item, err := l.FindCard(ctx, id, true)
	if err != nil {
		return nil, err
	}
	// A month more at both ends, for clocks that differ.
	all, err := l.FindDays(ctx, id, item.CreatedAt.AddDate(0, -1, 0), l.now().AddDate(0, 1, 0))
	var days []promptz.DayStats
	for _, d := range all {
		if d.Stats != (promptz.Stats{}) {
			days = append(days, d)
		}
	}
	return days, err
}

// PutStar makes a star of an archive stand, with its count and without an event; one
// that stands already is left as it is. It fails with [promptz.CodeNotFound] when
// the item is not there.
func (l *Library) PutStar(ctx context.Context, s promptz.Star) error {
	write := func() error {
		old := &starDoc{ID: starKey(s.UserID, s.ItemID)}
		found, err := l.docs.get(ctx, old, true)
		if err != nil || old.stands() {
			return err
		}
		star := l.newStarDoc(s.UserID, s.ItemID, true, promptz.Event{At: s.At})
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		if found {
			star.DocstoreRevision = old.DocstoreRevision
			list.Replace(star)
		} else {
			list.Create(star)
		}
		return list.Update(&statsDoc{ID: statsKey(s.ItemID)}, statsMods(promptz.Stats{Stars: 1})).Do(ctx)
	}
	return commit(ctx, "put star", write, func() (bool, error) { return false, l.countable(ctx, s.ItemID) })
}

// countable fails with [promptz.CodeNotFound] when an item has no counts: it is not
// there.
func (l *Library) countable(ctx context.Context, item string) error {
	found, err := l.docs.get(ctx, &keyDoc{ID: statsKey(item)}, true, KeyField)
	if err == nil && !found {
		return notFound("count", "item")
	}
	return nil
}

// PutDays brings an item's counts of days in one month, all of which are in the
// same, up to those of an archive, and its totals with them; stars are in the days
// alone. What was counted here already, by this archive or otherwise, is not
// counted again. It fails with [promptz.CodeNotFound] when the item is not there.
func (l *Library) PutDays(ctx context.Context, item string, days []promptz.DayStats) error {
	key := monthKey(item, days[0].Day)
	write := func() error {
		month := monthDoc{KeyField: key, docstore.DefaultRevisionField: nil}
		found, err := l.docs.get(ctx, map[string]any(month), true)
		if err != nil {
			return err
		}
		list := l.docs.handles.Consistent.Actions().AtomicWrites()
		more := month.raise(days)
		if more == (promptz.Stats{}) {
			return nil
		}
		month["v"] = schema
		if found {
			list.Replace(map[string]any(month))
		} else {
			delete(month, docstore.DefaultRevisionField)
			list.Create(map[string]any(month))
		}
		more.Stars = 0 // they are counted one by one
		if mods := statsMods(more); len(mods) > 0 {
			list.Update(&statsDoc{ID: statsKey(item)}, mods)
		}
		return list.Do(ctx)
	}
	return commit(ctx, "put days", write, func() (bool, error) { return false, l.countable(ctx, item) })
}

// raise makes each count at least that of the days, and tells what was missing.
func (d monthDoc) raise(days []promptz.DayStats) promptz.Stats {
	var missing promptz.Stats
	for _, day := range days {
		for prefix, count := range map[string]struct {
			want int64
			sum  *int64
		}{
			dayStars: {day.Stars, &missing.Stars}, dayCopies: {day.Copies, &missing.Copies},
			dayDownloads: {day.Downloads, &missing.Downloads}, dayViews: {day.Views, &missing.Views},
		} {
			field := dayField(prefix, day.Day)
			here, counted := d[field].(int64)
			if count.want > here || !counted && count.want != 0 {
				d[field] = count.want
				*count.sum += count.want - here
			}
		}
	}
	return missing
}

// splitSort reads what [sortValue] made.
func splitSort(value string) (at time.Time, id string) {
	ms, id, _ := strings.Cut(value, "#")
	n, _ := strconv.ParseInt(ms, 10, 64)
	return fromMillis(n), id
}
