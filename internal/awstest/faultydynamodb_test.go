package awstest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"promptz/internal/awstest"
)

// faulty is a table behind a faulty server, asked by clients that try once and as
// often as the SDK does by itself.
type faulty struct {
	*awstest.FaultyDynamoDB
	table            string
	once, repeatedly *dynamodb.Client
}

func newFaulty(t *testing.T) faulty {
	t.Helper()
	db := awstest.StartDynamoDB(t)
	f := faulty{FaultyDynamoDB: awstest.NewFaultyDynamoDB(t, db), table: db.NewTable(t).Name}
	cfg := awstest.Config(f.Endpoint())
	f.repeatedly = dynamodb.NewFromConfig(cfg)
	f.once = dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} })
	return f
}

func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}

// create writes new items in one transaction.
func (f faulty) create(ctx context.Context, client *dynamodb.Client, ids ...string) error {
	in := &dynamodb.TransactWriteItemsInput{}
	for _, id := range ids {
		in.TransactItems = append(in.TransactItems, types.TransactWriteItem{Put: &types.Put{
			TableName: &f.table, Item: key(id), ConditionExpression: aws.String("attribute_not_exists(id)"),
		}})
	}
	_, err := client.TransactWriteItems(ctx, in)
	return err
}

// read reads items in one batch, and tells how many came and how many are left.
func (f faulty) read(ctx context.Context, ids ...string) (found, left int, err error) {
	of := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, id := range ids {
		of.Keys = append(of.Keys, key(id))
	}
	out, err := f.once.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{f.table: of}})
	if err != nil {
		return 0, 0, err
	}
	return len(out.Responses[f.table]), len(out.UnprocessedKeys[f.table].Keys), nil
}

// TestFaultyDynamoDBRefusals holds what the server answers to what the SDK makes of
// it.
func TestFaultyDynamoDBRefusals(t *testing.T) {
	f := newFaulty(t)
	for _, test := range []struct {
		happens awstest.Happening
		code    string
		fault   smithy.ErrorFault
	}{
		{awstest.Throttle(), "ProvisionedThroughputExceededException", smithy.FaultClient},
		{awstest.Refuse(400, "ThrottlingException"), "ThrottlingException", smithy.FaultUnknown},
		{awstest.Refuse(400, "TransactionInProgressException"), "TransactionInProgressException", smithy.FaultClient},
		{awstest.Break(), "InternalServerError", smithy.FaultServer},
	} {
		t.Run(test.code, func(t *testing.T) {
			f.Arm(awstest.Fault{Operation: "TransactWriteItems", Times: 1, Happens: test.happens})
			err := f.create(t.Context(), f.once, "refused")
			said, ok := errors.AsType[smithy.APIError](err)
			if !ok || said.ErrorCode() != test.code {
				t.Errorf("got %v, want %s", err, test.code)
			}
			if found, _, err := f.read(t.Context(), "refused"); found != 0 || err != nil {
				t.Errorf("%d were written, %v", found, err)
			}
		})
	}
}

// TestFaultyDynamoDBCancels holds the reasons of a cancellation to the order of the
// writes.
func TestFaultyDynamoDBCancels(t *testing.T) {
	f := newFaulty(t)
	f.Arm(awstest.Fault{Operation: "TransactWriteItems", Happens: awstest.Cancel("None", "ConditionalCheckFailed", "TransactionConflict")})
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](f.create(t.Context(), f.once, "a", "b", "c", "d"))
	if !ok {
		t.Fatal("it was not cancelled")
	}
	var got []string
	for _, reason := range cancelled.CancellationReasons {
		got = append(got, aws.ToString(reason.Code))
	}
	if diff := cmp.Diff([]string{"None", "ConditionalCheckFailed", "TransactionConflict", "None"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestFaultyDynamoDBAnswersInPart splits a batch read.
func TestFaultyDynamoDBAnswersInPart(t *testing.T) {
	f := newFaulty(t)
	if err := f.create(t.Context(), f.once, "a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ part, found, left int }{{0, 0, 3}, {2, 2, 1}, {3, 3, 0}, {9, 3, 0}} {
		t.Run(fmt.Sprint(test.part), func(t *testing.T) {
			f.Arm(awstest.Fault{Operation: "BatchGetItem", Times: 1, Happens: awstest.Part(test.part)})
			found, left, err := f.read(t.Context(), "a", "b", "c")
			if err != nil || found != test.found || left != test.left {
				t.Errorf("%d came and %d are left, %v; want %d and %d", found, left, err, test.found, test.left)
			}
		})
	}
}

// TestFaultyDynamoDBLosesAnswers cuts connections before and after something was
// done, and holds the SDK and the server behind to doing it once.
func TestFaultyDynamoDBLosesAnswers(t *testing.T) {
	for _, test := range []struct {
		name    string
		happens awstest.Happening
		done    int
	}{
		{"before", awstest.CutBefore(), 0},
		{"after", awstest.CutAfter(), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFaulty(t)
			f.Arm(awstest.Fault{Operation: "TransactWriteItems", Times: 1, Happens: test.happens})
			if err := f.create(t.Context(), f.once, "once"); err == nil {
				t.Error("the answer came")
			}
			if found, _, err := f.read(t.Context(), "once"); found != test.done || err != nil {
				t.Errorf("%d were written, %v; want %d", found, err, test.done)
			}
			// The SDK names the transaction the same when it tries again.
			f.Arm(awstest.Fault{Operation: "TransactWriteItems", Times: 1, Happens: test.happens})
			if err := f.create(t.Context(), f.repeatedly, "again"); err != nil {
				t.Errorf("a transaction that was tried again: %v", err)
			}
			if f.Waiting() != 0 {
				t.Error("no answer was lost")
			}
		})
	}
}

// TestFaultyDynamoDBHangs waits for an answer in vain.
func TestFaultyDynamoDBHangs(t *testing.T) {
	f := newFaulty(t)
	ctx, giveUp := context.WithCancel(t.Context())
	f.Arm(awstest.Fault{Operation: "TransactWriteItems", After: 1, Times: 1, Happens: awstest.Hang(giveUp)})
	if err := f.create(t.Context(), f.once, "first"); err != nil {
		t.Fatalf("the one before: %v", err)
	}
	if err := f.create(ctx, f.once, "second"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was given up", err)
	}
	if found, _, err := f.read(t.Context(), "second"); found != 1 || err != nil {
		t.Errorf("%d were written, %v; want one", found, err)
	}
}
