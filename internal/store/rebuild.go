package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// indexLag is how late an index may be where it is not always consistent.
const indexLag = time.Second

// RebuildStats counts an item's stars anew and sums its days, and writes what it
// finds where that is not what stands there; was and is are the counts before and
// after. What is counted meanwhile is not lost. It fails with
// [promptz.CodeNotFound] when the item is gone.
func (l *Library) RebuildStats(ctx context.Context, id string) (was, is promptz.Stats, err error) {
	const op = "rebuild stats"
	write := func() error {
		card, stats := &cardDoc{ID: itemKey(id)}, &statsDoc{ID: statsKey(id)}
		found, err := l.docs.getAll(ctx, []any{card, stats}, true)
		if err != nil {
			return err
		}
		if !found[0] || !found[1] || card.deleted() {
			return notFound(op, "item")
		}
		was = stats.stats()
		if is, err = l.countAnew(ctx, card, was); err != nil || is == was {
			return err
		}
		// Guarded by the revision that was read: whoever counts meanwhile makes
		// this begin again.
		return l.docs.handles.Consistent.Update(ctx, stats, docstore.Mods{
			"stars": is.Stars, "copies": is.Copies, "downloads": is.Downloads, "views": is.Views,
		})
	}
	err = commit(ctx, op, write, func() (bool, error) { return false, nil })
	if err == nil && is != was {
		_, err = l.Rescore(ctx, id)
	}
	return was, is, err
}

// countAnew counts from what the counts were made of. Stars are counted on an
// index: where they differ, a late index gets time to be right.
func (l *Library) countAnew(ctx context.Context, card *cardDoc, was promptz.Stats) (promptz.Stats, error) {
	id := idIn(card.ID)
	is, err := l.sumDays(ctx, id, fromMillis(card.CreatedAt))
	if err != nil {
		return is, err
	}
	if is.Stars, err = l.countStars(ctx, id); err != nil || is.Stars == was.Stars {
		return is, err
	}
	select {
	case <-ctx.Done():
		return is, ctx.Err()
	case <-time.After(indexLag):
	}
	is.Stars, err = l.countStars(ctx, id)
	return is, err
}

// countStars counts the stars on an item that stand.
func (l *Library) countStars(ctx context.Context, item string) (int64, error) {
	var stars int64
	p := page{Index: stargazersIndex, Partition: item, Limit: sweepPage}
	for {
		count := 0
		err := query(ctx, l.docs, p, func(d *starDoc) { count, p.Before = count+1, d.StarredSort })
		stars += int64(count)
		if err != nil || count < p.Limit {
			return stars, err
		}
	}
}

// sumDays sums what was counted of an item, stars left out, since a month before
// it was made, for clocks that differ.
func (l *Library) sumDays(ctx context.Context, item string, created time.Time) (promptz.Stats, error) {
	var sum promptz.Stats
	days, err := l.FindDays(ctx, item, created.AddDate(0, -1, 0), l.now().AddDate(0, 1, 0))
	for _, d := range days {
		sum.Copies += d.Copies
		sum.Downloads += d.Downloads
		sum.Views += d.Views
	}
	return sum, err
}

// logPage is how many events of the log are read at a time.
const logPage = 100

// LoggedDays gives what the log says was copied and downloaded of each item on each
// day. from is the first day that the log has whole: earlier events have expired.
func (l *Library) LoggedDays(ctx context.Context) (days map[string][]promptz.DayStats, from time.Time, err error) {
	after, err := l.log.Tail(ctx, promptz.FeedActivity)
	if err != nil {
		return nil, from, err
	}
	if after > 0 {
		from = promptz.DayOf(l.now()).Add(-logLifetime).AddDate(0, 0, 1)
	}
	byDay := map[string]map[time.Time]promptz.Stats{}
	for {
		events, err := l.log.FindEvents(ctx, promptz.FeedActivity, after, logPage)
		if err != nil || len(events) == 0 {
			return inOrder(byDay), from, err
		}
		after = events[len(events)-1].Number
		for _, e := range events {
			if byDay[e.ItemID] == nil {
				byDay[e.ItemID] = map[time.Time]promptz.Stats{}
			}
			day, counted := promptz.DayOf(e.At), promptz.Counted([]promptz.Event{e})
			sum := byDay[e.ItemID][day]
			sum.Copies, sum.Downloads = sum.Copies+counted.Copies, sum.Downloads+counted.Downloads
			byDay[e.ItemID][day] = sum
		}
	}
}

// inOrder lists the days of each item.
func inOrder(byDay map[string]map[time.Time]promptz.Stats) map[string][]promptz.DayStats {
	days := map[string][]promptz.DayStats{}
	for item, stats := range byDay {
		for _, day := range slices.SortedFunc(maps.Keys(stats), time.Time.Compare) {
			days[item] = append(days[item], promptz.DayStats{Day: day, Stats: stats[day]})
		}
	}
	return days
}
