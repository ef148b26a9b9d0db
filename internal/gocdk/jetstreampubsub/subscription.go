package jetstreampubsub

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/batcher"
	"gocloud.dev/pubsub/driver"
)

var (
	// receiveBatcher bounds how many messages one call brings.
	receiveBatcher = &batcher.Options{MaxBatchSize: 100, MaxHandlers: 1}
	ackBatcher     = &batcher.Options{MaxBatchSize: 1000, MaxHandlers: 1}
)

// pollTime is how long one call waits for a message.
const pollTime = time.Second

// OpenSubscription opens the subscription that is the consumer of a stream. The
// consumer must be a pull consumer with explicit acknowledgement. The connection
// stays open when the subscription is shut down.
func OpenSubscription(ctx context.Context, js jetstream.JetStream, stream, consumer string) (*pubsub.Subscription, error) {
	s, err := openSubscription(ctx, js, stream, consumer)
	if err != nil {
		return nil, fmt.Errorf("open consumer %q of stream %q: %w", consumer, stream, err)
	}
	return pubsub.NewSubscription(s, receiveBatcher, ackBatcher), nil
}

func openSubscription(ctx context.Context, js jetstream.JetStream, stream, consumer string) (*subscription, error) {
	c, err := js.Consumer(ctx, stream, consumer)
	if err != nil {
		return nil, err
	}
	if policy := c.CachedInfo().Config.AckPolicy; policy != jetstream.AckExplicitPolicy {
		return nil, fmt.Errorf("its acknowledgement is %q and must be explicit: a message would be taken as done when it arrives", policy)
	}
	return &subscription{conn: js.Conn(), consumer: c}, nil
}

// subscription implements driver.Subscription.
type subscription struct {
	conn     *nats.Conn
	consumer jetstream.Consumer
}

// ReceiveBatch implements driver.Subscription. While the connection is being made
// again there are no messages.
func (s *subscription) ReceiveBatch(ctx context.Context, limit int) ([]*driver.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	if s.conn.IsReconnecting() {
		<-ctx.Done()
		return nil, nil
	}
	batch, err := s.consumer.FetchNoWait(limit)
	if err != nil {
		return nil, s.failed(err)
	}
	messages, err := s.collect(batch)
	if err != nil || len(messages) > 0 {
		return messages, err
	}
	if batch, err = s.consumer.Fetch(1, jetstream.FetchContext(ctx)); err != nil {
		return nil, s.failed(err)
	}
	return s.collect(batch)
}

// collect reads a batch to its end. What has come is given even if there is an
// error, which the next call will meet again.
func (s *subscription) collect(batch jetstream.MessageBatch) ([]*driver.Message, error) {
	var messages []*driver.Message
	for m := range batch.Messages() {
		d, err := decode(m)
		if err != nil {
			return nil, err
		}
		messages = append(messages, d)
	}
	if len(messages) > 0 {
		return messages, nil
	}
	return nil, s.failed(batch.Error())
}

// failed gives the error of a fetch that is more than its end or a connection that
// is being made again.
func (s *subscription) failed(err error) error {
	if s.conn.IsReconnecting() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, jetstream.ErrInvalidOption) { // no time is left to wait
		return nil
	}
	return err
}

func decode(m jetstream.Msg) (*driver.Message, error) {
	d := &driver.Message{LoggableID: m.Subject(), Body: m.Data(), AckID: m}
	if meta, err := m.Metadata(); err == nil {
		d.LoggableID = fmt.Sprintf("%s#%d", meta.Stream, meta.Sequence.Stream)
	}
	for key, values := range m.Headers() {
		k, err := url.QueryUnescape(key)
		if err != nil {
			return nil, fmt.Errorf("header of %s: %w", d.LoggableID, err)
		}
		v, err := url.QueryUnescape(values[0])
		if err != nil {
			return nil, fmt.Errorf("header of %s: %w", d.LoggableID, err)
		}
		if d.Metadata == nil {
			d.Metadata = map[string]string{}
		}
		d.Metadata[k] = v
	}
	d.AsFunc = func(target any) bool {
		p, ok := target.(*jetstream.Msg)
		if ok {
			*p = m
		}
		return ok
	}
	return d, nil
}

// SendAcks implements driver.Subscription.
func (s *subscription) SendAcks(_ context.Context, ids []driver.AckID) error {
	return s.answer(ids, jetstream.Msg.Ack)
}

// CanNack implements driver.Subscription.
func (*subscription) CanNack() bool { return true }

// SendNacks implements driver.Subscription: the messages come again at once.
func (s *subscription) SendNacks(_ context.Context, ids []driver.AckID) error {
	return s.answer(ids, jetstream.Msg.Nak)
}

// answer tells the server about messages. What can't be told, since the connection
// is lost, comes again after the consumer's AckWait.
func (s *subscription) answer(ids []driver.AckID, tell func(jetstream.Msg) error) error {
	for _, id := range ids {
		err := tell(id.(jetstream.Msg))
		if err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) && !s.conn.IsReconnecting() && !s.conn.IsClosed() {
			return err
		}
	}
	return nil
}

// IsRetryable implements driver.Subscription.
func (*subscription) IsRetryable(error) bool { return false }

// As implements driver.Subscription.
func (s *subscription) As(target any) bool {
	p, ok := target.(*jetstream.Consumer)
	if ok {
		*p = s.consumer
	}
	return ok
}

// ErrorAs implements driver.Subscription.
func (*subscription) ErrorAs(err error, target any) bool { return errorAs(err, target) }

// ErrorCode implements driver.Subscription.
func (*subscription) ErrorCode(err error) gcerrors.ErrorCode { return errorCode(err) }

// Close implements driver.Subscription: acknowledgements must have left before
// whoever owns the connection closes it.
func (s *subscription) Close() error {
	if !s.conn.IsConnected() {
		return nil
	}
	return s.conn.FlushTimeout(pollTime)
}
