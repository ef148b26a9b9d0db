package redialpubsub

import (
	"context"
	"errors"
	"sync"

	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/batcher"
	"gocloud.dev/pubsub/driver"
)

// TopicOptions adjust a topic. The zero value fits most.
type TopicOptions struct {
	// Away tells whether an error of dialling is that the broker can't be
	// reached, which may pass: OpenTopic goes on then. Without it any error is
	// OpenTopic's.
	Away func(error) bool
	// Report gets the errors that Away let pass.
	Report func(error)
	// BeforeSend is called for each message before its own.
	BeforeSend func(as func(any) bool) error
}

// sendBatcher lets many messages be under way at a time: the end beneath makes
// batches as its broker wants them.
var sendBatcher = &batcher.Options{MaxBatchSize: 100, MaxHandlers: 10}

// OpenTopic opens the topic that dial gives. Its sends fail while the broker is
// away, each at once or as the end beneath has it.
func OpenTopic(ctx context.Context, dial func(context.Context) (Link[*pubsub.Topic], error), opts *TopicOptions) (*pubsub.Topic, error) {
	if opts == nil {
		opts = new(TopicOptions)
	}
	t := &topic{line: line[*pubsub.Topic]{dial: dial}, before: opts.BeforeSend}
	if err := t.open(ctx, opts.Away, reporter(opts.Report)); err != nil {
		return nil, err
	}
	return pubsub.NewTopic(t, sendBatcher), nil
}

func reporter(report func(error)) func(error) {
	if report == nil {
		return func(error) {}
	}
	return report
}

// topic implements driver.Topic.
type topic struct {
	line[*pubsub.Topic]
	before func(as func(any) bool) error
}

// SendBatch implements driver.Topic. Where it fails, some messages may have
// arrived.
func (t *topic) SendBatch(ctx context.Context, messages []*driver.Message) error {
	link, err := t.get(ctx)
	if err != nil {
		return err
	}
	errs := make([]error, len(messages))
	var sending sync.WaitGroup
	for i, m := range messages {
		sending.Go(func() {
			errs[i] = link.End.Send(ctx, &pubsub.Message{
				Body: m.Body, Metadata: m.Metadata, BeforeSend: both(t.before, m.BeforeSend), AfterSend: m.AfterSend,
			})
		})
	}
	sending.Wait()
	err = first(errs)
	if err != nil && link.Broken != nil && link.Broken() {
		t.drop(link)
	}
	return err
}

// first gives one of the errors: they have one cause, and a hundred of them would
// hide it.
func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// both calls one hook and then the other; either may be nil.
func both(one, other func(as func(any) bool) error) func(as func(any) bool) error {
	if one == nil || other == nil {
		if one == nil {
			return other
		}
		return one
	}
	return func(as func(any) bool) error { return errors.Join(one(as), other(as)) }
}

// IsRetryable implements driver.Topic: the end beneath has retried what it could.
func (*topic) IsRetryable(error) bool { return false }

// As implements driver.Topic by the end that is open.
func (t *topic) As(target any) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.link != nil && t.link.End.As(target)
}

// ErrorAs implements driver.Topic by the end that is open.
func (t *topic) ErrorAs(err error, target any) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.link != nil && t.link.End.ErrorAs(err, target)
}

// ErrorCode implements driver.Topic.
func (*topic) ErrorCode(err error) gcerrors.ErrorCode { return codeOf(err) }

func codeOf(err error) gcerrors.ErrorCode {
	if errors.Is(err, errClosed) {
		return gcerrors.FailedPrecondition
	}
	return gcerrors.Code(err)
}

// Close implements driver.Topic.
func (t *topic) Close() error { return t.close() }
