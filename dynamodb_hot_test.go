package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"gocloud.dev/docstore/awsdynamodb/v2"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// conflicts refuse a transaction that touches what another one does at the same
// time, as the real DynamoDB does and the local one never, and lose the answers of
// one in twenty that were done.
type conflicts struct {
	mu            sync.Mutex
	busy          map[string]bool
	refused, lost int
}

func (c *conflicts) attach(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("conflicts",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			list, ok := in.Parameters.(*dynamodb.TransactWriteItemsInput)
			if !ok {
				return next.HandleInitialize(ctx, in)
			}
			keys := touched(list)
			if !c.begin(keys) {
				return middleware.InitializeOutput{}, middleware.Metadata{}, conflictOf(list)
			}
			out, meta, err := next.HandleInitialize(ctx, in)
			if c.end(keys) && err == nil {
				err = errors.New("the connection was lost before the answer came")
			}
			return out, meta, err
		}), middleware.Before)
}

func (c *conflicts) begin(keys []string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		if c.busy[key] {
			c.refused++
			return false
		}
	}
	for _, key := range keys {
		c.busy[key] = true
	}
	return true
}

// end tells whether the answer is to be lost.
func (c *conflicts) end(keys []string) (lose bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		delete(c.busy, key)
	}
	if lose = mathrand.N(20) == 0; lose {
		c.lost++
	}
	return lose
}

// touched gives the keys of what a transaction writes.
func touched(list *dynamodb.TransactWriteItemsInput) (keys []string) {
	for _, item := range list.TransactItems {
		key := map[string]types.AttributeValue{}
		switch {
		case item.Put != nil:
			key = item.Put.Item
		case item.Update != nil:
			key = item.Update.Key
		case item.Delete != nil:
			key = item.Delete.Key
		}
		if s, ok := key[store.KeyField].(*types.AttributeValueMemberS); ok {
			keys = append(keys, s.Value)
		}
	}
	return keys
}

func conflictOf(list *dynamodb.TransactWriteItemsInput) error {
	reasons := make([]types.CancellationReason, len(list.TransactItems))
	for i := range reasons {
		reasons[i].Code = aws.String("TransactionConflict")
	}
	return &types.TransactionCanceledException{CancellationReasons: reasons}
}

// TestDynamoDBHotItem lets 200 star one item at once: every star is answered, and
// counted once.
func TestDynamoDBHotItem(t *testing.T) {
	const starrers = 200
	db := awstest.StartDynamoDB(t)
	table := db.NewTable(t, indexesOn(store.LibraryCollection)...)
	c := &conflicts{busy: map[string]bool{}}
	docs, err := awsdynamodb.OpenCollection(db.Client(c.attach), table.Name, store.KeyField, "", &awsdynamodb.Options{ConsistentRead: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docs.Close() })
	library := store.NewLibrary(store.Handles{Consistent: docs, Eventual: docs}, dynamoDBTuning(), time.Now, rand.Reader)
	item := testItem(t, 0)
	if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	var starring sync.WaitGroup
	for i := range starrers {
		starring.Go(func() {
			if err := library.StarItem(t.Context(), fmt.Sprint("user", i), item); err != nil {
				t.Errorf("starrer %d: %v", i, err)
			}
		})
	}
	starring.Wait()
	stats, err := library.FindStats(t.Context(), item.ID)
	if err != nil || stats.Stars != starrers {
		t.Errorf("%d stars are counted, %v", stats.Stars, err)
	}
	if c.refused == 0 || c.lost == 0 {
		t.Errorf("%d conflicts and %d lost answers: this tested nothing", c.refused, c.lost)
	}
	t.Logf("%s, %d conflicts, %d lost answers", time.Since(begun).Round(time.Millisecond), c.refused, c.lost)
}
