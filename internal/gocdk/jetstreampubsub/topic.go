package jetstreampubsub

import (
	"context"
	"net/url"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/batcher"
	"gocloud.dev/pubsub/driver"
)

// sendBatcher is how many messages wait for the stream's word at a time.
var sendBatcher = &batcher.Options{MaxBatchSize: 100, MaxHandlers: 4}

// OpenTopic opens the topic of a subject. Sending fails with gcerrors.NotFound when
// no stream holds it. The connection stays open when the topic is shut down.
func OpenTopic(js jetstream.JetStream, subject string) *pubsub.Topic {
	return pubsub.NewTopic(&topic{js: js, subject: subject}, sendBatcher)
}

// topic implements driver.Topic.
type topic struct {
	js      jetstream.JetStream
	subject string
}

// SendBatch implements driver.Topic: the stream has all messages when it returns
// nil, and some where it fails.
func (t *topic) SendBatch(ctx context.Context, messages []*driver.Message) error {
	errs := make([]error, len(messages))
	var sending sync.WaitGroup
	for i, m := range messages {
		sending.Go(func() { errs[i] = t.send(ctx, m) })
	}
	sending.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *topic) send(ctx context.Context, m *driver.Message) error {
	out := &nats.Msg{Subject: t.subject, Data: m.Body, Header: nats.Header{}}
	for key, value := range m.Metadata {
		out.Header[url.QueryEscape(key)] = []string{url.QueryEscape(value)}
	}
	if m.BeforeSend != nil {
		as := func(target any) bool {
			p, ok := target.(**nats.Msg)
			if ok {
				*p = out
			}
			return ok
		}
		if err := m.BeforeSend(as); err != nil {
			return err
		}
	}
	if _, err := t.js.PublishMsg(ctx, out); err != nil {
		return err
	}
	if m.AfterSend != nil {
		return m.AfterSend(func(any) bool { return false })
	}
	return nil
}

// IsRetryable implements driver.Topic: the client has retried what it could.
func (*topic) IsRetryable(error) bool { return false }

// As implements driver.Topic.
func (t *topic) As(target any) bool {
	p, ok := target.(*jetstream.JetStream)
	if ok {
		*p = t.js
	}
	return ok
}

// ErrorAs implements driver.Topic.
func (*topic) ErrorAs(err error, target any) bool { return errorAs(err, target) }

// ErrorCode implements driver.Topic.
func (*topic) ErrorCode(err error) gcerrors.ErrorCode { return errorCode(err) }

// Close implements driver.Topic.
func (*topic) Close() error { return nil }
