package eventbridgepubsub

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/driver"
	"gocloud.dev/pubsub/drivertest"

	"promptz/internal/awstest"
)

// harness runs gocloud's suite: a topic is a bus of its own, a subscription a
// queue that a rule delivers all of the bus's events to.
type harness struct {
	t      *testing.T
	cfg    aws.Config
	bridge *eventbridge.Client
	queues *sqs.Client
}

func harnesses(cfg aws.Config) drivertest.HarnessMaker {
	return func(_ context.Context, t *testing.T) (drivertest.Harness, error) {
		return &harness{t: t, cfg: cfg, bridge: eventbridge.NewFromConfig(cfg), queues: sqs.NewFromConfig(cfg)}, nil
	}
}

func (h *harness) CreateTopic(context.Context, string) (driver.Topic, func(), error) {
	t, err := openTopic(h.bridge, awstest.NewBus(h.t, h.cfg), TopicOptions{})
	return t, func() {}, err
}

func (h *harness) MakeNonexistentTopic(context.Context) (driver.Topic, error) {
	return openTopic(h.bridge, "nothing", TopicOptions{})
}

func (h *harness) CreateSubscription(_ context.Context, t driver.Topic, _ string) (driver.Subscription, func(), error) {
	s, err := openSubscription(h.queues, awstest.NewTarget(h.t, h.cfg, t.(*topic).bus), SubscriptionOptions{})
	return s, func() {}, err
}

func (h *harness) MakeNonexistentSubscription(context.Context) (driver.Subscription, func(), error) {
	s, err := openSubscription(h.queues, *h.cfg.BaseEndpoint+"/000000000000/nothing", SubscriptionOptions{})
	return s, func() {}, err
}

func (h *harness) Close() {}

func (h *harness) MaxBatchSizes() (int, int) { return maxEntries, maxQueueBatch }

func (h *harness) SupportsMultipleSubscriptions() bool { return true }

func TestConformanceMinistack(t *testing.T) {
	t.Parallel()
	drivertest.RunConformanceTests(t, harnesses(awstest.StartMinistack(t).Config()), []drivertest.AsTest{asTest{}})
}

func TestConformanceMoto(t *testing.T) {
	t.Parallel()
	drivertest.RunConformanceTests(t, harnesses(awstest.Config(awstest.StartMoto(t))), []drivertest.AsTest{asTest{}})
}

// asTest holds As to what doc.go says.
type asTest struct{}

func (asTest) Name() string { return "sdk" }

func (asTest) TopicCheck(t *pubsub.Topic) error {
	var client *eventbridge.Client
	if !t.As(&client) || client == nil {
		return errors.New("the topic gives no client")
	}
	return nil
}

func (asTest) SubscriptionCheck(s *pubsub.Subscription) error {
	var client *sqs.Client
	if !s.As(&client) || client == nil {
		return errors.New("the subscription gives no client")
	}
	return nil
}

func (asTest) TopicErrorCheck(t *pubsub.Topic, err error) error {
	var missing *types.ResourceNotFoundException
	if !t.ErrorAs(err, &missing) {
		return errors.New("the topic's error is not EventBridge's")
	}
	return nil
}

func (asTest) SubscriptionErrorCheck(s *pubsub.Subscription, err error) error {
	var api smithy.APIError
	if !s.ErrorAs(err, &api) || gcerrors.Code(err) != gcerrors.NotFound {
		return errors.New("the subscription's error is not SQS's")
	}
	return nil
}

func (asTest) MessageCheck(m *pubsub.Message) error {
	var in sqstypes.Message
	if !m.As(&in) || in.Body == nil {
		return errors.New("the message gives no SQS message")
	}
	return nil
}

func (asTest) BeforeSend(as func(any) bool) error {
	var entry *types.PutEventsRequestEntry
	if !as(&entry) || *entry.Source != DefaultSource {
		return errors.New("BeforeSend gives no entry")
	}
	return nil
}

func (asTest) AfterSend(as func(any) bool) error {
	var result types.PutEventsResultEntry
	if !as(&result) || result.EventId == nil {
		return errors.New("AfterSend gives no result")
	}
	return nil
}

var _ drivertest.AsTest = asTest{}
