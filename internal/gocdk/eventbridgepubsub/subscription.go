package eventbridgepubsub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/batcher"
	"gocloud.dev/pubsub/driver"
)

const (
	// DefaultWait is how long a receive request waits for messages.
	DefaultWait = time.Second
	// MaxWait is how long SQS lets one wait.
	MaxWait = 20 * time.Second
	// maxQueueBatch is how many messages SQS takes and gives at a time.
	maxQueueBatch = 10
)

// SubscriptionOptions adjust a subscription. The zero value of each field means
// its default.
type SubscriptionOptions struct {
	// Wait is how long a receive request waits for messages, in whole seconds.
	// The longer, the fewer requests are paid while nothing comes.
	Wait time.Duration
	// ReceiveBatcherOptions and AckBatcherOptions are those of receiving and of
	// acknowledging.
	ReceiveBatcherOptions, AckBatcherOptions batcher.Options
}

var (
	receiveBatcher = &batcher.Options{MaxBatchSize: maxQueueBatch, MaxHandlers: 10}
	ackBatcher     = &batcher.Options{MaxBatchSize: maxQueueBatch, MaxHandlers: 10}
)

// OpenSubscription opens a subscription on the queue with that URL, which a rule
// delivers to. How often a message is delivered, and where it lies after that, is
// the queue's redrive policy; how long a receiver has, its visibility timeout. It
// asks AWS nothing: a queue that is not there makes Receive fail.
func OpenSubscription(client *sqs.Client, queueURL string, opts *SubscriptionOptions) (*pubsub.Subscription, error) {
	if opts == nil {
		opts = &SubscriptionOptions{}
	}
	s, err := openSubscription(client, queueURL, *opts)
	if err != nil {
		return nil, fmt.Errorf("open subscription %q: %w", queueURL, err)
	}
	return pubsub.NewSubscription(s, receiveBatcher.NewMergedOptions(&opts.ReceiveBatcherOptions), ackBatcher.NewMergedOptions(&opts.AckBatcherOptions)), nil
}

func openSubscription(client *sqs.Client, queueURL string, o SubscriptionOptions) (*subscription, error) {
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	if o.Wait < time.Second || o.Wait > MaxWait || o.Wait%time.Second != 0 {
		return nil, fmt.Errorf("wait %v must be whole seconds, 1 to %d", o.Wait, MaxWait/time.Second)
	}
	return &subscription{client: client, queue: queueURL, wait: int32(o.Wait / time.Second)}, nil
}

// subscription implements driver.Subscription.
type subscription struct {
	client *sqs.Client
	queue  string // its URL
	wait   int32  // seconds
}

// ReceiveBatch implements driver.Subscription. A message that cannot be unwrapped
// comes as it lies in the queue: what is wrong with it is the receiver's to tell.
func (s *subscription) ReceiveBatch(ctx context.Context, maxMessages int) ([]*driver.Message, error) {
	out, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    &s.queue,
		MaxNumberOfMessages:         int32(min(maxMessages, maxQueueBatch)),
		WaitTimeSeconds:             s.wait,
		MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, err
	}
	messages := make([]*driver.Message, len(out.Messages))
	for i, in := range out.Messages {
		body := []byte(aws.ToString(in.Body))
		m, err := Unwrap(body)
		if err != nil {
			m = Message{Body: body}
		}
		messages[i] = &driver.Message{
			LoggableID: aws.ToString(in.MessageId),
			Body:       m.Body,
			Metadata:   m.Metadata,
			AckID:      aws.ToString(in.ReceiptHandle),
			AsFunc:     as(in),
		}
	}
	return messages, nil
}

// SendAcks implements driver.Subscription.
func (s *subscription) SendAcks(ctx context.Context, ids []driver.AckID) error {
	for some := range slices.Chunk(ids, maxQueueBatch) {
		in := &sqs.DeleteMessageBatchInput{QueueUrl: &s.queue}
		for i, id := range some {
			in.Entries = append(in.Entries, sqstypes.DeleteMessageBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(id.(string)),
			})
		}
		out, err := s.client.DeleteMessageBatch(ctx, in)
		if err != nil {
			return err
		}
		if err := batchError("acknowledge", out.Failed); err != nil {
			return err
		}
	}
	return nil
}

// CanNack implements driver.Subscription.
func (s *subscription) CanNack() bool { return true }

// SendNacks implements driver.Subscription: the messages can be received at once.
func (s *subscription) SendNacks(ctx context.Context, ids []driver.AckID) error {
	for some := range slices.Chunk(ids, maxQueueBatch) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &s.queue}
		for i, id := range some {
			in.Entries = append(in.Entries, sqstypes.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(id.(string)), VisibilityTimeout: 0,
			})
		}
		out, err := s.client.ChangeMessageVisibilityBatch(ctx, in)
		if err != nil {
			return err
		}
		if err := batchError("give back", out.Failed); err != nil {
			return err
		}
	}
	return nil
}

// settled are the codes of messages that were acknowledged or given back before,
// or whose time was over, which is no error.
var settled = []string{"ReceiptHandleIsInvalid", "InvalidParameterValue", "MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"}

// batchError is the first error of a batch's entries that matters.
func batchError(what string, failed []sqstypes.BatchResultErrorEntry) error {
	for _, f := range failed {
		if code := aws.ToString(f.Code); !slices.Contains(settled, code) {
			return fmt.Errorf("%s message: %w", what, &smithy.GenericAPIError{Code: code, Message: aws.ToString(f.Message)})
		}
	}
	return nil
}

// IsRetryable implements driver.Subscription. The portable type takes any other
// error for the subscription's end.
func (s *subscription) IsRetryable(err error) bool { return retryable(err) }

// As implements driver.Subscription.
func (s *subscription) As(target any) bool { return as(s.client)(target) }

// ErrorAs implements driver.Subscription.
func (s *subscription) ErrorAs(err error, target any) bool { return errors.As(err, target) }

// ErrorCode implements driver.Subscription.
func (s *subscription) ErrorCode(err error) gcerrors.ErrorCode { return errorCode(err) }

// Close implements driver.Subscription.
func (s *subscription) Close() error { return nil }
