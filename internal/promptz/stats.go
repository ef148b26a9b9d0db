package promptz

import (
	"math"
	"time"
)

// Stats are an item's counts.
type Stats struct {
	Stars, Copies, Downloads, Views int64
}

// DayStats are what was counted of an item on one day. Stars that were taken back
// are taken off the day on which they were.
type DayStats struct {
	Day time.Time // its beginning, in UTC
	Stats
}

// Star is one star that stands.
type Star struct {
	ItemID, UserID string
	At             time.Time
}

// DayOf gives the beginning of the day that t is in, in UTC.
func DayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// What an interaction weighs in both scores.
const (
	weightStar     = 3
	weightCopy     = 2
	weightDownload = 1
)

// Popularity is an item's score for [SortPopular].
func (s Stats) Popularity() int64 {
	return max(0, weightStar*s.Stars+weightCopy*s.Copies+weightDownload*s.Downloads)
}

// TrendDays is how many days before the last that counts count in a trend.
const TrendDays = 70

// trendEpoch is the day on which 1 weighs 1.
var trendEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// halfLife is after how many days an interaction weighs half of a new one.
const halfLife = 7

// fractions are 2^(-k/7): the same bits on every processor.
var fractions = [halfLife]float64{
	1, 0.9057236642639067, 0.8203353560076376, 0.7429971445684742,
	0.6729500963161781, 0.6095068271022377, 0.5520447568369061,
}

// Trend is an item's score for [SortTrending]: the logarithm to the base 2 of
// what its days weigh, where a day weighs twice as much as one a week before. It
// depends on the counts and the first publication alone, not on when it is
// computed, so that no score has to be renewed because time passes. Zero is the
// least; days are in order, the latest last.
func Trend(publishedAt time.Time, days []DayStats) float64 {
	published := DayOf(publishedAt)
	last := published
	for _, d := range days {
		if d.Popularity() > 0 && d.Day.After(last) {
			last = d.Day
		}
	}
	sum := weigh(1, published, last)
	for _, d := range days {
		n := weightStar*d.Stars + weightCopy*d.Copies + weightDownload*d.Downloads
		sum += weigh(n, d.Day, last)
	}
	if sum <= 0 {
		return 0
	}
	return max(0, math.Log2(sum)+last.Sub(trendEpoch).Hours()/24/halfLife)
}

// weigh gives what n of a day weighs on the day last.
func weigh(n int64, day, last time.Time) float64 {
	age := int(last.Sub(day).Hours() / 24)
	if age < 0 || age >= TrendDays {
		return 0
	}
	return math.Ldexp(float64(n)*fractions[age%halfLife], -(age / halfLife))
}

// Interaction is something that is counted of an item, once a day for each
// visitor and version.
type Interaction string

// The interactions.
const (
	InteractionCopy     Interaction = "copy"
	InteractionDownload Interaction = "download"
)

// EventType is the type of the event of an interaction.
func (i Interaction) EventType() EventType {
	if i == InteractionDownload {
		return EventItemDownloaded
	}
	return EventItemCopied
}

// Counted gives what the events of one item count.
func Counted(events []Event) Stats {
	var s Stats
	for _, e := range events {
		switch e.Type {
		case EventItemCopied:
			s.Copies++
		case EventItemDownloaded:
			s.Downloads++
		}
	}
	return s
}
