package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gocloud.dev/pubsub"

	"promptz/internal/promptz"
)

const (
	// publishBatch is how many events are sent between two moves of the cursor.
	publishBatch = 100
	// leaseTime is for how long a publisher may seem idle before another takes
	// its place, by the other's monotonic clock.
	leaseTime = 3 * time.Second
	// leaseCheck is how often that other looks.
	leaseCheck = 500 * time.Millisecond
	// publishRetry is how long the publisher waits when the broker or the store
	// does not answer.
	publishRetry = time.Second
)

// metadataType is the message metadata that holds the event's type, for brokers
// that route by it.
const metadataType = "type"

// Publisher sends what is in the feeds to a topic: at least once, and again
// where the broker did not acknowledge. Of several processes one sends at a
// time. Safe for concurrent use.
type Publisher struct {
	topic     *pubsub.Topic
	envelopes *Envelopes
	watch     *Watch
	log       *slog.Logger
	name      string // of this process
}

// NewPublisher makes a publisher; name is this process's, no other's.
func NewPublisher(topic *pubsub.Topic, envelopes *Envelopes, watch *Watch, log *slog.Logger, name string) *Publisher {
	return &Publisher{topic: topic, envelopes: envelopes, watch: watch, log: log, name: name}
}

// Source is what a publisher follows.
type Source interface {
	Feeds
	Cursors
}

// Run publishes all feeds of the sources until ctx ends.
func (p *Publisher) Run(ctx context.Context, sources ...Source) {
	var work sync.WaitGroup
	for _, source := range sources {
		for _, feed := range source.Feeds() {
			work.Go(func() { (&reader{Publisher: p, source: source, feed: feed}).run(ctx) })
		}
	}
	work.Wait()
}

// PublisherOf is the reader whose cursor says how far a feed is published.
func PublisherOf(feed promptz.Feed) string { return "publish-" + string(feed) }

// reader publishes one feed.
type reader struct {
	*Publisher
	source Source
	feed   promptz.Feed
	cursor promptz.Cursor
	known  bool      // whether cursor is what this process wrote or read last
	idle   time.Time // since when another holder leaves events unpublished; zero is not at all
}

func (r *reader) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.step(ctx); err != nil && ctx.Err() == nil {
			r.known = false
			r.log.Error("publishing events failed; it goes on where it was", "feed", r.feed, "error", err)
			pause(ctx, publishRetry)
		}
	}
	r.release(context.WithoutCancel(ctx))
}

// step publishes one batch, or waits until there is something to publish.
func (r *reader) step(ctx context.Context) error {
	if err := r.read(ctx); err != nil {
		return err
	}
	events, err := r.source.FindEvents(ctx, r.feed, r.cursor.Number, publishBatch)
	switch {
	case errors.Is(err, promptz.ErrTrimmed):
		return r.skip(ctx)
	case err != nil:
		return err
	case len(events) == 0:
		r.idle = time.Time{}
		return r.watch.Wait(ctx, r.feed, r.cursor.Number)
	case !r.mine():
		pause(ctx, leaseCheck)
		r.known = false
		return nil
	}
	if err := r.send(ctx, events); err != nil {
		return err
	}
	return r.move(ctx, events[len(events)-1].Number)
}

// read reads the cursor, unless this process moved it last.
func (r *reader) read(ctx context.Context) error {
	if r.known {
		return nil
	}
	before := r.cursor
	cursor, err := r.source.FindCursor(ctx, PublisherOf(r.feed))
	if err != nil {
		return err
	}
	if cursor.Number != before.Number || cursor.Holder != before.Holder {
		r.idle = time.Time{}
	}
	r.cursor, r.known = cursor, true
	return nil
}

// mine tells whether this process may publish what waits: nobody does, it does
// already, or who did has not moved for leaseTime.
func (r *reader) mine() bool {
	if r.cursor.Holder == "" || r.cursor.Holder == r.name {
		return true
	}
	if r.idle.IsZero() {
		r.idle = time.Now()
	}
	return time.Since(r.idle) > leaseTime
}

// move writes how far publishing has come. That another process moved it
// meanwhile is no error: it publishes, then.
func (r *reader) move(ctx context.Context, number int64) error {
	next := r.cursor
	next.Number, next.Holder = number, r.name
	err := r.source.UpdateCursor(ctx, &next)
	if errors.Is(err, promptz.ErrStale) {
		r.known = false
		return nil
	}
	if err == nil {
		r.cursor = next
	}
	return err
}

// skip goes on with the oldest event there is, since what follows is gone.
func (r *reader) skip(ctx context.Context) error {
	tail, err := r.source.Tail(ctx, r.feed)
	if err != nil {
		return err
	}
	r.log.Error("events have expired before they were published", "feed", r.feed, "first", r.cursor.Number+1, "last", tail)
	return r.move(ctx, tail)
}

// send sends events and returns once the broker has all of them.
func (r *reader) send(ctx context.Context, events []promptz.Event) error {
	errs := make([]error, len(events))
	var sending sync.WaitGroup
	for i, e := range events {
		text, err := r.envelopes.Encode(e)
		if err != nil {
			return err
		}
		sending.Go(func() {
			errs[i] = r.topic.Send(ctx, &pubsub.Message{Body: text, Metadata: map[string]string{metadataType: string(e.Type)}})
		})
	}
	sending.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	return nil
}

// release lets another process publish at once.
func (r *reader) release(ctx context.Context) {
	if !r.known || r.cursor.Holder != r.name {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, publishRetry)
	defer cancel()
	next := r.cursor
	next.Holder = ""
	if err := r.source.UpdateCursor(ctx, &next); err != nil {
		r.log.Debug("the publisher's place was not given back; it lapses", "feed", r.feed, "error", err)
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
