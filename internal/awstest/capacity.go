package awstest

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// askForCapacity returns a copy of a request's input that asks what it consumed
// of the table and of each index. The copy leaves the caller's input alone.
// Requests that consume nothing are returned as they are; those that this package
// cannot meter are an error, lest they be missing from a sum.
func askForCapacity(input any) (any, error) {
	const all = types.ReturnConsumedCapacityIndexes
	switch in := input.(type) {
	case *dynamodb.GetItemInput:
		c := *in
		c.ReturnConsumedCapacity = all
		return &c, nil
	case *dynamodb.BatchGetItemInput:
		c := *in
		c.ReturnConsumedCapacity = all
		return &c, nil
	case *dynamodb.QueryInput:
		c := *in
		c.ReturnConsumedCapacity = all
		return &c, nil
	case *dynamodb.ScanInput:
		c := *in
		c.ReturnConsumedCapacity = all
		return &c, nil
	case *dynamodb.PutItemInput:
		c := *in
		c.ReturnConsumedCapacity = all
		return &c, nil
	case *dynamodb.UpdateItemInput:
		c := *in
		c.ReturnConsumedCapacity = all
		return &c, nil
	case *dynamodb.DeleteItemInput:
		c := *in
		c.ReturnConsumedCapacity = all
		return &c, nil
	case *dynamodb.TransactGetItemsInput, *dynamodb.BatchWriteItemInput, *dynamodb.ExecuteStatementInput,
		*dynamodb.BatchExecuteStatementInput, *dynamodb.ExecuteTransactionInput:
		return nil, fmt.Errorf("meter: cannot meter a %T", in)
	}
	return input, nil
}

// reported returns the costs that an output names.
func reported(operation string, output any) []Cost {
	switch out := output.(type) {
	case *dynamodb.GetItemOutput:
		return costsOf(operation, reads, out.ConsumedCapacity)
	case *dynamodb.BatchGetItemOutput:
		var costs []Cost
		for i := range out.ConsumedCapacity {
			costs = append(costs, costsOf(operation, reads, &out.ConsumedCapacity[i])...)
		}
		return costs
	case *dynamodb.QueryOutput:
		return costsOf(operation, reads, out.ConsumedCapacity)
	case *dynamodb.ScanOutput:
		return costsOf(operation, reads, out.ConsumedCapacity)
	case *dynamodb.PutItemOutput:
		return costsOf(operation, writes, out.ConsumedCapacity)
	case *dynamodb.UpdateItemOutput:
		return costsOf(operation, writes, out.ConsumedCapacity)
	case *dynamodb.DeleteItemOutput:
		return costsOf(operation, writes, out.ConsumedCapacity)
	}
	return nil
}

// direction says which units a plain operation consumes; the response does not.
type direction bool

const (
	reads  direction = false
	writes direction = true
)

func costsOf(operation string, d direction, consumed *types.ConsumedCapacity) []Cost {
	if consumed == nil {
		return nil
	}
	cost := func(index string, units float64) Cost {
		c := Cost{Operation: operation, Table: aws.ToString(consumed.TableName), Index: index, Requests: 1}
		if d == writes {
			c.Write = units
		} else {
			c.Read = units
		}
		return c
	}
	var costs []Cost
	if consumed.Table != nil && aws.ToFloat64(consumed.Table.CapacityUnits) > 0 {
		costs = append(costs, cost("", *consumed.Table.CapacityUnits))
	}
	for name, capacity := range consumed.GlobalSecondaryIndexes {
		costs = append(costs, cost(name, aws.ToFloat64(capacity.CapacityUnits)))
	}
	return costs
}
