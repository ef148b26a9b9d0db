package lambda

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
)

// Queue hands on what an SQS queue delivers. Safe for concurrent use.
type Queue struct {
	// Consume does what the messages ask for, all or none of them as far as its
	// error says. It may get a message again.
	Consume func(ctx context.Context, bodies [][]byte) error
	// Check tells what is wrong with a message that Consume can never do anything
	// with: it is left to the queue, which puts it aside after some deliveries.
	Check func(body []byte) error
	Log   *slog.Logger
}

// Handle consumes a batch: together, and where that fails one by one, so that one
// message does not keep the others.
// See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
func (q *Queue) Handle(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	// Lambda takes null for no failures too; not everything that stands in for it does.
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	fail := func(id string, err error) {
		q.Log.ErrorContext(ctx, "a message was not consumed; it comes again or is put aside", "message", id, "error", err)
		answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	var ids []string
	var bodies [][]byte
	for _, m := range e.Records {
		body := []byte(m.Body)
		if err := q.Check(body); err != nil {
			fail(m.MessageId, err)
			continue
		}
		ids, bodies = append(ids, m.MessageId), append(bodies, body)
	}
	if len(bodies) == 0 || q.Consume(ctx, bodies) == nil {
		return answer, nil
	}
	for i, id := range ids {
		if err := q.Consume(ctx, bodies[i:i+1]); err != nil {
			fail(id, err)
		}
	}
	return answer, nil
}
