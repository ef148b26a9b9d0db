package app

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"promptz/internal/awstest"
	"promptz/internal/config"
	"promptz/internal/store"
	"promptz/internal/store/storetest"
)

// TestStoreOnMoto runs the whole suite on another's DynamoDB, opened by URL as the
// program opens it. It is asked for one thing at a time: see
// TestMotoMixesTransactions.
func TestStoreOnMoto(t *testing.T) {
	endpoint := startMotoTables(t)
	storetest.Run(t, func(t testing.TB, collection string) (store.Handles, store.Tuning) {
		spec := awstest.TableSpec{Name: "test-" + rand.Text(), Indexes: indexesOn(collection)}
		if err := awstest.CreateTable(t.Context(), awstest.Tables(endpoint), spec); err != nil {
			t.Fatal(err)
		}
		cfg := config.Config{Documents: tableURL(spec.Name, endpoint)}
		opened, err := newDocuments(slog.New(slog.DiscardHandler)).open(t.Context(), cfg, collection)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(opened.close)
		return opened.handles, opened.tuning
	})
}

// startMotoTables starts moto, to be asked for one thing at a time, and sets the
// credentials that it takes.
func startMotoTables(t *testing.T) (endpoint string) {
	t.Helper()
	endpoint = awstest.OneAtATime(t, awstest.StartMoto(t))
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(name, value)
	}
	return endpoint
}

// TestMotoMixesTransactions shows why moto is asked for one thing at a time: of
// several transactions that create the same item it does more than one. When it no
// longer does, OneAtATime can go.
func TestMotoMixesTransactions(t *testing.T) {
	client := awstest.Tables(awstest.StartMoto(t))
	table := "mixed"
	if err := awstest.CreateTable(t.Context(), client, awstest.TableSpec{Name: table}); err != nil {
		t.Fatal(err)
	}
	create := func(id string) error {
		put := func(id string) types.TransactWriteItem {
			return types.TransactWriteItem{Put: &types.Put{
				TableName: &table, Item: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}},
				ConditionExpression: aws.String("attribute_not_exists(id)"),
			}}
		}
		_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put(id), put(id + "'")}})
		return err
	}
	for range 200 {
		id := rand.Text()
		errs := make([]error, 8)
		var work sync.WaitGroup
		for i := range errs {
			work.Go(func() { errs[i] = create(id) })
		}
		work.Wait()
		done := 0
		for _, err := range errs {
			switch _, cancelled := errors.AsType[*types.TransactionCanceledException](err); {
			case err == nil:
				done++
			case !cancelled:
				t.Fatal(err)
			}
		}
		if done > 1 {
			t.Logf("%d transactions made the same item", done)
			return
		}
	}
	t.Error("moto keeps transactions apart now: ask it for several things at a time")
}
