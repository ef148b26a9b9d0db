package eventbridgepubsub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"
)

const (
	maxAttempts = 6 // of sending a message, the first among them
	firstPause  = 100 * time.Millisecond
	maxPause    = 5 * time.Second
)

// Backoff is how long a topic waits before it sends for the nth time again, from 1
// on: anything up to 100 ms, then up to 200 ms, and so on to 5 s. That it is drawn
// by lot keeps senders that were throttled together from coming back together, see
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
func Backoff(n int) time.Duration {
	limit := maxPause
	if n < 7 {
		limit = firstPause << (n - 1)
	}
	return rand.N(limit) + 1
}

// send puts messages on the bus, and again those that were refused for the moment.
func (t *topic) send(ctx context.Context, pending []*outgoing) {
	for n := 1; len(pending) > 0; n++ {
		for _, request := range t.requests(pending) {
			t.put(ctx, request)
		}
		pending = again(pending)
		if len(pending) == 0 || n == maxAttempts {
			return
		}
		if err := pause(ctx, t.options.Backoff(n)); err != nil {
			for _, m := range pending {
				m.err = fmt.Errorf("%w, while waiting to send again after: %w", err, m.err)
			}
			return
		}
	}
}

// again gives the messages for which sending again may help.
func again(messages []*outgoing) []*outgoing {
	var some []*outgoing
	for _, m := range messages {
		if m.err != nil && retryable(m.err) {
			some = append(some, m)
		}
	}
	return some
}

// put makes one request, and tells each of its messages what became of it.
func (t *topic) put(ctx context.Context, request []*outgoing) {
	in := &eventbridge.PutEventsInput{Entries: make([]types.PutEventsRequestEntry, len(request))}
	for i, m := range request {
		in.Entries[i] = m.entry
	}
	out, err := t.client.PutEvents(ctx, in, once)
	if err == nil && len(out.Entries) != len(request) {
		err = fmt.Errorf("PutEvents has %d results for %d entries", len(out.Entries), len(request))
	}
	for i, m := range request {
		if m.err = err; err != nil {
			continue
		}
		m.result = out.Entries[i]
		if code := aws.ToString(m.result.ErrorCode); code != "" {
			m.err = &smithy.GenericAPIError{Code: code, Message: aws.ToString(m.result.ErrorMessage)}
		}
	}
}

// once keeps the client from trying again by itself: a request and its entries
// share their attempts.
func once(o *eventbridge.Options) { o.Retryer = aws.NopRetryer{} }

// pause waits for d. It fails when ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
