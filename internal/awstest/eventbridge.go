package awstest

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// visibility is for how many seconds a queue hides what was received: long enough
// for a busy machine, short enough to wait for.
const visibility = "10"

// NewBus makes an event bus with a name of its own, deletes it when t ends, and
// fails t when either goes wrong. cfg is the stand-in's, see Config.
func NewBus(t testing.TB, cfg aws.Config) (name string) {
	t.Helper()
	client := eventbridge.NewFromConfig(cfg)
	name = "test-" + rand.Text()
	if _, err := client.CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: &name}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := client.DeleteEventBus(ctx, &eventbridge.DeleteEventBusInput{Name: &name}); err != nil {
			t.Errorf("delete event bus %s: %v", name, err)
		}
	})
	return name
}

// NewTarget makes an SQS queue with a name of its own that gets every event of a
// bus, as AWS demands it: by a rule, and a policy that lets the rule send. Queue
// and rule are deleted when t ends, before a bus that was made before.
func NewTarget(t testing.TB, cfg aws.Config, bus string) (queueURL string) {
	t.Helper()
	queues := sqs.NewFromConfig(cfg)
	queueURL = newQueue(t, queues)
	queue := QueueARN(t, cfg, queueURL)
	rule := newRule(t, eventbridge.NewFromConfig(cfg), bus, queue)
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},`+
		`"Action":"sqs:SendMessage","Resource":%q,"Condition":{"ArnEquals":{"aws:SourceArn":%q}}}]}`, queue, rule)
	if _, err := queues.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: &queueURL, Attributes: map[string]string{"Policy": policy},
	}); err != nil {
		t.Fatal(err)
	}
	return queueURL
}

// newRule makes a rule of a bus that delivers everything to target, and gives its
// ARN.
func newRule(t testing.TB, client *eventbridge.Client, bus, target string) (arn string) {
	t.Helper()
	name := "test-" + rand.Text()
	made, err := client.PutRule(t.Context(), &eventbridge.PutRuleInput{
		Name: &name, EventBusName: &bus, EventPattern: aws.String(`{"source":[{"prefix":""}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_, err := client.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: &name, EventBusName: &bus, Ids: []string{name}})
		if err == nil {
			_, err = client.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &name, EventBusName: &bus})
		}
		if err != nil {
			t.Errorf("delete rule %s: %v", name, err)
		}
	})
	if _, err := client.PutTargets(t.Context(), &eventbridge.PutTargetsInput{
		Rule: &name, EventBusName: &bus, Targets: []types.Target{{Id: &name, Arn: &target}},
	}); err != nil {
		t.Fatal(err)
	}
	return *made.RuleArn
}
