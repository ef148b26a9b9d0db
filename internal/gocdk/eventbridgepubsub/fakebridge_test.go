package eventbridgepubsub_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/batcher"

	"promptz/internal/awstest"
	"promptz/internal/gocdk/eventbridgepubsub"
)

// bridge answers EventBridge's API by a script: no emulator refuses chosen
// entries, has a limit of size, or is ever busy.
type bridge struct {
	// refuse gives the error code of an entry, "" to take it. n is the number of
	// the request, from 1 on.
	refuse func(n int, text string) string
	// fail answers a whole request; it tells whether it did.
	fail func(n int, w http.ResponseWriter) bool
	// describe answers DescribeEventBus; nil is that the bus is there.
	describe func(n int, w http.ResponseWriter) bool

	mu        sync.Mutex
	requests  [][]string // the texts of each, sorted
	sizes     []int      // their bytes as AWS counts them
	described int
}

// putRequest is the body of PutEvents.
type putRequest struct {
	Entries []struct{ Source, DetailType, Detail, EventBusName string }
}

func (b *bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	switch operation := r.Header.Get("X-Amz-Target"); operation {
	case "AWSEvents.DescribeEventBus":
		if b.described++; b.describe == nil || !b.describe(b.described, w) {
			_, _ = io.WriteString(w, `{"Name":"events"}`)
		}
	case "AWSEvents.PutEvents":
		b.put(w, body)
	default:
		panic("nobody asked for " + operation)
	}
}

func (b *bridge) put(w http.ResponseWriter, body []byte) {
	var request putRequest
	if err := json.Unmarshal(body, &request); err != nil {
		panic(err)
	}
	var texts []string
	size := 0
	var results []map[string]string
	n := len(b.requests) + 1
	for _, e := range request.Entries {
		m := unwrap(e.Source, e.DetailType, e.Detail)
		texts = append(texts, string(m.Body))
		size += len(e.Source) + len(e.DetailType) + len(e.Detail)
		result := map[string]string{"EventId": "event of " + string(m.Body)}
		if b.refuse != nil {
			if code := b.refuse(n, string(m.Body)); code != "" {
				result = map[string]string{"ErrorCode": code, "ErrorMessage": "as told"}
			}
		}
		results = append(results, result)
	}
	slices.Sort(texts)
	b.requests, b.sizes = append(b.requests, texts), append(b.sizes, size)
	if b.fail != nil && b.fail(n, w) {
		return
	}
	if err := json.NewEncoder(w).Encode(map[string]any{"Entries": results}); err != nil {
		panic(err)
	}
}

// unwrap takes a message out of an entry, as if it had been delivered.
func unwrap(source, detailType, detail string) eventbridgepubsub.Message {
	m, err := eventbridgepubsub.Unwrap(delivered(source, detailType, detail))
	if err != nil {
		panic(err)
	}
	return m
}

// delivered is the event that a rule makes of an entry.
func delivered(source, detailType, detail string) []byte {
	text, err := json.Marshal(map[string]any{
		"version": "0", "id": "01933b1c", "detail-type": detailType, "source": source, "account": "123456789012",
		"time": "2026-11-24T08:00:00Z", "region": "eu-central-1", "resources": []string{}, "detail": json.RawMessage(detail),
	})
	if err != nil {
		panic(err)
	}
	return text
}

// refuseAll answers with an error of AWS's.
func refuseAll(w http.ResponseWriter, status int, code string) bool {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":%q,"message":"as told"}`, code)
	return true
}

// open opens a topic on the bridge. It sends nothing before size messages wait,
// and pauses not at all: the numbers of its pauses are added to pauses.
func (b *bridge) open(t *testing.T, size int, o eventbridgepubsub.TopicOptions) (topic *pubsub.Topic, pauses *[]int) {
	t.Helper()
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	pauses = new([]int)
	if o.Backoff == nil {
		o.Backoff = func(n int) time.Duration { *pauses = append(*pauses, n); return 0 }
	}
	o.BatcherOptions = batcher.Options{MinBatchSize: size, MaxHandlers: 1}
	topic, err := eventbridgepubsub.OpenTopic(eventbridge.NewFromConfig(awstest.Config(server.URL)), "events", &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { topic.Shutdown(t.Context()) })
	return topic, pauses
}

// send sends messages together, and gives the error of each.
func send(t *testing.T, topic *pubsub.Topic, messages ...*pubsub.Message) []error {
	t.Helper()
	errs := make([]error, len(messages))
	var sending sync.WaitGroup
	for i, m := range messages {
		sending.Go(func() { errs[i] = topic.Send(t.Context(), m) })
	}
	sending.Wait()
	return errs
}

// texts makes a message of each text.
func texts(some ...string) []*pubsub.Message {
	var messages []*pubsub.Message
	for _, s := range some {
		messages = append(messages, &pubsub.Message{Body: []byte(s)})
	}
	return messages
}

// digits are ten texts.
var digits = strings.Split("0123456789", "")
