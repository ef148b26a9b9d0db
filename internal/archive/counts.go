package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"promptz/internal/promptz"
)

// starPage is how many stars are read at a time.
const starPage = 1000

// exportCounts adds the stars of an item, and what was counted of it, to what waits
// for the end of the archive. An item that was deleted meanwhile has none.
func (e *Exporter) exportCounts(ctx context.Context, out *archiveWriter, id string) error {
	days, err := e.items.FindAllDays(ctx, id)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if err := out.addDays(id, days); err != nil {
		return err
	}
	for position, more := "", true; more; more = position != "" {
		var stars []promptz.Star
		if stars, position, err = e.items.FindStars(ctx, id, position, starPage); err != nil {
			return err
		}
		if err := out.addStars(stars); err != nil {
			return err
		}
	}
	return nil
}

// addStars adds lines to stars.jsonl; stars of users who are not in the archive
// went with their accounts.
func (a *archiveWriter) addStars(stars []promptz.Star) error {
	for _, s := range stars {
		if !a.users[s.UserID] {
			continue
		}
		if err := writeLine(a.stars, starLine{Item: s.ItemID, User: s.UserID, At: s.At.UTC()}); err != nil {
			return err
		}
		a.written.Stars++
	}
	return nil
}

// addDays adds lines to months.jsonl.
func (a *archiveWriter) addDays(id string, days []promptz.DayStats) error {
	for len(days) > 0 {
		line := monthLine{Item: id}
		month := days[0].Day.Month()
		for len(days) > 0 && days[0].Day.Month() == month {
			line.Days = append(line.Days, dayJSON{days[0].Day.Format(time.DateOnly), statsJSON(days[0].Stats)})
			days = days[1:]
		}
		if err := writeLine(a.months, line); err != nil {
			return err
		}
	}
	return nil
}

func writeLine(to *spool, v any) error {
	line, err := encode(v, "", "")
	if err != nil {
		return err
	}
	_, err = to.Write(line)
	return err
}

// endCounts writes both files.
func (a *archiveWriter) endCounts() error {
	return errors.Join(a.file(starsFile, a.stars), a.file(monthsFile, a.months))
}

// counts take what an archive holds of stars and days, see lines.
type counts struct {
	star func(promptz.Star) (fault, err error)
	days func(item string, days []promptz.DayStats) (fault, err error)
}

// counts reads both files, after the items; older archives have none.
func (a *archiveReader) counts(each counts) error {
	if a.header == nil {
		return nil
	}
	err := a.lines(starsFile, func(b []byte) (fault, err error) {
		var line starLine
		if fault := decode(b, &line); fault != nil {
			return fault, nil
		}
		return each.star(promptz.Star{ItemID: line.Item, UserID: line.User, At: line.At})
	})
	if err != nil {
		return err
	}
	err = a.lines(monthsFile, func(b []byte) (fault, err error) {
		var line monthLine
		if fault := decode(b, &line); fault != nil {
			return fault, nil
		}
		days, fault := line.days()
		if fault != nil {
			return fault, nil
		}
		return each.days(line.Item, days)
	})
	if err == nil && a.header != nil {
		err = refusal("%q in it is not what belongs there, which is its end.", a.header.Name)
	}
	return err
}

// days gives the days of a line, which have to be of one month, in order.
func (l *monthLine) days() ([]promptz.DayStats, error) {
	var days []promptz.DayStats
	for _, d := range l.Days {
		day, err := time.Parse(time.DateOnly, d.Day)
		if err != nil {
			return nil, fmt.Errorf("%q is not a day", d.Day)
		}
		if n := len(days); n > 0 && (!days[n-1].Day.Before(day) || days[n-1].Day.Month() != day.Month() || days[n-1].Day.Year() != day.Year()) {
			return nil, fmt.Errorf("%s is out of order, there twice, or of another month", d.Day)
		}
		if d.Copies < 0 || d.Downloads < 0 || d.Views < 0 {
			return nil, fmt.Errorf("a count of %s is below zero", d.Day)
		}
		days = append(days, promptz.DayStats{Day: day, Stats: promptz.Stats(d.statsJSON)})
	}
	if len(days) == 0 {
		return nil, errors.New("it has no days")
	}
	return days, nil
}

// verifyCounts reads both files and writes nothing: what they count has to be of
// items and users in the archive, and may not be of a time to come.
func verifyCounts(ctx context.Context, a *archiveReader, items, users map[string]bool) error {
	return a.counts(counts{
		star: func(s promptz.Star) (fault, err error) {
			switch {
			case !items[s.ItemID]:
				fault = fmt.Errorf("%q is no item in it", s.ItemID)
			case !users[s.UserID]:
				fault = fmt.Errorf("%q is no user in it", s.UserID)
			case s.At.UnixMilli() <= 0 || s.At.After(a.latest):
				fault = fmt.Errorf("%s is no time of the past", s.At.Format(time.RFC3339))
			}
			return fault, context.Cause(ctx)
		},
		days: func(item string, days []promptz.DayStats) (fault, err error) {
			switch {
			case !items[item]:
				fault = fmt.Errorf("%q is no item in it", item)
			case days[0].Day.UnixMilli() <= 0 || days[len(days)-1].Day.After(a.latest):
				fault = fmt.Errorf("%s is no day of the past", days[0].Day.Format(time.DateOnly))
			}
			return fault, context.Cause(ctx)
		},
	})
}

// counts brings stars and counts to the items that are there, and ranks those
// anew.
func (r *restore) counts(ctx context.Context, a *archiveReader) error {
	items := r.importer.items
	counted := map[string]bool{}
	bring := func(item string, err error) error {
		if promptz.ErrorCode(err) == promptz.CodeNotFound { // its owner was refused, or it was deleted here
			return nil
		}
		counted[item] = true
		return err
	}
	err := a.counts(counts{
		star: func(s promptz.Star) (fault, err error) {
			if r.without[s.UserID] {
				return nil, nil
			}
			return nil, bring(s.ItemID, items.PutStar(ctx, s))
		},
		days: func(item string, days []promptz.DayStats) (fault, err error) {
			return nil, bring(item, items.PutDays(ctx, item, days))
		},
	})
	if err != nil {
		return err
	}
	for item := range counted {
		if _, err := items.Rescore(ctx, item); err != nil && promptz.ErrorCode(err) != promptz.CodeNotFound {
			return err
		}
	}
	return nil
}
