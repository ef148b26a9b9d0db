package app

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"
	"gocloud.dev/docstore/awsdynamodb/v2"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// faults make DynamoDB Local fail as the real one does and it never does by
// itself. Each fault that is armed happens once.
type faults struct {
	loseAnswer atomic.Bool // of a transaction that was done
	dropBatch  atomic.Bool // throttle all keys of a batch read of several
}

// attach adds the faults to a client's requests.
func (f *faults) attach(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("faults",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleInitialize(ctx, in)
			if _, ok := in.Parameters.(*dynamodb.TransactWriteItemsInput); ok && err == nil && f.loseAnswer.Swap(false) {
				return out, meta, errors.New("the connection was lost before the answer came")
			}
			if batch, ok := in.Parameters.(*dynamodb.BatchGetItemInput); ok && err == nil && several(batch) && f.dropBatch.Swap(false) {
				answer := out.Result.(*dynamodb.BatchGetItemOutput)
				answer.Responses, answer.UnprocessedKeys = nil, batch.RequestItems
			}
			return out, meta, err
		}), middleware.Before)
}

func several(batch *dynamodb.BatchGetItemInput) bool {
	for _, keys := range batch.RequestItems {
		if len(keys.Keys) > 1 {
			return true
		}
	}
	return false
}

// openFaulty opens the library on a table whose requests fail as f says.
func openFaulty(t *testing.T, f *faults) *store.Library {
	t.Helper()
	db := awstest.StartDynamoDB(t)
	table := db.NewTable(t, indexesOn(store.LibraryCollection)...)
	c, err := awsdynamodb.OpenCollection(db.Client(f.attach), table.Name, store.KeyField, "", &awsdynamodb.Options{ConsistentRead: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	handles := store.Handles{Consistent: c, Eventual: c}
	return store.NewLibrary(handles, dynamoDBTuning(), testClock().now, rand.Reader)
}

// TestDynamoDBLostAnswerIsRecognized loses the answers of writes that were done:
// they are done once, and said to be.
func TestDynamoDBLostAnswerIsRecognized(t *testing.T) {
	f := new(faults)
	library := openFaulty(t, f)
	item := testItem(t, 0)
	f.loseAnswer.Store(true)
	if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatalf("create: %v", err)
	}
	old, err := library.FindItem(t.Context(), item.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	next := *old
	next.Content, next.Version, next.Revision = "second text", 2, 2
	f.loseAnswer.Store(true)
	if err := library.UpdateItem(t.Context(), old, &next, promptz.Marks{}); err != nil {
		t.Fatalf("update: %v", err)
	}
	got, err := library.FindItem(t.Context(), item.ID, true)
	if err != nil || got.Version != 2 || got.Revision != 2 || got.Content != "second text" {
		t.Fatalf("after the update: %+v, %v", got, err)
	}
	f.loseAnswer.Store(true)
	if err := library.DeleteItem(t.Context(), got); err != nil {
		t.Fatalf("delete: %v", err)
	}
	if f.loseAnswer.Load() {
		t.Error("no answer was lost: this tested nothing")
	}
}

// TestDynamoDBThrottledBatchIsNoAbsence throttles the keys of a batch read, which
// the driver reports as documents that are not there.
func TestDynamoDBThrottledBatchIsNoAbsence(t *testing.T) {
	f := new(faults)
	library := openFaulty(t, f)
	item := testItem(t, 0)
	if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	f.dropBatch.Store(true)
	got, err := library.FindItem(t.Context(), item.ID, false)
	if err != nil || got.Content != item.Content {
		t.Errorf("got %+v, %v; want the item", got, err)
	}
	if f.dropBatch.Load() {
		t.Error("no batch was throttled: this tested nothing")
	}
}

// TestDynamoDBMissingTableIsNoMissingDocument asks a table that was removed under
// the program.
func TestDynamoDBMissingTableIsNoMissingDocument(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	spec := awstest.TableSpec{Name: "removed"}
	if err := awstest.CreateTable(t.Context(), db.Client(), spec); err != nil {
		t.Fatal(err)
	}
	c, err := awsdynamodb.OpenCollection(db.Client(), spec.Name, store.KeyField, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := db.Client().DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &spec.Name}); err != nil {
		t.Fatal(err)
	}
	library := store.NewLibrary(store.Handles{Consistent: c, Eventual: c}, dynamoDBTuning(), testClock().now, rand.Reader)
	if err := library.Ping(t.Context()); err == nil {
		t.Error("a missing table is ready")
	}
	if _, err := library.FindItem(t.Context(), "0123456789ab", true); promptz.ErrorCode(err) == promptz.CodeNotFound {
		t.Error("a missing table is a missing item")
	}
}
