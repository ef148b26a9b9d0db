package store

import (
	"context"

	"promptz/internal/promptz"
)

// RedriveRetry has an event that a consumer was given up for tried again at once,
// with all attempts before it. It fails with [promptz.CodeNotFound] when there is
// none; one that is tried anyway is left as it is.
func (l *Library) RedriveRetry(ctx context.Context, consumer, event string) error {
	const op = "redrive event"
	for {
		doc := &retryDoc{ID: retryKey(consumer, event)}
		found, err := l.docs.get(ctx, doc, true)
		if err != nil {
			return failure(op, err)
		}
		if !found {
			return notFound(op, "dead letter")
		}
		r := doc.retry()
		if !r.Dead {
			return nil
		}
		r.Dead, r.Attempts, r.DueAt = false, 0, l.now()
		if err := l.UpdateRetry(ctx, &r); promptz.ErrorCode(err) != promptz.CodeStale {
			return err
		}
	}
}
