package events

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"promptz/internal/promptz"
)

// Consumer is one purpose for which events are consumed.
type Consumer struct {
	Name  string // in documents and metrics; never changed
	Types []promptz.EventType
	// Handle does what the events ask for, all or some of them. It may get an
	// event again, and in any order. What it fails with is tried again for all
	// of them, one by one; see [NotYet].
	Handle func(ctx context.Context, events []promptz.Event) error
}

// wants gives those of the events that the consumer is for.
func (c *Consumer) wants(events []promptz.Event) []promptz.Event {
	var wanted []promptz.Event
	for _, e := range events {
		if slices.Contains(c.Types, e.Type) {
			wanted = append(wanted, e)
		}
	}
	return wanted
}

// handle calls Handle; a panic is an error.
func (c *Consumer) handle(ctx context.Context, events []promptz.Event) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("consumer %s panicked: %v", c.Name, reason)
		}
	}()
	return c.Handle(ctx, events)
}

// NotYet is the error of a consumer that can't handle an event before a time. It
// counts as no attempt.
type NotYet struct{ Until time.Time }

// Error says when.
func (n NotYet) Error() string { return "not before " + n.Until.UTC().Format(time.RFC3339) }

const (
	// maxAttempts is how often a consumer may fail at an event.
	maxAttempts = 8
	// firstDelay is how long the second attempt waits; each further one waits
	// four times as long, at most maxDelay.
	firstDelay = time.Second
	maxDelay   = time.Hour
)

// after gives the next state of an event that failed.
func after(r promptz.Retry, err error, now time.Time) promptz.Retry {
	r.Reason, r.FailedAt = err.Error(), now
	if early, ok := errors.AsType[NotYet](err); ok {
		r.DueAt = early.Until
		return r
	}
	delay := firstDelay
	for range r.Attempts {
		delay = min(4*delay, maxDelay)
	}
	r.Attempts++
	r.DueAt, r.Dead = now.Add(delay), r.Attempts >= maxAttempts
	return r
}
