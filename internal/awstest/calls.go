package awstest

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// What tests of the whole program ask of AWS behind its back, so that they need no
// client of their own. cfg is a stand-in's, see Config.

// NewKey makes a key of KMS, which ends with the stand-in, and fails t if it can't.
func NewKey(t testing.TB, cfg aws.Config) (id, arn string) {
	t.Helper()
	made, err := kms.NewFromConfig(cfg).CreateKey(t.Context(), &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	return *made.KeyMetadata.KeyId, *made.KeyMetadata.Arn
}

// SendMessage lays a message into a queue.
func SendMessage(ctx context.Context, cfg aws.Config, queueURL, body string) error {
	_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &queueURL, MessageBody: &body})
	return err
}

// ReceiveMessages gives up to ten messages of a queue, which hides them for a second.
func ReceiveMessages(ctx context.Context, cfg aws.Config, queueURL string) (bodies []string, err error) {
	got, err := sqs.NewFromConfig(cfg).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queueURL, MaxNumberOfMessages: 10, VisibilityTimeout: 1})
	if err != nil {
		return nil, err
	}
	for _, m := range got.Messages {
		bodies = append(bodies, *m.Body)
	}
	return bodies, nil
}

// ReceiveInVain receives what lies in a queue so many times and gives it back at once,
// as if nobody could handle it. That there is nothing is an error.
func ReceiveInVain(ctx context.Context, cfg aws.Config, queueURL string, times int) error {
	client := sqs.NewFromConfig(cfg)
	for range times {
		got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queueURL, MaxNumberOfMessages: 10})
		if err != nil {
			return err
		}
		if len(got.Messages) == 0 {
			return errors.New("there is nothing to receive")
		}
		for _, m := range got.Messages {
			back := &sqs.ChangeMessageVisibilityInput{QueueUrl: &queueURL, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0}
			if _, err := client.ChangeMessageVisibility(ctx, back); err != nil {
				return err
			}
		}
	}
	return nil
}

// PutEvent sends an event that says nothing to a bus.
func PutEvent(ctx context.Context, cfg aws.Config, bus string) error {
	_, err := eventbridge.NewFromConfig(cfg).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []eventbridgetypes.PutEventsRequestEntry{{
		EventBusName: &bus, Source: aws.String("test"), DetailType: aws.String("test"), Detail: aws.String(`{}`),
	}}})
	return err
}

// PutItem lays an item that is nothing but a key into a table.
func PutItem(ctx context.Context, cfg aws.Config, table, key string) error {
	_, err := dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &table, Item: map[string]types.AttributeValue{keyAttribute: &types.AttributeValueMemberS{Value: key}},
	})
	return err
}

// StartExecution starts an execution of a state machine with a name of its own.
func StartExecution(ctx context.Context, cfg aws.Config, machine, input string) error {
	arn := "arn:aws:states:" + Region + ":" + Account + ":stateMachine:" + machine
	_, err := sfn.NewFromConfig(cfg).StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &arn, Name: aws.String(rand.Text()), Input: &input,
	})
	return err
}
