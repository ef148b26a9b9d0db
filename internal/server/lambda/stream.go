package lambda

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Stream hands on what a table's stream delivers: the keys of documents that
// were made. Safe for concurrent use.
type Stream struct {
	// Prefix begins the keys that are wanted; the stream's filter has it too, so
	// that nothing else costs a call.
	Prefix string
	// Take does what the documents of a table ask for; keys come without the
	// prefix. It may get a key again.
	Take func(ctx context.Context, table string, keys []string) error
	Log  *slog.Logger
}

// keyAttribute is the attribute of every table's key.
const keyAttribute = "id"

// Handle takes a batch. What Take fails at comes again from the first record on:
// the stream is in order, and taking twice does no harm.
// See https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html.
func (s *Stream) Handle(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	keys := map[string][]string{}
	for _, record := range e.Records {
		if events.DynamoDBOperationType(record.EventName) != events.DynamoDBOperationTypeInsert {
			continue
		}
		id, ok := record.Change.Keys[keyAttribute]
		if !ok || id.DataType() != events.DataTypeString {
			return events.DynamoDBEventResponse{}, fmt.Errorf("read stream: a record of %s has no key %q", record.EventSourceArn, keyAttribute)
		}
		if key, ok := strings.CutPrefix(id.String(), s.Prefix); ok {
			table := tableOf(record.EventSourceArn)
			keys[table] = append(keys[table], key)
		}
	}
	answer := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}} // no null, see Queue
	for table, some := range keys {
		if err := s.Take(ctx, table, some); err != nil {
			s.Log.ErrorContext(ctx, "a batch of the stream failed; it comes again", "table", table, "count", len(some), "error", err)
			answer.BatchItemFailures = []events.DynamoDBBatchItemFailure{{ItemIdentifier: e.Records[0].Change.SequenceNumber}}
		}
	}
	return answer, nil
}

// tableOf gives the table in a stream's ARN:
// arn:aws:dynamodb:<region>:<account>:table/<table>/stream/<when>.
func tableOf(arn string) string {
	_, rest, _ := strings.Cut(arn, ":table/")
	table, _, _ := strings.Cut(rest, "/")
	return table
}
