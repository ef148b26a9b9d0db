package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
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

// TestMotoMixesTransactions shows why moto is asked for one thing at a time: of two
// transactions that exclude each other it does both. The second is sent when the
// first has begun, as a reader sees though it must not, and has much to do yet. When
// moto no longer does so, OneAtATime can go.
func TestMotoMixesTransactions(t *testing.T) {
	m := motoTable{awstest.Tables(awstest.StartMoto(t)), "mixed"}
	if err := awstest.CreateTable(t.Context(), m.client, awstest.TableSpec{Name: m.name}); err != nil {
		t.Fatal(err)
	}
	for round := range 10 { // one will do, unless the second is answered when the first is done
		if m.mixes(t, fmt.Sprint("round ", round, " ")) {
			return
		}
	}
	t.Error("moto keeps transactions apart now: ask it for several things at a time")
}

// motoTable is a table that moto has.
type motoTable struct {
	client *dynamodb.Client
	name   string
}

// mixes tells whether two transactions are done of which each makes what must not
// be there for the other. round begins the keys.
func (m motoTable) mixes(t *testing.T, round string) bool {
	t.Helper()
	// Nothing takes moto longer than to read a condition.
	slow := "attribute_not_exists(id)" + strings.Repeat(" AND attribute_not_exists(id)", 100)
	first := []types.TransactWriteItem{m.absent(round+"second", slow), m.put(round+"begun", slow)}
	for i := range 97 {
		first = append(first, m.put(fmt.Sprint(round, i), slow))
	}
	first = append(first, m.put(round+"first", slow))
	var err error
	done := make(chan struct{})
	go func() { err = m.write(t, first...); close(done) }()
	for !m.has(t, round+"begun") {
		select {
		case <-done:
			if err != nil || !m.has(t, round+"begun") {
				t.Fatalf("the first is not there, %v", err)
			}
		default:
		}
	}
	const quick = "attribute_not_exists(id)"
	second := m.write(t, m.absent(round+"first", quick), m.put(round+"second", quick))
	<-done
	for _, err := range []error{err, second} {
		if _, cancelled := errors.AsType[*types.TransactionCanceledException](err); err != nil && !cancelled {
			t.Fatal(err)
		}
	}
	return err == nil && second == nil
}

func (m motoTable) write(t *testing.T, writes ...types.TransactWriteItem) error {
	_, err := m.client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	return err
}

func (m motoTable) has(t *testing.T, id string) bool {
	t.Helper()
	out, err := m.client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &m.name, Key: motoKey(id), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Item != nil
}

func (m motoTable) put(id, condition string) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{TableName: &m.name, Item: motoKey(id), ConditionExpression: &condition}}
}

func (m motoTable) absent(id, condition string) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &m.name, Key: motoKey(id), ConditionExpression: &condition}}
}

func motoKey(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}
