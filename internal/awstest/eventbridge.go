package awstest

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
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

// everything is the pattern that every event matches.
const everything = `{"source":[{"prefix":""}]}`

// NewTarget makes an SQS queue with a name of its own that gets the events of a bus
// that match one of patterns, or every event if there are none, as AWS demands it: by
// a rule for each, and a policy that lets the rules send. Queue and rules are deleted
// when t ends, before a bus that was made before.
func NewTarget(t testing.TB, cfg aws.Config, bus string, patterns ...string) (queueURL string) {
	t.Helper()
	if len(patterns) == 0 {
		patterns = []string{everything}
	}
	queues, rules := sqs.NewFromConfig(cfg), eventbridge.NewFromConfig(cfg)
	queueURL = newQueue(t, queues)
	queue := QueueARN(t, cfg, queueURL)
	var senders []string
	for _, pattern := range patterns {
		senders = append(senders, fmt.Sprintf("%q", newRule(t, rules, bus, queue, pattern)))
	}
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},`+
		`"Action":"sqs:SendMessage","Resource":%q,"Condition":{"ArnEquals":{"aws:SourceArn":[%s]}}}]}`, queue, strings.Join(senders, ","))
	if _, err := queues.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: &queueURL, Attributes: map[string]string{"Policy": policy},
	}); err != nil {
		t.Fatal(err)
	}
	return queueURL
}

// newRule makes a rule of a bus that delivers what matches pattern to target, and
// gives its ARN.
func newRule(t testing.TB, client *eventbridge.Client, bus, target, pattern string) (arn string) {
	t.Helper()
	name := "test-" + rand.Text()
	made, err := client.PutRule(t.Context(), &eventbridge.PutRuleInput{
		Name: &name, EventBusName: &bus, EventPattern: &pattern,
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
