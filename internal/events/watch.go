package events

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"promptz/internal/promptz"
)

// pollInterval is how late an event of another process may be told.
const pollInterval = time.Second

// Watch tells readers of feeds that there is more to read. However many wait,
// one goroutine looks for what other processes wrote, and it reads nothing while
// nobody waits. Safe for concurrent use.
type Watch struct {
	log *slog.Logger

	mu      sync.Mutex
	feeds   map[promptz.Feed]*watched
	waiting int
}

// watched is one feed as the watch knows it.
type watched struct {
	source Feeds
	head   int64
	moved  chan struct{} // closed when head moves
}

// NewWatch makes a watch of all the feeds of logs.
func NewWatch(log *slog.Logger, logs ...Feeds) *Watch {
	w := &Watch{log: log, feeds: map[promptz.Feed]*watched{}}
	for _, source := range logs {
		for _, feed := range source.Feeds() {
			w.feeds[feed] = &watched{source: source, moved: make(chan struct{})}
		}
	}
	return w
}

// Run looks for what other processes wrote until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.Look(ctx)
		}
	}
}

// Look reads how far the feeds are, if anybody waits.
func (w *Watch) Look(ctx context.Context) {
	w.mu.Lock()
	waiting := w.waiting > 0
	w.mu.Unlock()
	if !waiting {
		return
	}
	for feed, f := range w.feeds { // the map itself never changes
		head, err := f.source.Head(ctx, feed)
		if err != nil && ctx.Err() == nil {
			w.log.Warn("a feed's head can't be read; whoever waits on it waits on", "feed", feed, "error", err)
			continue
		}
		w.Moved(feed, head)
	}
}

// Moved tells that a feed has come to head.
func (w *Watch) Moved(feed promptz.Feed, head int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.feeds[feed]
	if head <= f.head {
		return
	}
	f.head = head
	close(f.moved)
	f.moved = make(chan struct{})
}

// Wait returns nil once a feed has events beyond after, or the error of ctx when
// it ends before.
func (w *Watch) Wait(ctx context.Context, feed promptz.Feed, after int64) error {
	w.count(+1)
	defer w.count(-1)
	for {
		w.mu.Lock()
		f := w.feeds[feed]
		head, moved := f.head, f.moved
		w.mu.Unlock()
		if head > after {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

// count changes how many wait.
func (w *Watch) count(by int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting += by
}
