package awstest

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	keyAttribute = "id"      // the partition key of every table
	ttlAttribute = "expires" // in Unix seconds
)

// Index declares a global secondary index. Its two attributes are strings.
type Index struct {
	Name      string
	Partition string
	Sort      string
	KeysOnly  bool // projects the keys of the table and the index, not all attributes
}

// TableSpec declares a table: its key is the string "id", its time to live the
// attribute "expires", and it is paid per request.
type TableSpec struct {
	Name    string
	Indexes []Index
	Stream  bool // of the keys of what changes, see [StreamARN]
}

// Tables gives a client of an emulator's DynamoDB.
func Tables(endpoint string) *dynamodb.Client { return dynamodb.NewFromConfig(Config(endpoint)) }

// CreateTable makes the table and returns when it can be used.
func CreateTable(ctx context.Context, client *dynamodb.Client, spec TableSpec) error {
	if _, err := client.CreateTable(ctx, spec.input()); err != nil {
		return fmt.Errorf("create table %s: %w", spec.Name, err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &spec.Name}, time.Minute); err != nil {
		return fmt.Errorf("await table %s: %w", spec.Name, err)
	}
	_, err := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &spec.Name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(ttlAttribute),
			Enabled:       aws.Bool(true),
		},
	})
	if err != nil {
		return fmt.Errorf("set time to live of table %s: %w", spec.Name, err)
	}
	return nil
}

// TableARN is the ARN of a table, also of one that will be made.
func TableARN(name string) string {
	return "arn:aws:dynamodb:" + Region + ":" + Account + ":table/" + name
}

// StreamARN gives the ARN of a table's stream.
func StreamARN(ctx context.Context, client *dynamodb.Client, table string) (string, error) {
	about, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		return "", fmt.Errorf("describe table %s: %w", table, err)
	}
	return aws.ToString(about.Table.LatestStreamArn), nil
}

// NewTable makes a table with a name of its own, deletes it when t ends, and
// fails t when either goes wrong.
func (d *DynamoDB) NewTable(t testing.TB, indexes ...Index) TableSpec {
	t.Helper()
	client := d.Client()
	spec := TableSpec{Name: "test-" + rand.Text(), Indexes: indexes}
	if err := CreateTable(t.Context(), client, spec); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &spec.Name}); err != nil {
			t.Errorf("delete table %s: %v", spec.Name, err)
		}
	})
	return spec
}

func (s TableSpec) input() *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName:            &s.Name,
		BillingMode:          types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{keyElement(keyAttribute, types.KeyTypeHash)},
		AttributeDefinitions: s.attributes(),
	}
	if s.Stream {
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeKeysOnly}
	}
	for _, i := range s.Indexes {
		projection := types.ProjectionTypeAll
		if i.KeysOnly {
			projection = types.ProjectionTypeKeysOnly
		}
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName:  aws.String(i.Name),
			Projection: &types.Projection{ProjectionType: projection},
			KeySchema: []types.KeySchemaElement{
				keyElement(i.Partition, types.KeyTypeHash),
				keyElement(i.Sort, types.KeyTypeRange),
			},
		})
	}
	return in
}

// attributes declares each key attribute once, though indexes may share one.
func (s TableSpec) attributes() []types.AttributeDefinition {
	names := []string{keyAttribute}
	for _, i := range s.Indexes {
		names = append(names, i.Partition, i.Sort)
	}
	declared := map[string]bool{}
	var definitions []types.AttributeDefinition
	for _, name := range names {
		if declared[name] {
			continue
		}
		declared[name] = true
		definitions = append(definitions, types.AttributeDefinition{
			AttributeName: aws.String(name),
			AttributeType: types.ScalarAttributeTypeS,
		})
	}
	return definitions
}

func keyElement(attribute string, kind types.KeyType) types.KeySchemaElement {
	return types.KeySchemaElement{AttributeName: aws.String(attribute), KeyType: kind}
}
