package awstest

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// newQueue makes an SQS queue with a name of its own, deletes it when t ends, and
// fails t when either goes wrong.
func newQueue(t testing.TB, client *sqs.Client) (queueURL string) {
	t.Helper()
	name := "test-" + rand.Text()
	made, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": visibility},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteQueue(context.WithoutCancel(t.Context()), &sqs.DeleteQueueInput{QueueUrl: made.QueueUrl}); err != nil {
			t.Errorf("delete queue %s: %v", name, err)
		}
	})
	return *made.QueueUrl
}

// QueueARN gives the ARN of a queue.
func QueueARN(t testing.TB, cfg aws.Config, queueURL string) string {
	t.Helper()
	about, err := sqs.NewFromConfig(cfg).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &queueURL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		t.Fatal(err)
	}
	return about.Attributes["QueueArn"]
}

// HideFor sets for how long a queue hides what was received, in whole seconds, and
// fails t if it can't. cfg is the stand-in's, see Config.
func HideFor(t testing.TB, cfg aws.Config, queueURL string, long time.Duration) {
	t.Helper()
	if _, err := sqs.NewFromConfig(cfg).SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: &queueURL, Attributes: map[string]string{"VisibilityTimeout": strconv.Itoa(int(long.Seconds()))},
	}); err != nil {
		t.Fatal(err)
	}
}

// NewDeadLetters makes a queue that gets what was received from another as often as
// attempts says and came again. cfg is the stand-in's, see Config.
func NewDeadLetters(t testing.TB, cfg aws.Config, queueURL string, attempts int) (deadURL string) {
	t.Helper()
	client := sqs.NewFromConfig(cfg)
	deadURL = newQueue(t, client)
	policy := fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, QueueARN(t, cfg, deadURL), attempts)
	if _, err := client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: &queueURL, Attributes: map[string]string{"RedrivePolicy": policy},
	}); err != nil {
		t.Fatal(err)
	}
	return deadURL
}
