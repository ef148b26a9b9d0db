package redialpubsub

import (
	"context"
	"errors"
	"sync"
	"time"

	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/batcher"
	"gocloud.dev/pubsub/driver"
)

// SubscriptionOptions adjust a subscription. The zero value fits most.
type SubscriptionOptions struct {
	// Nack says that the end beneath can give messages back.
	Nack bool
	// Away tells whether an error of dialling is that the broker can't be
	// reached, which may pass: OpenSubscription goes on then. Without it any error
	// is OpenSubscription's.
	Away func(error) bool
	// Report gets each error upon which the end is dialled anew. It may be called
	// by several at the same time.
	Report func(error)
	// Pause is how long dialling waits after an error, a second without.
	Pause time.Duration
}

const (
	// defaultPause is how long dialling waits after an error.
	defaultPause = time.Second
	// pollTime is how long one call waits for a message.
	pollTime = time.Second
)

// oneByOne is how messages are taken from the end beneath, which has them in
// memory.
var oneByOne = &batcher.Options{MaxBatchSize: 1, MaxHandlers: 1}

// OpenSubscription opens the subscription that dial gives. Receive never fails for
// good: errors go to Report, and dial is called again.
func OpenSubscription(ctx context.Context, dial func(context.Context) (Link[*pubsub.Subscription], error), opts *SubscriptionOptions) (*pubsub.Subscription, error) {
	if opts == nil {
		opts = new(SubscriptionOptions)
	}
	s := &subscription{line: line[*pubsub.Subscription]{dial: dial}, nack: opts.Nack, report: reporter(opts.Report), pause: opts.Pause}
	if s.pause == 0 {
		s.pause = defaultPause
	}
	if err := s.open(ctx, opts.Away, s.report); err != nil {
		return nil, err
	}
	return pubsub.NewSubscription(s, oneByOne, nil), nil
}

// subscription implements driver.Subscription.
type subscription struct {
	line[*pubsub.Subscription]
	nack   bool
	report func(error)
	pause  time.Duration
}

// received is a message of the end beneath, which minds being told twice.
type received struct {
	*pubsub.Message
	once sync.Once
}

// ReceiveBatch implements driver.Subscription. Its only errors are those of ctx
// and of a subscription that was shut down: the portable type takes any for the
// last.
func (s *subscription) ReceiveBatch(ctx context.Context, _ int) ([]*driver.Message, error) {
	link, err := s.get(ctx)
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	brief, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	m, err := link.End.Receive(brief)
	switch {
	case err == nil:
		id := &received{Message: m}
		return []*driver.Message{{LoggableID: m.LoggableID, Body: m.Body, Metadata: m.Metadata, AckID: id, AsFunc: m.As}}, nil
	case brief.Err() != nil:
		return nil, ctx.Err()
	}
	s.drop(link)
	return nil, s.failed(ctx, err)
}

// failed tells of an error and waits before the next attempt.
func (s *subscription) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, errClosed) {
		return err
	}
	s.report(err)
	timer := time.NewTimer(s.pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err()
}

// SendAcks implements driver.Subscription: the end beneath sends them, and fails
// at the next Receive where it can't.
func (s *subscription) SendAcks(_ context.Context, ids []driver.AckID) error {
	for _, id := range ids {
		r := id.(*received)
		r.once.Do(r.Ack)
	}
	return nil
}

// CanNack implements driver.Subscription.
func (s *subscription) CanNack() bool { return s.nack }

// SendNacks implements driver.Subscription as SendAcks does.
func (s *subscription) SendNacks(_ context.Context, ids []driver.AckID) error {
	for _, id := range ids {
		r := id.(*received)
		r.once.Do(r.Nack)
	}
	return nil
}

// IsRetryable implements driver.Subscription: what could be tried again was.
func (*subscription) IsRetryable(error) bool { return false }

// As implements driver.Subscription by the end that is open.
func (s *subscription) As(target any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link != nil && s.link.End.As(target)
}

// ErrorAs implements driver.Subscription by the end that is open.
func (s *subscription) ErrorAs(err error, target any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link != nil && s.link.End.ErrorAs(err, target)
}

// ErrorCode implements driver.Subscription.
func (*subscription) ErrorCode(err error) gcerrors.ErrorCode { return codeOf(err) }

// Close implements driver.Subscription.
func (s *subscription) Close() error { return s.close() }
