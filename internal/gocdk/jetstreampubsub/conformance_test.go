package jetstreampubsub

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/driver"
	"gocloud.dev/pubsub/drivertest"
)

// harness runs gocloud's suite on a server for each test.
type harness struct {
	server *server.Server
	conn   *nats.Conn
	js     jetstream.JetStream
	made   int
}

func newHarness(_ context.Context, t *testing.T) (drivertest.Harness, error) {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		return nil, errors.New("the server is not ready")
	}
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	return &harness{server: s, conn: conn, js: js}, err
}

// name draws a name for a stream or a consumer.
func (h *harness) name() string { h.made++; return fmt.Sprint("n", h.made) }

func (h *harness) CreateTopic(ctx context.Context, _ string) (driver.Topic, func(), error) {
	name := h.name()
	_, err := h.js.CreateStream(ctx, jetstream.StreamConfig{Name: name, Subjects: []string{name}})
	return &topic{js: h.js, subject: name}, func() {}, err
}

func (h *harness) MakeNonexistentTopic(context.Context) (driver.Topic, error) {
	return &topic{js: h.js, subject: "nothing"}, nil
}

func (h *harness) CreateSubscription(ctx context.Context, t driver.Topic, _ string) (driver.Subscription, func(), error) {
	stream, name := t.(*topic).subject, h.name()
	_, err := h.js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{Durable: name, AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute})
	if err != nil {
		return nil, nil, err
	}
	s, err := openSubscription(ctx, h.js, stream, name)
	return s, func() {}, err
}

// MakeNonexistentSubscription gives one whose consumer is gone.
func (h *harness) MakeNonexistentSubscription(ctx context.Context) (driver.Subscription, func(), error) {
	t, _, err := h.CreateTopic(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	s, cleanup, err := h.CreateSubscription(ctx, t, "")
	if err != nil {
		return nil, nil, err
	}
	return s, cleanup, h.js.DeleteConsumer(ctx, t.(*topic).subject, s.(*subscription).consumer.CachedInfo().Name)
}

func (h *harness) Close() {
	h.conn.Close()
	h.server.Shutdown()
	h.server.WaitForShutdown()
}

func (h *harness) MaxBatchSizes() (int, int) { return 0, 0 }

func (h *harness) SupportsMultipleSubscriptions() bool { return true }

func TestConformance(t *testing.T) {
	t.Parallel()
	drivertest.RunConformanceTests(t, newHarness, []drivertest.AsTest{asTest{}})
}

// asTest checks what the package's documentation promises of As.
type asTest struct{}

func (asTest) Name() string { return "types of nats.go" }

func (asTest) TopicCheck(t *pubsub.Topic) error {
	var js jetstream.JetStream
	if !t.As(&js) || js == nil {
		return errors.New("a topic is no jetstream.JetStream")
	}
	return nil
}

func (asTest) SubscriptionCheck(s *pubsub.Subscription) error {
	var c jetstream.Consumer
	if !s.As(&c) || c == nil {
		return errors.New("a subscription is no jetstream.Consumer")
	}
	return nil
}

func (asTest) TopicErrorCheck(_ *pubsub.Topic, err error) error {
	if gcerrors.Code(err) != gcerrors.NotFound || !errors.Is(err, jetstream.ErrNoStreamResponse) {
		return fmt.Errorf("sending to nothing fails with %w", err)
	}
	return nil
}

func (asTest) SubscriptionErrorCheck(_ *pubsub.Subscription, err error) error {
	if gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("receiving from nothing fails with %w", err)
	}
	return nil
}

func (asTest) MessageCheck(m *pubsub.Message) error {
	var native jetstream.Msg
	if !m.As(&native) || native == nil {
		return errors.New("a message is no jetstream.Msg")
	}
	return nil
}

func (asTest) BeforeSend(as func(any) bool) error {
	var native *nats.Msg
	if !as(&native) || native == nil {
		return errors.New("what is sent is no *nats.Msg")
	}
	return nil
}

func (asTest) AfterSend(func(any) bool) error { return nil }
