package eventbridgepubsub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/batcher"
	"gocloud.dev/pubsub/driver"
)

const (
	// DefaultSource is the source of events when none is given.
	DefaultSource = "pubsub"
	// DefaultTypeKey is the metadata key whose value is the detail type.
	DefaultTypeKey = "type"
	// DefaultDetailType is the detail type of messages without that key.
	DefaultDetailType = "message"
	// DefaultMaxBytes is the size up to which every region takes a request.
	DefaultMaxBytes = 256 << 10
	// MaxBytes is the size up to which AWS has taken requests and SQS messages
	// since January 2026.
	MaxBytes = 1 << 20
)

// TopicOptions adjust a topic. The zero value of each field means its default.
type TopicOptions struct {
	// Source is what the events say they come from: 1 to 256 characters that do
	// not begin with "aws.".
	Source string
	// TypeKey is the metadata key whose value is the event's detail type.
	TypeKey string
	// MaxBytes is how large a request may be, in bytes as EventBridge counts them,
	// and so how large a message. At most the constant MaxBytes.
	MaxBytes int
	// Backoff tells how long to wait before what was refused is sent for the nth
	// time again, from 1 on; [Backoff] by default.
	Backoff func(n int) time.Duration
	// BatcherOptions are those of sending.
	BatcherOptions batcher.Options
}

// sendBatcher fills requests: EventBridge takes 10 entries in one.
var sendBatcher = &batcher.Options{MaxBatchSize: maxEntries, MaxHandlers: 4}

// OpenTopic opens a topic on a bus, which is given by name or ARN. It asks AWS
// nothing: a bus that is not there makes Send fail.
func OpenTopic(client *eventbridge.Client, bus string, opts *TopicOptions) (*pubsub.Topic, error) {
	if opts == nil {
		opts = &TopicOptions{}
	}
	t, err := openTopic(client, bus, *opts)
	if err != nil {
		return nil, fmt.Errorf("open topic %q: %w", bus, err)
	}
	return pubsub.NewTopic(t, sendBatcher.NewMergedOptions(&opts.BatcherOptions)), nil
}

func openTopic(client *eventbridge.Client, bus string, o TopicOptions) (*topic, error) {
	if bus == "" {
		return nil, errors.New("the bus has no name; the account's own is called default")
	}
	if o.Source == "" {
		o.Source = DefaultSource
	}
	if n := len([]rune(o.Source)); n > maxSource || strings.HasPrefix(o.Source, "aws.") {
		return nil, fmt.Errorf("source %q must have at most %d characters and not begin with %q, which is AWS's own", o.Source, maxSource, "aws.")
	}
	if o.TypeKey == "" {
		o.TypeKey = DefaultTypeKey
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxBytes < minBytes || o.MaxBytes > MaxBytes {
		return nil, fmt.Errorf("a request of at most %d bytes is out of bounds: it may be %d to %d", o.MaxBytes, minBytes, MaxBytes)
	}
	if o.Backoff == nil {
		o.Backoff = Backoff
	}
	return &topic{client: client, bus: bus, options: o}, nil
}

// topic implements driver.Topic.
type topic struct {
	client  *eventbridge.Client
	bus     string
	options TopicOptions
	found   atomic.Bool // the bus is there, or nobody may know
}

// outgoing is a message on its way.
type outgoing struct {
	entry  types.PutEventsRequestEntry
	result types.PutEventsResultEntry
	err    error
}

// SendBatch implements driver.Topic. What can be sent is sent; the error is that
// of the first message that could not.
func (t *topic) SendBatch(ctx context.Context, messages []*driver.Message) error {
	if err := t.findBus(ctx); err != nil {
		return err
	}
	batch := make([]outgoing, len(messages))
	var pending []*outgoing
	for i, m := range messages {
		if batch[i].err = t.fill(&batch[i].entry, m); batch[i].err == nil {
			pending = append(pending, &batch[i])
		}
	}
	t.send(ctx, pending)
	if err := failure(batch); err != nil {
		return err
	}
	for i, m := range messages {
		if m.AfterSend == nil {
			continue
		}
		if err := m.AfterSend(as(batch[i].result)); err != nil {
			return err
		}
	}
	return nil
}

// failure is the error of a batch.
func failure(batch []outgoing) error {
	var first error
	failed := 0
	for i := range batch {
		if err := batch[i].err; err != nil {
			if failed++; first == nil {
				first = err
			}
		}
	}
	if first == nil || len(batch) == 1 {
		return first
	}
	return fmt.Errorf("%d of %d messages were not sent, the first: %w", failed, len(batch), first)
}

// findBus fails when the bus is not there, which PutEvents does not tell. What
// else may go wrong is left to PutEvents.
func (t *topic) findBus(ctx context.Context) error {
	if t.found.Load() {
		return nil
	}
	_, err := t.client.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: &t.bus}, once)
	switch errorCode(err) {
	case gcerrors.NotFound:
		return fmt.Errorf("find event bus: %w", err)
	case gcerrors.OK, gcerrors.PermissionDenied:
		t.found.Store(true)
	}
	return nil
}

// IsRetryable implements driver.Topic. SendBatch has tried again already.
func (t *topic) IsRetryable(error) bool { return false }

// As implements driver.Topic.
func (t *topic) As(target any) bool { return as(t.client)(target) }

// ErrorAs implements driver.Topic.
func (t *topic) ErrorAs(err error, target any) bool { return errors.As(err, target) }

// ErrorCode implements driver.Topic.
func (t *topic) ErrorCode(err error) gcerrors.ErrorCode { return errorCode(err) }

// Close implements driver.Topic.
func (t *topic) Close() error { return nil }

// as makes a function that gives v to whoever asks for its type.
func as[T any](v T) func(any) bool {
	return func(target any) bool {
		p, ok := target.(*T)
		if ok {
			*p = v
		}
		return ok
	}
}
