package events

import (
	"context"

	"promptz/internal/promptz"
)

// Outbox is where events wait for their numbers; package store has one for each
// collection that writes events.
type Outbox interface {
	// Fresh gets a token whenever this process has written events.
	Fresh() <-chan struct{}
	// TakeFresh gives the ids of those, each once.
	TakeFresh(limit int) []string
	// FindPendingEvents gives the ids of what waits, whoever wrote it.
	FindPendingEvents(ctx context.Context, limit int) ([]string, error)
	// AppendEvents moves events into their feeds; those that were moved already
	// are left alone.
	AppendEvents(ctx context.Context, ids []string) ([]promptz.Event, error)
}

// Feeds is where numbered events are read.
type Feeds interface {
	Feeds() []promptz.Feed
	// Head gives the last number of a feed.
	Head(ctx context.Context, feed promptz.Feed) (int64, error)
	// FindEvents gives the events after a number. It fails with
	// [promptz.ErrTrimmed].
	FindEvents(ctx context.Context, feed promptz.Feed, after int64, limit int) ([]promptz.Event, error)
	// Tail gives the number before the oldest event that is still there.
	Tail(ctx context.Context, feed promptz.Feed) (int64, error)
}

// Cursors is where readers keep how far they have come.
type Cursors interface {
	FindCursor(ctx context.Context, reader string) (promptz.Cursor, error)
	// UpdateCursor fails with [promptz.ErrStale] when another process moved it.
	UpdateCursor(ctx context.Context, c *promptz.Cursor) error
}

// Log is all of it.
type Log interface {
	Outbox
	Feeds
	Cursors
}
