package events

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gocloud.dev/pubsub"

	"promptz/internal/promptz"
)

const (
	// consumeBatch is how many messages are handled together at most.
	consumeBatch = 100
	// gatherTime is how long the first of them waits for others.
	gatherTime = 5 * time.Millisecond
	// holdDelay is how long a batch waits that could be neither handled nor kept;
	// each further time it waits twice as long, at most maxHoldDelay.
	holdDelay    = time.Second
	maxHoldDelay = time.Minute
	// retryInterval is how often retries are looked for.
	retryInterval = time.Second
	// retryBatch is how many of them are tried at a time.
	retryBatch = 20
)

// Retries is where events are kept that a consumer failed at.
type Retries interface {
	// CreateRetry keeps one, once: the same event and consumer again is no error.
	CreateRetry(ctx context.Context, r promptz.Retry) error
	// FindDueRetries gives those whose time has come.
	FindDueRetries(ctx context.Context, limit int) ([]promptz.Retry, error)
	// UpdateRetry fails with [promptz.ErrStale] when another process tried it.
	UpdateRetry(ctx context.Context, r *promptz.Retry) error
	DeleteRetry(ctx context.Context, r *promptz.Retry) error
}

// Subscriber hands events to consumers. What a consumer fails at is kept and tried
// again, so that one bad event never stands in the way of others, whatever the
// broker can do. Safe for concurrent use.
type Subscriber struct {
	consumers []Consumer
	envelopes *Envelopes
	unwrap    func(body []byte) ([]byte, error)
	retries   Retries
	now       func() time.Time
	log       *slog.Logger
}

// SubscriberDeps are what a subscriber is made of.
type SubscriberDeps struct {
	Consumers []Consumer
	Envelopes *Envelopes
	// Unwrap takes off what a broker has put around a message.
	Unwrap  func(body []byte) ([]byte, error)
	Retries Retries
	Now     func() time.Time
	Log     *slog.Logger
}

// NewSubscriber makes a subscriber.
func NewSubscriber(d SubscriberDeps) *Subscriber {
	return &Subscriber{consumers: d.Consumers, envelopes: d.Envelopes, unwrap: d.Unwrap, retries: d.Retries, now: d.Now, log: d.Log}
}

// Run consumes what subscription receives, and tries again what failed, until ctx
// ends. A message is acknowledged once it is done or kept as a retry.
func (s *Subscriber) Run(ctx context.Context, subscription *pubsub.Subscription) {
	messages := make(chan *pubsub.Message)
	var work sync.WaitGroup
	work.Go(func() { s.receive(ctx, subscription, messages) })
	work.Go(func() { s.runRetries(ctx) })
	for batch := range gather(messages) {
		s.consume(ctx, batch)
	}
	work.Wait()
}

// receive passes messages on until ctx ends, then closes the channel.
func (s *Subscriber) receive(ctx context.Context, subscription *pubsub.Subscription, messages chan<- *pubsub.Message) {
	defer close(messages)
	for {
		m, err := subscription.Receive(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Error("receiving events failed; it is tried again", "error", err)
			pause(ctx, publishRetry)
			continue
		}
		select {
		case messages <- m:
		case <-ctx.Done():
			return
		}
	}
}

// gather makes batches of messages that come at about the same time.
func gather(messages <-chan *pubsub.Message) func(yield func([]*pubsub.Message) bool) {
	return func(yield func([]*pubsub.Message) bool) {
		for first := range messages {
			batch := []*pubsub.Message{first}
			timer := time.NewTimer(gatherTime)
			for open := true; open && len(batch) < consumeBatch; {
				select {
				case m, ok := <-messages:
					if open = ok; ok {
						batch = append(batch, m)
					}
				case <-timer.C:
					open = false
				}
			}
			timer.Stop()
			if !yield(batch) {
				return
			}
		}
	}
}

// consume handles a batch and acknowledges it. What could neither be handled nor
// kept, since the store does not answer, is given back after a pause. A broker that
// takes nothing back, such as Kafka, would go on behind it: there it is tried again
// until it works, or until ctx ends and the next subscriber begins with it.
func (s *Subscriber) consume(ctx context.Context, batch []*pubsub.Message) {
	bodies := make([][]byte, len(batch))
	for i, m := range batch {
		bodies[i] = m.Body
	}
	for delay := holdDelay; ; delay = min(2*delay, maxHoldDelay) {
		err := s.Consume(ctx, bodies)
		if err == nil {
			break
		}
		if ctx.Err() == nil {
			s.log.Error("events could be neither consumed nor kept; they come again", "count", len(batch), "error", err)
			pause(ctx, delay)
		}
		if batch[0].Nackable() {
			for _, m := range batch {
				m.Nack()
			}
			return
		}
		if ctx.Err() != nil {
			return
		}
	}
	for _, m := range batch {
		m.Ack()
	}
}

// Consume handles messages; its error is that of keeping what failed.
func (s *Subscriber) Consume(ctx context.Context, bodies [][]byte) error {
	var events []promptz.Event
	for _, body := range bodies {
		e, err := s.decode(body)
		if err != nil {
			// It would be the same the next time, and holds nothing of ours.
			s.log.Error("a message that is no event was dropped", "bytes", len(body), "error", err)
			continue
		}
		events = append(events, e)
	}
	for i := range s.consumers {
		c := &s.consumers[i]
		wanted := c.wants(events)
		if len(wanted) == 0 {
			continue
		}
		err := c.handle(ctx, wanted)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := s.keep(ctx, c, wanted, err); err != nil {
			return err
		}
	}
	return nil
}

func (s *Subscriber) decode(body []byte) (promptz.Event, error) {
	body, err := s.unwrap(body)
	if err != nil {
		return promptz.Event{}, err
	}
	return s.envelopes.Decode(body)
}

// keep makes retries of events that a consumer failed at. One of several may be
// to blame for all: each is tried alone, at once.
func (s *Subscriber) keep(ctx context.Context, c *Consumer, events []promptz.Event, failure error) error {
	for _, e := range events {
		r := after(promptz.Retry{Consumer: c.Name, Event: e}, failure, s.now())
		if len(events) > 1 {
			r.Attempts, r.DueAt = 0, s.now()
		}
		if err := s.retries.CreateRetry(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// runRetries tries again what is due until ctx ends.
func (s *Subscriber) runRetries(ctx context.Context) {
	tick := time.NewTicker(retryInterval)
	defer tick.Stop()
	for {
		if _, err := s.Retry(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("retrying events failed; it goes on", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Retry tries what is due, and gives how many attempts it made.
func (s *Subscriber) Retry(ctx context.Context) (tried int, err error) {
	for {
		due, err := s.retries.FindDueRetries(ctx, retryBatch)
		if err != nil || len(due) == 0 {
			return tried, err
		}
		for _, r := range due {
			if err := s.retry(ctx, r); err != nil {
				return tried, err
			}
			tried++
		}
		if len(due) < retryBatch {
			return tried, nil
		}
	}
}

func (s *Subscriber) retry(ctx context.Context, r promptz.Retry) error {
	for i := range s.consumers {
		c := &s.consumers[i]
		if c.Name != r.Consumer {
			continue
		}
		failure := c.handle(ctx, []promptz.Event{r.Event})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if failure == nil {
			return s.retries.DeleteRetry(ctx, &r)
		}
		next := after(r, failure, s.now())
		if next.Dead {
			s.log.Error("an event is given up; see promptz events dead", "consumer", r.Consumer, "event", r.Event.ID, "error", failure)
		}
		err := s.retries.UpdateRetry(ctx, &next)
		if promptz.ErrorCode(err) == promptz.CodeStale || promptz.ErrorCode(err) == promptz.CodeNotFound {
			return nil // another process tried it too
		}
		return err
	}
	s.log.Warn("an event waits for a consumer that is not there", "consumer", r.Consumer, "event", r.Event.ID)
	r.DueAt = s.now().Add(maxDelay)
	return s.retries.UpdateRetry(ctx, &r)
}
