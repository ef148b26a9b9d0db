package library

import (
	"context"
	"errors"
	"slices"

	"promptz/internal/promptz"
)

const (
	// readAtOnce is how many events are read from a log at a time.
	readAtOnce = 100
	// maxPassedOver bounds how many events one page may pass over.
	maxPassedOver = 1000
)

// Log is where a feed is read; package store has one for each collection.
type Log interface {
	Feeds() []promptz.Feed
	Head(ctx context.Context, feed promptz.Feed) (int64, error)
	FindEvents(ctx context.Context, feed promptz.Feed, after int64, limit int) ([]promptz.Event, error)
	Tail(ctx context.Context, feed promptz.Feed) (int64, error)
}

// Changes is the change log as a caller may see it. Safe for concurrent use.
type Changes struct {
	logs map[promptz.Feed]Log
}

// NewChanges makes the change log of the feeds of logs.
func NewChanges(logs ...Log) *Changes {
	c := &Changes{logs: map[promptz.Feed]Log{}}
	for _, log := range logs {
		for _, feed := range log.Feeds() {
			c.logs[feed] = log
		}
	}
	return c
}

// FindChanges gives a page of the events that p may see. It fails with
// [promptz.ErrTrimmed] when what follows f.After is gone, or never was: the
// deployment was restored from a backup, or the cursor is another's.
func (c *Changes) FindChanges(ctx context.Context, p promptz.Principal, f promptz.EventFilter) (promptz.EventPage, error) {
	if f.Feed == promptz.FeedAccounts {
		if err := p.Require(promptz.ScopeRead); err != nil {
			return promptz.EventPage{}, err
		}
	}
	page, err := findChanges(ctx, c.logs[f.Feed], p, f)
	if f.After == nil && errors.Is(err, promptz.ErrTrimmed) {
		// The oldest expired just now: begin at the next.
		page, err = findChanges(ctx, c.logs[f.Feed], p, f)
	}
	return page, err
}

func findChanges(ctx context.Context, log Log, p promptz.Principal, f promptz.EventFilter) (promptz.EventPage, error) {
	after, err := begin(ctx, log, f)
	if err != nil {
		return promptz.EventPage{}, err
	}
	page := promptz.EventPage{Cursor: after}
	for len(page.Events) < f.Limit && page.Cursor-after < maxPassedOver {
		some, err := log.FindEvents(ctx, f.Feed, page.Cursor, readAtOnce)
		if err != nil {
			return promptz.EventPage{}, err
		}
		page.More = false
		for _, e := range some {
			if len(page.Events) == f.Limit {
				page.More = true
				break
			}
			page.Cursor = e.Number
			if wanted(p, f.Types, &e) {
				page.Events = append(page.Events, e)
			}
		}
		if len(some) < readAtOnce {
			return page, nil
		}
		page.More = true
	}
	return page, nil
}

// begin gives the number that f goes on after.
func begin(ctx context.Context, log Log, f promptz.EventFilter) (int64, error) {
	if f.After == nil {
		return log.Tail(ctx, f.Feed)
	}
	head, err := log.Head(ctx, f.Feed)
	if err == nil && *f.After > head {
		err = promptz.ErrTrimmed
	}
	return *f.After, err
}

// wanted tells whether an event is of the types and p may see it, and takes off
// it what p may not see.
func wanted(p promptz.Principal, types []promptz.EventType, e *promptz.Event) bool {
	if len(types) > 0 && !slices.Contains(types, e.Type) || !canSee(p, e) {
		return false
	}
	if e.ItemID != "" && !ownsItemOf(p, e) {
		e.ActorID = ""
		if e.Type == promptz.EventItemUnpublished || e.Type == promptz.EventItemDeleted {
			e.Version = 0 // it may be one that was never public
		}
	}
	return true
}
