package sqlitepubsub

import (
	"context"
	"encoding/json"
	"fmt"

	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/batcher"
	"gocloud.dev/pubsub/driver"

	"promptz/internal/gocdk/sqliteengine"
)

// TopicOptions adjust a topic. The zero value fits most.
type TopicOptions struct {
	// Existing says that the topic is not to be made: sending to one that is not
	// there fails with gcerrors.NotFound.
	Existing bool
	// BatcherOptions are those of sending.
	BatcherOptions batcher.Options
}

// sendBatcher lets messages of one batch be written together.
var sendBatcher = &batcher.Options{MaxBatchSize: 500, MaxHandlers: 2}

// OpenTopic opens the topic called name, which has letters, digits, '_', '.' and
// '-'. The queue stays open when the topic is shut down.
func OpenTopic(ctx context.Context, q *Queue, name string, opts *TopicOptions) (*pubsub.Topic, error) {
	t, err := openTopic(ctx, q, name, opts)
	if err != nil {
		return nil, fmt.Errorf("open topic %q: %w", name, err)
	}
	if opts == nil {
		opts = &TopicOptions{}
	}
	return pubsub.NewTopic(t, sendBatcher.NewMergedOptions(&opts.BatcherOptions)), nil
}

func openTopic(ctx context.Context, q *Queue, name string, opts *TopicOptions) (*topic, error) {
	if !nameSyntax.MatchString(name) {
		return nil, fmt.Errorf("a name is 1 to 100 letters, digits, '_', '.' and '-'")
	}
	if opts == nil || !opts.Existing {
		if err := q.makeTopic(ctx, name); err != nil {
			return nil, err
		}
	}
	return &topic{queue: q, name: name}, nil
}

// topic implements driver.Topic.
type topic struct {
	queue *Queue
	name  string
	close func() error // nil leaves the queue open
}

// SendBatch implements driver.Topic: all messages are on disk when it returns, or
// none is.
func (t *topic) SendBatch(ctx context.Context, messages []*driver.Message) error {
	metadata := make([][]byte, len(messages))
	for i, m := range messages {
		var err error
		if metadata[i], err = json.Marshal(m.Metadata); err != nil {
			return err
		}
		if err := hook(m.BeforeSend); err != nil {
			return err
		}
	}
	err := t.queue.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
		id, err := topicID(ctx, conn, t.name)
		if err != nil {
			return err
		}
		if id == 0 {
			return &missingError{"topic", t.name}
		}
		receivers, err := subscriptionsOf(ctx, conn, id)
		if err != nil {
			return err
		}
		for i, m := range messages {
			if err := deliver(ctx, conn, id, receivers, m.Body, metadata[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	t.queue.signal()
	for _, m := range messages {
		if err := hook(m.AfterSend); err != nil {
			return err
		}
	}
	return nil
}

// hook calls a message's BeforeSend or AfterSend; there is nothing to show it.
func hook(f func(asFunc func(any) bool) error) error {
	if f == nil {
		return nil
	}
	return f(func(any) bool { return false })
}

// subscriptionsOf gives the subscriptions of a topic, or the one of those that
// wait.
func subscriptionsOf(ctx context.Context, conn *sqliteengine.Conn, topic int64) ([]int64, error) {
	rows, err := conn.Query(ctx, `SELECT id FROM subscriptions WHERE topic = ?`, topic)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		ids = []int64{unsubscribed}
	}
	return ids, rows.Err()
}

// deliver adds a message for each of the subscriptions.
func deliver(ctx context.Context, conn *sqliteengine.Conn, topic int64, subscriptions []int64, body, metadata []byte) error {
	if body == nil {
		body = []byte{} // NULL is something else
	}
	for _, s := range subscriptions {
		_, err := conn.Exec(ctx, `INSERT INTO deliveries (topic, subscription, due, attempts, dead, body, metadata) VALUES (?, ?, 0, 0, 0, ?, ?)`,
			topic, s, body, metadata)
		if err != nil {
			return err
		}
	}
	return nil
}

// IsRetryable implements driver.Topic.
func (t *topic) IsRetryable(err error) bool { return retryable(err) }

// As implements driver.Topic.
func (t *topic) As(target any) bool { return asQueue(t.queue, target) }

// asQueue gives the queue to whoever asks for it.
func asQueue(q *Queue, target any) bool {
	p, ok := target.(**Queue)
	if ok {
		*p = q
	}
	return ok
}

// ErrorAs implements driver.Topic.
func (t *topic) ErrorAs(err error, target any) bool { return errorAs(err, target) }

// ErrorCode implements driver.Topic.
func (t *topic) ErrorCode(err error) gcerrors.ErrorCode { return errorCode(err) }

// Close implements driver.Topic.
func (t *topic) Close() error {
	if t.close == nil {
		return nil
	}
	return t.close()
}
