package events

import (
	"context"
	"errors"

	"promptz/internal/promptz"
)

// Flush publishes all that waits in the sources and returns once the broker has
// it. It is for where [Publisher.Run] can't run: it takes no lease, so that two at
// once may publish an event twice, and none is left between them.
func (p *Publisher) Flush(ctx context.Context, sources ...Source) error {
	unnamed := *p
	unnamed.name = ""
	var failure error
	for _, source := range sources {
		for _, feed := range source.Feeds() {
			r := &reader{Publisher: &unnamed, source: source, feed: feed}
			failure = errors.Join(failure, r.flush(ctx))
		}
	}
	return failure
}

// flush publishes batch by batch. Whoever else moves the cursor publishes too: it
// is read again then.
func (r *reader) flush(ctx context.Context) error {
	for {
		if err := r.read(ctx); err != nil {
			return err
		}
		events, err := r.source.FindEvents(ctx, r.feed, r.cursor.Number, publishBatch)
		switch {
		case errors.Is(err, promptz.ErrTrimmed):
			if err := r.skip(ctx); err != nil {
				return err
			}
			continue
		case err != nil || len(events) == 0:
			return err
		}
		if err := r.send(ctx, events); err != nil {
			return err
		}
		if err := r.move(ctx, events[len(events)-1].Number); err != nil {
			return err
		}
	}
}
