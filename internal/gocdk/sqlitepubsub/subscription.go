package sqlitepubsub

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/batcher"
	"gocloud.dev/pubsub/driver"

	"promptz/internal/gocdk/sqliteengine"
)

const (
	// DefaultSubscription is the name of a subscription that is not given one.
	DefaultSubscription = "default"
	// DefaultAckDeadline is how long a receiver has to acknowledge a message.
	DefaultAckDeadline = 30 * time.Second
	// DefaultMaxAttempts is how often a message is delivered before it is put
	// aside.
	DefaultMaxAttempts = 8
	// pollInterval is how late messages of other processes may come.
	pollInterval = 200 * time.Millisecond
)

// SubscriptionOptions adjust a subscription. The zero value of each field means
// its default.
type SubscriptionOptions struct {
	// Existing says that the subscription is not to be made: receiving from one
	// that is not there fails with gcerrors.NotFound.
	Existing    bool
	AckDeadline time.Duration
	MaxAttempts int
	// ReceiveBatcherOptions and AckBatcherOptions are those of receiving and of
	// acknowledging.
	ReceiveBatcherOptions, AckBatcherOptions batcher.Options
}

var (
	receiveBatcher = &batcher.Options{MaxBatchSize: 500, MaxHandlers: 1}
	ackBatcher     = &batcher.Options{MaxBatchSize: 500, MaxHandlers: 2}
)

// OpenSubscription opens the subscription called name to a topic. The queue stays
// open when the subscription is shut down, and the subscription stays when nobody
// receives: it gets what is sent meanwhile.
func OpenSubscription(ctx context.Context, q *Queue, topic, name string, opts *SubscriptionOptions) (*pubsub.Subscription, error) {
	if opts == nil {
		opts = &SubscriptionOptions{}
	}
	s, err := openSubscription(ctx, q, topic, name, opts)
	if err != nil {
		return nil, fmt.Errorf("open subscription %q of topic %q: %w", name, topic, err)
	}
	return pubsub.NewSubscription(s, receiveBatcher.NewMergedOptions(&opts.ReceiveBatcherOptions), ackBatcher.NewMergedOptions(&opts.AckBatcherOptions)), nil
}

func openSubscription(ctx context.Context, q *Queue, topic, name string, opts *SubscriptionOptions) (*subscription, error) {
	s := &subscription{queue: q, topic: topic, name: name, ackDeadline: opts.AckDeadline, maxAttempts: opts.MaxAttempts}
	if s.ackDeadline == 0 {
		s.ackDeadline = DefaultAckDeadline
	}
	if s.maxAttempts == 0 {
		s.maxAttempts = DefaultMaxAttempts
	}
	switch {
	case !nameSyntax.MatchString(name) || !nameSyntax.MatchString(topic):
		return nil, fmt.Errorf("a name is 1 to 100 letters, digits, '_', '.' and '-'")
	case s.ackDeadline < time.Millisecond || s.maxAttempts < 1:
		return nil, fmt.Errorf("the ack deadline %s has to be a millisecond at least, and the attempts %d one", s.ackDeadline, s.maxAttempts)
	case opts.Existing:
		return s, nil
	}
	if err := q.makeTopic(ctx, topic); err != nil {
		return nil, err
	}
	return s, q.makeSubscription(ctx, topic, name)
}

// subscription implements driver.Subscription.
type subscription struct {
	queue       *Queue
	topic, name string
	ackDeadline time.Duration
	maxAttempts int
	close       func() error // nil leaves the queue open
}

// ackID names one delivery of a message.
type ackID struct {
	id       int64
	attempts int
}

// ReceiveBatch implements driver.Subscription. It waits until there is a message
// or ctx ends.
func (s *subscription) ReceiveBatch(ctx context.Context, limit int) ([]*driver.Message, error) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		sent := s.queue.next() // before looking, so that nothing slips between
		due, err := s.anyDue(ctx)
		if err != nil {
			return nil, err
		}
		if due {
			messages, err := s.claim(ctx, limit)
			if err != nil || len(messages) > 0 {
				return messages, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-sent:
		case <-tick.C:
		}
	}
}

// id gives the subscription's id.
func (s *subscription) id(ctx context.Context, conn *sqliteengine.Conn) (int64, error) {
	topic, err := topicID(ctx, conn, s.topic)
	if err != nil {
		return 0, err
	}
	id, err := subscriptionID(ctx, conn, topic, s.name)
	if err == nil && id == 0 {
		return 0, &missingError{"subscription", s.name}
	}
	return id, err
}

// window gives the times between which what is due does not lie: later than now,
// but no later than a deadline from now. What is due beyond that was delivered
// under a clock that has jumped back since.
func (s *subscription) window() (now, latest int64) {
	at := s.queue.now()
	return at.UnixMilli(), at.Add(s.ackDeadline).UnixMilli()
}

// anyDue tells whether there is something to deliver, without writing.
func (s *subscription) anyDue(ctx context.Context) (due bool, err error) {
	now, latest := s.window()
	err = s.queue.engine.Read(ctx, func(conn *sqliteengine.Conn) error {
		id, err := s.id(ctx, conn)
		if err != nil {
			return err
		}
		return conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM deliveries WHERE subscription = ?1 AND dead = 0 AND due <= ?2)
			OR EXISTS (SELECT 1 FROM deliveries WHERE subscription = ?1 AND dead = 0 AND due > ?3)`, id, now, latest).Scan(&due)
	})
	return due, err
}

// claim takes at most limit messages for a deadline, and puts aside those that
// were delivered often enough.
func (s *subscription) claim(ctx context.Context, limit int) ([]*driver.Message, error) {
	now, latest := s.window()
	var messages []*driver.Message
	err := s.queue.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
		messages = nil
		id, err := s.id(ctx, conn)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, `UPDATE deliveries SET due = 0 WHERE subscription = ? AND dead = 0 AND due > ?`, id, latest); err != nil {
			return err
		}
		_, err = conn.Exec(ctx, `UPDATE deliveries SET dead = 1, due = ? WHERE subscription = ? AND dead = 0 AND due > 0 AND due <= ? AND attempts >= ?`,
			now, id, now, s.maxAttempts)
		if err != nil {
			return err
		}
		messages, err = s.due(ctx, conn, id, now, limit)
		if err != nil {
			return err
		}
		for _, m := range messages {
			taken := m.AckID.(ackID)
			if _, err := conn.Exec(ctx, `UPDATE deliveries SET due = ?, attempts = ? WHERE id = ?`, latest, taken.attempts, taken.id); err != nil {
				return err
			}
		}
		return nil
	})
	return messages, err
}

// due reads messages that are due, with the number of the attempt that begins.
func (s *subscription) due(ctx context.Context, conn *sqliteengine.Conn, subscription, now int64, limit int) ([]*driver.Message, error) {
	rows, err := conn.Query(ctx, `SELECT id, attempts, body, metadata FROM deliveries WHERE subscription = ? AND dead = 0 AND due <= ? ORDER BY due, id LIMIT ?`,
		subscription, now, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var messages []*driver.Message
	for rows.Next() {
		var taken ackID
		var body, metadata []byte
		if err := rows.Scan(&taken.id, &taken.attempts, &body, &metadata); err != nil {
			return nil, err
		}
		taken.attempts++
		m := &driver.Message{Body: body, AckID: taken, LoggableID: strconv.FormatInt(taken.id, 10), AsFunc: func(any) bool { return false }}
		if err := json.Unmarshal(metadata, &m.Metadata); err != nil {
			return nil, fmt.Errorf("read metadata: %w", err)
		}
		messages = append(messages, m)
	}
	return messages, rows.Err()
}

// SendAcks implements driver.Subscription.
func (s *subscription) SendAcks(ctx context.Context, ids []driver.AckID) error {
	return s.queue.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
		for _, id := range ids {
			// Whoever has it by now: it is done.
			if _, err := conn.Exec(ctx, `DELETE FROM deliveries WHERE id = ? AND dead = 0`, id.(ackID).id); err != nil {
				return err
			}
		}
		return nil
	})
}

// CanNack implements driver.Subscription.
func (s *subscription) CanNack() bool { return true }

// SendNacks implements driver.Subscription.
func (s *subscription) SendNacks(ctx context.Context, ids []driver.AckID) error {
	err := s.queue.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
		for _, id := range ids {
			taken := id.(ackID)
			// Not when another has it by now. A due time above 0 tells it from one
			// that was never delivered.
			if _, err := conn.Exec(ctx, `UPDATE deliveries SET due = 1 WHERE id = ? AND attempts = ? AND dead = 0`, taken.id, taken.attempts); err != nil {
				return err
			}
		}
		return nil
	})
	s.queue.signal()
	return err
}

// IsRetryable implements driver.Subscription.
func (s *subscription) IsRetryable(err error) bool { return retryable(err) }

// As implements driver.Subscription.
func (s *subscription) As(target any) bool { return asQueue(s.queue, target) }

// ErrorAs implements driver.Subscription.
func (s *subscription) ErrorAs(err error, target any) bool { return errorAs(err, target) }

// ErrorCode implements driver.Subscription.
func (s *subscription) ErrorCode(err error) gcerrors.ErrorCode { return errorCode(err) }

// Close implements driver.Subscription.
func (s *subscription) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}
