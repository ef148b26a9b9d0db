package awstest

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// What a transaction costs is computed, from its items as they were before it and
// are after it, by AWS's rules: every item is written twice (Amazon DynamoDB
// Developer Guide, "DynamoDB Transactions: How it works"), and a condition check
// costs as much as a write. Index entries are counted once, for they follow after
// the transaction; the guide does not say so in figures. It is exact unless
// somebody else writes the same items meanwhile, and an approximation where
// numberSize is.

// address is where an item is.
type address struct{ table, key string }

// handleTransaction sends a transaction and adds what it cost.
func (m *Meter) handleTransaction(
	ctx context.Context, transaction *dynamodb.TransactWriteItemsInput,
	in middleware.InitializeInput, next middleware.InitializeHandler,
) (out middleware.InitializeOutput, metadata middleware.Metadata, err error) {
	addresses, err := m.addresses(transaction)
	if err != nil {
		return out, metadata, fmt.Errorf("meter transaction: %w", err)
	}
	before, err := m.images(ctx, addresses)
	if err != nil {
		return out, metadata, fmt.Errorf("meter transaction: %w", err)
	}
	out, metadata, err = next.HandleInitialize(ctx, in)
	if err != nil {
		return out, metadata, err
	}
	after, err := m.images(ctx, addresses)
	if err != nil {
		return out, metadata, fmt.Errorf("meter committed transaction: %w", err)
	}
	m.addTransaction(middleware.GetOperationName(ctx), addresses, before, after)
	return out, metadata, nil
}

// addTransaction adds the sum of each table and index as one request.
func (m *Meter) addTransaction(operation string, addresses []address, before, after map[address]item) {
	sums := map[costKey]float64{}
	for _, a := range addresses {
		sums[costKey{operation, a.table, ""}] += 2 * tableWrite(before[a], after[a])
		for _, index := range m.tables[a.table].Indexes {
			if units := indexWrite(index, before[a], after[a]); units > 0 {
				sums[costKey{operation, a.table, index.Name}] += units
			}
		}
	}
	for key, units := range sums {
		m.add(Cost{Operation: key.operation, Table: key.table, Index: key.index, Requests: 1, Write: units})
	}
}

// addresses lists the items of a transaction; no two are the same, or DynamoDB
// refuses it.
func (m *Meter) addresses(transaction *dynamodb.TransactWriteItemsInput) ([]address, error) {
	var addresses []address
	for _, w := range transaction.TransactItems {
		var table *string
		var key item
		switch {
		case w.Put != nil:
			table, key = w.Put.TableName, w.Put.Item
		case w.Update != nil:
			table, key = w.Update.TableName, w.Update.Key
		case w.Delete != nil:
			table, key = w.Delete.TableName, w.Delete.Key
		case w.ConditionCheck != nil:
			table, key = w.ConditionCheck.TableName, w.ConditionCheck.Key
		}
		a := address{aws.ToString(table), text(key[keyAttribute])}
		if _, declared := m.tables[a.table]; !declared {
			return nil, fmt.Errorf("table %q is not declared to the meter", a.table)
		}
		addresses = append(addresses, a)
	}
	return addresses, nil
}

// images reads the items that are at the addresses now.
func (m *Meter) images(ctx context.Context, addresses []address) (map[address]item, error) {
	wanted := map[string]types.KeysAndAttributes{}
	for _, a := range addresses {
		of := wanted[a.table]
		of.ConsistentRead = aws.Bool(true)
		of.Keys = append(of.Keys, item{keyAttribute: &types.AttributeValueMemberS{Value: a.key}})
		wanted[a.table] = of
	}
	images := map[address]item{}
	for len(wanted) > 0 {
		out, err := m.reader.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: wanted})
		if err != nil {
			return nil, fmt.Errorf("read items: %w", err)
		}
		if len(out.Responses) == 0 && len(out.UnprocessedKeys) > 0 {
			return nil, errors.New("read items: the server gives none")
		}
		for table, items := range out.Responses {
			for _, it := range items {
				images[address{table, text(it[keyAttribute])}] = it
			}
		}
		wanted = out.UnprocessedKeys // what was over the size of one answer
	}
	return images, nil
}
