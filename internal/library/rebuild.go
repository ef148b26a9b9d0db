package library

import (
	"context"
	"time"

	"promptz/internal/promptz"
)

// Counts is where what was counted is kept; package store is one.
type Counts interface {
	ItemIDs(ctx context.Context) ([]string, error)
	// RebuildStats makes an item's counts anew from what they were made of.
	RebuildStats(ctx context.Context, id string) (was, is promptz.Stats, err error)
	// LoggedDays gives what the log says of each item, and from which day on.
	LoggedDays(ctx context.Context) (days map[string][]promptz.DayStats, from time.Time, err error)
	FindDays(ctx context.Context, item string, from, to time.Time) ([]promptz.DayStats, error)
}

// Rebuilt is what a rebuild found.
type Rebuilt struct {
	Items      int
	Corrected  []Correction
	Deviations []Deviation
}

// Correction is an item whose counts were wrong.
type Correction struct {
	ItemID  string
	Was, Is promptz.Stats
}

// Deviation is a day on which the log tells another number of copies or downloads
// than was counted. It is reported and left as it is: what was counted is kept for
// ever, the log for 30 days.
type Deviation struct {
	ItemID          string
	Day             time.Time
	Counted, Logged promptz.Stats
}

// RebuildStats counts everything anew, and holds the days that the log has whole
// against it; today is left out, since it is still being counted. It may run beside
// servers.
func RebuildStats(ctx context.Context, counts Counts, now time.Time) (Rebuilt, error) {
	var r Rebuilt
	ids, err := counts.ItemIDs(ctx)
	if err != nil {
		return r, err
	}
	for _, id := range ids {
		was, is, err := counts.RebuildStats(ctx, id)
		if promptz.ErrorCode(err) == promptz.CodeNotFound {
			continue // it was deleted meanwhile
		}
		if err != nil {
			return r, err
		}
		r.Items++
		if was != is {
			r.Corrected = append(r.Corrected, Correction{id, was, is})
		}
	}
	logged, from, err := counts.LoggedDays(ctx)
	if err != nil {
		return r, err
	}
	for _, id := range ids {
		for _, day := range logged[id] {
			if day.Day.Before(from) || !day.Day.Before(promptz.DayOf(now)) {
				continue
			}
			if err := r.compare(ctx, counts, id, day); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// compare holds a day of the log against what was counted on it.
func (r *Rebuilt) compare(ctx context.Context, counts Counts, id string, logged promptz.DayStats) error {
	days, err := counts.FindDays(ctx, id, logged.Day, logged.Day)
	if err != nil {
		return err
	}
	if counted := days[0].Stats; counted.Copies != logged.Copies || counted.Downloads != logged.Downloads {
		r.Deviations = append(r.Deviations, Deviation{ItemID: id, Day: logged.Day, Counted: counted, Logged: logged.Stats})
	}
	return nil
}
