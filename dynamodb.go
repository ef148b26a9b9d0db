package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	gcaws "gocloud.dev/aws"
	"gocloud.dev/docstore"
	"gocloud.dev/docstore/awsdynamodb/v2"

	"promptz/internal/promptz"
	"promptz/internal/store"
)

const (
	// dynamoDBAttempts is how often a request is sent that was not answered, or by
	// a table that is busy, within a second and a half; and how often one in vain for
	// the rest of a batch.
	dynamoDBAttempts = 7
	// firstDynamoDBWait and longestDynamoDBWait are the most that the second
	// attempt waits, and any. The SDK's own waits, up to twenty seconds, are made
	// for services that take longer to come back than a table.
	firstDynamoDBWait   = 25 * time.Millisecond
	longestDynamoDBWait = 800 * time.Millisecond
)

// openDynamoDB opens a table twice: index queries refuse to be consistent.
func (d *documents) openDynamoDB(ctx context.Context, u *url.URL) (openCollection, error) {
	if u.Host == "" || u.Path != "" {
		return openCollection{}, promptz.Errorf(promptz.CodeNotValid,
			"documents: %s names a table by its host alone, such as %s://promptz-{collection}.", awsdynamodb.Scheme, awsdynamodb.Scheme)
	}
	q := u.Query()
	q.Del("partition_key") // it is what package store says
	cfg, err := gcaws.V2ConfigFromURLParams(ctx, q)
	if err != nil {
		return openCollection{}, fmt.Errorf("open table %s: %w", u.Host, err)
	}
	handles, err := openTable(newDynamoDBClient(cfg), u.Host)
	if err != nil {
		return openCollection{}, fmt.Errorf("open table %s: %w", u.Host, err)
	}
	return openCollection{handles: handles, tuning: dynamoDBTuning(), close: d.closing(handles.Eventual, handles.Consistent)}, nil
}

// openTable opens both ways into a table. client is one of newDynamoDBClient's.
func openTable(client *dynamodb.Client, table string) (store.Handles, error) {
	open := func(consistent bool) (*docstore.Collection, error) {
		return awsdynamodb.OpenCollection(client, table, store.KeyField, "", &awsdynamodb.Options{ConsistentRead: consistent})
	}
	eventual, err := open(false)
	if err != nil {
		return store.Handles{}, err
	}
	consistent, err := open(true)
	if err != nil {
		return store.Handles{}, errors.Join(err, eventual.Close())
	}
	return store.Handles{Consistent: consistent, Eventual: eventual}, nil
}

// newDynamoDBClient makes a client that tells the portable layer what it has no
// words for: that a batch came back in part, and that a table is busy.
func newDynamoDBClient(cfg aws.Config) *dynamodb.Client {
	return dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		o.Retryer = soonRetryer{o.Retryer}
		o.APIOptions = append(o.APIOptions, around("CompleteBatches", completeBatches), around("TellBusy", tellBusy(o.Retryer)))
	})
}

// handler is what stands around a request.
type handler = func(context.Context, middleware.InitializeInput, middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error)

// around puts a handler around all that a client's requests have by now.
func around(id string, handle handler) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc(id, handle), middleware.Before)
	}
}

// completeBatches asks again for what a batch read left out, which the portable
// layer takes for documents that are not there, as long as there comes more.
func completeBatches(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleInitialize(ctx, in)
	whole, ok := out.Result.(*dynamodb.BatchGetItemOutput)
	if !ok || err != nil {
		return out, metadata, err
	}
	asked := *in.Parameters.(*dynamodb.BatchGetItemInput)
	for inVain := 1; len(whole.UnprocessedKeys) > 0; inVain++ {
		if inVain == dynamoDBAttempts {
			return out, metadata, busy(errors.New("a batch read was never answered whole"))
		}
		select {
		case <-ctx.Done():
			return out, metadata, ctx.Err()
		case <-time.After(soon(inVain)):
		}
		asked.RequestItems = whole.UnprocessedKeys
		var more middleware.InitializeOutput
		if more, metadata, err = next.HandleInitialize(ctx, middleware.InitializeInput{Parameters: &asked}); err != nil {
			return more, metadata, err
		}
		rest := more.Result.(*dynamodb.BatchGetItemOutput)
		if whole.Responses == nil {
			whole.Responses = map[string][]map[string]types.AttributeValue{}
		}
		for table, items := range rest.Responses {
			whole.Responses[table] = append(whole.Responses[table], items...)
			if len(items) > 0 {
				inVain = 0
			}
		}
		whole.UnprocessedKeys = rest.UnprocessedKeys
	}
	return out, metadata, nil
}

// tellBusy gives what was tried in vain an error that the portable layer knows. Of
// its own it takes most of them for faults of the program, and a transaction that
// is still under way for a wrong argument.
func tellBusy(retryer aws.Retryer) handler {
	return func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleInitialize(ctx, in)
		if err != nil && ctx.Err() == nil && retryer.IsErrorRetryable(err) {
			err = busy(err)
		}
		return out, metadata, err
	}
}

// busy makes an error that asks to be tried again later. The cause is text alone:
// a connection that was cut is an io.EOF, which would end a list.
func busy(cause error) error {
	return fmt.Errorf("%w: %v", &types.RequestLimitExceeded{Message: aws.String("the table is busy, or away")}, cause)
}

// soonRetryer is another retryer, but tries more often and waits less. Safe for
// concurrent use.
type soonRetryer struct{ aws.Retryer }

func (soonRetryer) MaxAttempts() int { return dynamoDBAttempts }

func (soonRetryer) RetryDelay(attempt int, _ error) (time.Duration, error) { return soon(attempt), nil }

// soon is how long to wait after an attempt, counted from 1, or by some of the SDK's
// modes from 0.
func soon(attempt int) time.Duration {
	longest := firstDynamoDBWait
	for ; attempt > 1 && longest < longestDynamoDBWait; attempt-- {
		longest *= 2
	}
	return rand.N(min(longest, longestDynamoDBWait))
}

// dynamoDBTuning is what DynamoDB wants beyond the portable API.
func dynamoDBTuning() store.Tuning {
	return store.Tuning{TTL: true, Maps: true, Limit: limitDynamoDBQuery, NoCollection: isMissingTable}
}

// limitDynamoDBQuery sets the limit on the SDK's own type: the portable one is
// applied by the client.
func limitDynamoDBQuery(as func(any) bool, n int) error {
	var in *dynamodb.QueryInput
	if !as(&in) {
		return errors.New("the query would be a scan: its index is missing on the table")
	}
	limit := int32(n)
	in.Limit = &limit
	return nil
}

// isMissingTable tells a missing table from a missing document: the portable code
// is the same.
func isMissingTable(err error) bool {
	_, missing := errors.AsType[*types.ResourceNotFoundException](err)
	return missing
}
