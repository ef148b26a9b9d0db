package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"promptz/internal/awstest"
)

func TestCreateTable(t *testing.T) {
	t.Parallel()
	db := awstest.StartDynamoDB(t)
	spec := db.NewTable(t,
		awstest.Index{Name: "feed", Partition: "kind", Sort: "rank"},
		awstest.Index{Name: "due", Partition: "kind", Sort: "time", KeysOnly: true},
	)
	described, err := db.Client().DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &spec.Name})
	if err != nil {
		t.Fatal(err)
	}
	table := described.Table
	got := map[string][]string{"": schema(table.KeySchema)}
	for _, i := range table.GlobalSecondaryIndexes {
		got[*i.IndexName] = append(schema(i.KeySchema), string(i.Projection.ProjectionType))
	}
	want := map[string][]string{
		"":     {"id HASH"},
		"feed": {"kind HASH", "rank RANGE", "ALL"},
		"due":  {"kind HASH", "time RANGE", "KEYS_ONLY"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if mode := table.BillingModeSummary.BillingMode; mode != types.BillingModePayPerRequest {
		t.Errorf("billing mode %s", mode)
	}
	ttl, err := db.Client().DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &spec.Name})
	if err != nil {
		t.Fatal(err)
	}
	if name := aws.ToString(ttl.TimeToLiveDescription.AttributeName); name != "expires" {
		t.Errorf("time to live is %q", name)
	}
}

func schema(keys []types.KeySchemaElement) []string {
	var of []string
	for _, k := range keys {
		of = append(of, *k.AttributeName+" "+string(k.KeyType))
	}
	return of
}
