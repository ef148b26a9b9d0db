package lambda_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"promptz/internal/server/lambda"
)

var errBroken = errors.New("broken")

func TestStream(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fails error
		want  []events.DynamoDBBatchItemFailure
	}{
		"taken":     {nil, []events.DynamoDBBatchItemFailure{}}, // a list also when it is JSON
		"not taken": {errBroken, []events.DynamoDBBatchItemFailure{{ItemIdentifier: "13021600000000001596893679"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taken := map[string][]string{}
			s := lambda.Stream{Prefix: "event#", Log: quiet, Take: func(_ context.Context, table string, keys []string) error {
				taken[table] = append(taken[table], keys...)
				return tt.fails
			}}
			answer, err := s.Handle(t.Context(), read[events.DynamoDBEvent](t, "stream.json"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string][]string{"promptz-library": {"0190a1b2", "0190a1b5"}}, taken); diff != "" {
				t.Errorf("taken: %s", diff)
			}
			if diff := cmp.Diff(tt.want, answer.BatchItemFailures); diff != "" {
				t.Errorf("failures: %s", diff)
			}
		})
	}
}

// A record of a table of another form is a mistake, and is not passed over.
func TestStreamOfAnotherTable(t *testing.T) {
	t.Parallel()
	e := read[events.DynamoDBEvent](t, "stream.json")
	e.Records[3].Change.Keys = map[string]events.DynamoDBAttributeValue{"id": events.NewNumberAttribute("1")}
	s := lambda.Stream{Prefix: "event#", Log: quiet, Take: func(context.Context, string, []string) error { return nil }}
	if _, err := s.Handle(t.Context(), e); err == nil {
		t.Error("it was accepted")
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	const first, second = "059f36b4-87a3-44ab-83d2-661975830a7d", "2e1424d4-f796-459a-8184-9c92662be6da"
	for _, tt := range []struct {
		name     string
		fails    string // in bodies that can't be consumed
		poisoned string // in bodies that nobody can consume
		consumed []string
		want     []string
	}{
		{name: "together", consumed: []string{`{"id":"first"}{"id":"second"}`}},
		{name: "one fails", fails: "second", consumed: []string{`{"id":"first"}`}, want: []string{second}},
		{name: "the first fails", fails: "first", consumed: []string{`{"id":"second"}`}, want: []string{first}},
		{name: "all fail", fails: "id", want: []string{first, second}},
		{name: "one is no event", poisoned: "first", consumed: []string{`{"id":"second"}`}, want: []string{first}},
		{name: "none is an event", poisoned: "id", want: []string{first, second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var consumed []string
			q := newQueue(tt.poisoned, tt.fails, &consumed)
			answer, err := q.Handle(t.Context(), read[events.SQSEvent](t, "queue.json"))
			if err != nil {
				t.Fatal(err)
			}
			if answer.BatchItemFailures == nil {
				t.Error("the list of failures is null")
			}
			var failed []string
			for _, f := range answer.BatchItemFailures {
				failed = append(failed, f.ItemIdentifier)
			}
			if diff := cmp.Diff([][]string{tt.consumed, tt.want}, [][]string{consumed, failed}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// newQueue makes a queue that adds what it consumes to consumed, but for bodies that
// hold certain words: poisoned, or those at which consuming fails.
func newQueue(poisoned, fails string, consumed *[]string) lambda.Queue {
	without := func(words, body string) error {
		if words != "" && strings.Contains(body, words) {
			return errBroken
		}
		return nil
	}
	return lambda.Queue{
		Log:   quiet,
		Check: func(body []byte) error { return without(poisoned, string(body)) },
		Consume: func(_ context.Context, bodies [][]byte) error {
			all := string(bytes.Join(bodies, nil))
			err := without(fails, all)
			if err == nil {
				*consumed = append(*consumed, all)
			}
			return err
		},
	}
}
