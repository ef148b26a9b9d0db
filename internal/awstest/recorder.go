package awstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/sync/errgroup"
)

// Recorder keeps what the clients it is attached to ask, so that the same can be
// asked again. It is safe for concurrent use.
type Recorder struct {
	mu       sync.Mutex
	underWay int
	calls    Calls
}

// Calls are requests in their order. Those of one step were under way at the same
// time.
type Calls [][]*record

// record is one request.
type record struct {
	input   any
	refused bool // as a condition did not hold
}

// Attach puts the recorder into a client's requests. It is one of APIOptions.
func (r *Recorder) Attach(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Recorder",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			call := &record{input: in.Parameters}
			r.begin(call)
			out, metadata, err := next.HandleInitialize(ctx, in)
			r.end(call, err)
			return out, metadata, err
		}), middleware.Before)
}

func (r *Recorder) begin(call *record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.underWay++; r.underWay == 1 {
		r.calls = append(r.calls, nil)
	}
	last := &r.calls[len(r.calls)-1]
	*last = append(*last, call)
}

func (r *Recorder) end(call *record, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.underWay--
	call.refused = refused(err)
}

// refused tells whether a condition did not hold.
func refused(err error) bool {
	_, transaction := errors.AsType[*types.TransactionCanceledException](err)
	_, single := errors.AsType[*types.ConditionalCheckFailedException](err)
	return transaction || single
}

// Take gives the calls since it was last asked.
func (r *Recorder) Take() Calls {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

// Count is how many calls there are.
func (c Calls) Count() int { return len(slices.Concat(c...)) }

// On gives the same calls on another table. What writes is not taken for the call
// that was recorded.
func (c Calls) On(table string) Calls {
	return c.each(func(input any) any { return onTable(input, table) })
}

// Plain gives the same calls with what a program would send that calls the SDK
// itself: one item is no batch. ok is false when some of them write.
func (c Calls) Plain() (plain Calls, ok bool) {
	ok = true
	plain = c.each(func(input any) any {
		switch in := input.(type) {
		case *dynamodb.BatchGetItemInput:
			return single(in)
		case *dynamodb.QueryInput:
			return in
		}
		ok = false
		return input
	})
	return plain, ok
}

func (c Calls) each(change func(any) any) Calls {
	changed := make(Calls, len(c))
	for i, step := range c {
		for _, call := range step {
			changed[i] = append(changed[i], &record{change(call.input), call.refused})
		}
	}
	return changed
}

// Do sends the calls. What was refused has to be refused again, and nothing else.
func (c Calls) Do(ctx context.Context, client *dynamodb.Client) error {
	for _, step := range c {
		if len(step) == 1 {
			if err := step[0].do(ctx, client); err != nil {
				return err
			}
			continue
		}
		group, ctx := errgroup.WithContext(ctx)
		for _, call := range step {
			group.Go(func() error { return call.do(ctx, client) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) do(ctx context.Context, client *dynamodb.Client) error {
	err := callAgain(ctx, client, r.input)
	switch {
	case r.refused && err == nil:
		return fmt.Errorf("awstest: a %T was refused, and is not any more", r.input)
	case r.refused && refused(err):
		return nil
	}
	return err
}

// single makes a read of one item of a batch that holds one.
func single(in *dynamodb.BatchGetItemInput) any {
	for table, of := range in.RequestItems {
		if len(in.RequestItems) == 1 && len(of.Keys) == 1 {
			return &dynamodb.GetItemInput{
				TableName: &table, Key: of.Keys[0], ConsistentRead: of.ConsistentRead,
				ProjectionExpression: of.ProjectionExpression, ExpressionAttributeNames: of.ExpressionAttributeNames,
			}
		}
	}
	return in
}

// onTable gives a copy of an input for another table.
func onTable(input any, table string) any {
	switch in := input.(type) {
	case *dynamodb.BatchGetItemInput:
		c := *in
		c.RequestItems = map[string]types.KeysAndAttributes{}
		for _, of := range in.RequestItems {
			c.RequestItems[table] = of
		}
		return &c
	case *dynamodb.QueryInput:
		c := *in
		c.TableName = &table
		return &c
	case *dynamodb.PutItemInput:
		c := *in
		c.TableName = &table
		return &c
	case *dynamodb.UpdateItemInput:
		c := *in
		c.TableName = &table
		return &c
	case *dynamodb.DeleteItemInput:
		c := *in
		c.TableName = &table
		return &c
	case *dynamodb.TransactWriteItemsInput:
		c := *in
		c.ClientRequestToken = nil // the SDK draws one
		c.TransactItems = nil
		for _, w := range in.TransactItems {
			c.TransactItems = append(c.TransactItems, writeOn(w, table))
		}
		return &c
	}
	return input
}

func writeOn(w types.TransactWriteItem, table string) types.TransactWriteItem {
	switch {
	case w.Put != nil:
		c := *w.Put
		c.TableName = aws.String(table)
		w.Put = &c
	case w.Update != nil:
		c := *w.Update
		c.TableName = aws.String(table)
		w.Update = &c
	case w.Delete != nil:
		c := *w.Delete
		c.TableName = aws.String(table)
		w.Delete = &c
	}
	return w
}

// callAgain sends one input.
func callAgain(ctx context.Context, client *dynamodb.Client, input any) (err error) {
	switch in := input.(type) {
	case *dynamodb.GetItemInput:
		_, err = client.GetItem(ctx, in)
	case *dynamodb.BatchGetItemInput:
		_, err = client.BatchGetItem(ctx, in)
	case *dynamodb.QueryInput:
		_, err = client.Query(ctx, in)
	case *dynamodb.PutItemInput:
		_, err = client.PutItem(ctx, in)
	case *dynamodb.UpdateItemInput:
		_, err = client.UpdateItem(ctx, in)
	case *dynamodb.DeleteItemInput:
		_, err = client.DeleteItem(ctx, in)
	case *dynamodb.TransactWriteItemsInput:
		_, err = client.TransactWriteItems(ctx, in)
	default:
		err = fmt.Errorf("awstest: a %T is not called again", input)
	}
	return err
}
