package store

import (
	"fmt"
	"math"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// statsDoc is stats#<item>: the counts, apart from the card so that a star never
// makes somebody's edit fail, nor is lost under it. Public is written by
// publishing and unpublishing, so that a score that comes late lists no private
// item.
type statsDoc struct {
	ID        string `docstore:"id"`
	V         int    `docstore:"v"`
	Public    bool   `docstore:"public"`
	Stars     int64  `docstore:"stars"`
	Copies    int64  `docstore:"copies"`
	Downloads int64  `docstore:"downloads"`
	Views     int64  `docstore:"views"`

	RankKind  string `docstore:"rankKind,omitempty"`
	RankSort  string `docstore:"rankSort,omitempty"`
	TrendKind string `docstore:"trendKind,omitempty"`
	TrendSort string `docstore:"trendSort,omitempty"`

	DocstoreRevision any
}

func newStatsDoc(item *promptz.Item) *statsDoc {
	d := &statsDoc{
		ID: statsKey(item.ID), V: schema, Public: item.Public(),
		Stars: item.Stats.Stars, Copies: item.Stats.Copies,
		Downloads: item.Stats.Downloads, Views: item.Stats.Views,
	}
	if item.Public() {
		d.RankKind, d.TrendKind = string(item.Kind), string(item.Kind)
		d.RankSort = scoreValue(item.Stats.Popularity(), item.ID)
		d.TrendSort = trendValue(promptz.Trend(item.PublishedAt, nil), item.ID)
	}
	return d
}

func (d *statsDoc) stats() promptz.Stats {
	return promptz.Stats{Stars: d.Stars, Copies: d.Copies, Downloads: d.Downloads, Views: d.Views}
}

// sortIn gives the item's place on an index of scores.
func (d *statsDoc) sortIn(i Index) string {
	if i == rankIndex {
		return d.RankSort
	}
	return d.TrendSort
}

// shownMods changes whether an item is on the lists by score. Its trend is that
// of a new one until the next rescoring.
func shownMods(item *promptz.Item) docstore.Mods {
	d := newStatsDoc(item)
	if !item.Public() {
		return docstore.Mods{"public": false, "rankKind": nil, "rankSort": nil, "trendKind": nil, "trendSort": nil}
	}
	return docstore.Mods{
		"public": true, "rankKind": d.RankKind, "rankSort": d.RankSort, "trendKind": d.TrendKind, "trendSort": d.TrendSort,
	}
}

// scoreValue makes "<score>#<id>", which sorts by score and then by id, and is as
// long as [sortValue].
func scoreValue(score int64, id string) string { return fmt.Sprintf("%013d#%s", score, id) }

// trendValue keeps six decimals of a trend.
func trendValue(trend float64, id string) string {
	return scoreValue(int64(math.Round(trend*1e6)), id)
}

// The fields of the counts of a day in a month's document begin with these.
const (
	dayStars     = "s"
	dayCopies    = "c"
	dayDownloads = "d"
	dayViews     = "v"
)

// monthDoc is month#<item>#<yyyymm>: an item's counts for each day of a month, as
// fields named by count and day: "s07". It is kept for ever.
type monthDoc map[string]any

func monthKey(item string, day time.Time) string {
	return "month#" + item + "#" + day.UTC().Format("200601")
}

func dayField(count string, day time.Time) string { return count + day.UTC().Format("02") }

// dayCounts gives the fields of what is counted on a day, as far as there is
// something.
func dayCounts(day time.Time, s promptz.Stats) map[string]int64 {
	counts := map[string]int64{}
	for count, n := range map[string]int64{dayStars: s.Stars, dayCopies: s.Copies, dayDownloads: s.Downloads, dayViews: s.Views} {
		if n != 0 {
			counts[dayField(count, day)] = n
		}
	}
	return counts
}

// day gives what was counted on a day.
func (d monthDoc) day(day time.Time) promptz.Stats {
	count := func(prefix string) int64 {
		n, _ := d[dayField(prefix, day)].(int64)
		return n
	}
	return promptz.Stats{Stars: count(dayStars), Copies: count(dayCopies), Downloads: count(dayDownloads), Views: count(dayViews)}
}

// statsMods adds what is counted to the totals.
func statsMods(s promptz.Stats) docstore.Mods {
	mods := docstore.Mods{}
	for field, n := range map[string]int64{"stars": s.Stars, "copies": s.Copies, "downloads": s.Downloads, "views": s.Views} {
		if n != 0 {
			mods[docstore.FieldPath(field)] = docstore.Increment(n)
		}
	}
	return mods
}
