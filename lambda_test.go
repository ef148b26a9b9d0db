package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"promptz/internal/config"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// TestRelayFunctionPublishes sends what the table's stream brought to the topic.
func TestRelayFunctionPublishes(t *testing.T) {
	t.Parallel()
	var flags config.Flags
	cfg, err := LoadConfig(&flags, []string{"PROMPTZ_DATA=" + t.TempDir(), "PROMPTZ_PUBLIC_URL=https://prompts.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	f, cleanup, err := openRelayFunction(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	defer cleanup()
	ends, err := newEnds(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	subscription, end, err := openSubscription(t.Context(), data{}, ends, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer end()

	if err := f.items.CreateItem(t.Context(), testItem(t, 1), promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	ids, err := f.items.Log().FindPendingEvents(t.Context(), 10)
	if err != nil || len(ids) == 0 {
		t.Fatalf("%d events wait, %v", len(ids), err)
	}
	handler, err := f.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var batch events.DynamoDBEvent
	for _, id := range ids {
		batch.Records = append(batch.Records, events.DynamoDBEventRecord{
			EventName: "INSERT", EventSourceArn: "arn:aws:dynamodb:eu-central-1:123456789012:table/" + store.LibraryCollection + "/stream/now",
			Change: events.DynamoDBStreamRecord{SequenceNumber: "1", Keys: map[string]events.DynamoDBAttributeValue{"id": events.NewStringAttribute(store.EventPrefix + id)}},
		})
	}
	relay := handler.(func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error))
	if answer, err := relay(t.Context(), batch); err != nil || len(answer.BatchItemFailures) > 0 {
		t.Fatalf("it answers %v, %v", answer, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	came := map[string]bool{}
	for len(came) < len(ids) {
		m, err := subscription.Receive(ctx)
		if err != nil {
			t.Fatalf("%d of %d events were published: %v", len(came), len(ids), err)
		}
		m.Ack()
		e, err := newEnvelopes("").Decode(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		came[e.ID] = true
	}
	for _, id := range ids {
		if !came[id] {
			t.Errorf("%s was not published", id)
		}
	}
}
