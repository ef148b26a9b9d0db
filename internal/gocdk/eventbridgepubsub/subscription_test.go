package eventbridgepubsub_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
	"gocloud.dev/pubsub"

	"promptz/internal/awstest"
	"promptz/internal/gocdk/eventbridgepubsub"
)

// queue answers SQS's API by a script: no emulator is ever busy, or fails chosen
// entries of a batch.
type queue struct {
	bodies []string // are received once, one at a time
	busy   int      // so many receives fail before
	refuse []string // codes for entries of the batches that come, one after another

	mu      sync.Mutex
	urls    []string // by which it was asked for messages
	waits   []int
	batches []string // operations that went well
}

func (q *queue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	switch operation := r.Header.Get("X-Amz-Target"); operation {
	case "AmazonSQS.ReceiveMessage":
		q.receive(w, body)
	default:
		q.batch(w, operation)
	}
}

func (q *queue) receive(w http.ResponseWriter, body []byte) {
	var request struct {
		QueueUrl        string
		WaitTimeSeconds int
	}
	if err := json.Unmarshal(body, &request); err != nil {
		panic(err)
	}
	q.urls, q.waits = append(q.urls, request.QueueUrl), append(q.waits, request.WaitTimeSeconds)
	if q.busy > 0 {
		q.busy--
		refuseAll(w, 503, "ServiceUnavailable")
		return
	}
	var messages []map[string]string
	if len(q.bodies) > 0 {
		n := strconv.Itoa(len(q.waits))
		messages = []map[string]string{{"MessageId": n, "ReceiptHandle": n, "Body": q.bodies[0]}}
		q.bodies = q.bodies[1:]
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"Messages": messages})
}

func (q *queue) batch(w http.ResponseWriter, operation string) {
	var failed []map[string]any
	if len(q.refuse) > 0 {
		failed = []map[string]any{{"Id": "0", "Code": q.refuse[0], "SenderFault": false, "Message": "as told"}}
		q.refuse = q.refuse[1:]
	} else {
		q.batches = append(q.batches, operation)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"Successful": []any{}, "Failed": failed})
}

// open opens a subscription on the queue, whose client never tries again by
// itself.
func (q *queue) open(t *testing.T, o *eventbridgepubsub.SubscriptionOptions) *pubsub.Subscription {
	t.Helper()
	server := httptest.NewServer(q)
	t.Cleanup(server.Close)
	cfg := awstest.Config(server.URL)
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	s, err := eventbridgepubsub.OpenSubscription(sqs.NewFromConfig(cfg), server.URL+"/123456789012/queue", o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestABusyQueueIsNoEnd(t *testing.T) {
	t.Parallel()
	q := &queue{busy: 2, bodies: []string{string(delivered("s", "t", `{"pubsub":1,"text":"a"}`))}}
	s := q.open(t, nil)
	m, err := s.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(m.Body); got != "a" {
		t.Errorf("got %q, want a", got)
	}
	m.Ack()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAcknowledging(t *testing.T) {
	t.Parallel()
	const deletes, changes = "AmazonSQS.DeleteMessageBatch", "AmazonSQS.ChangeMessageVisibilityBatch"
	for _, c := range []struct {
		name   string
		end    func(*pubsub.Message)
		refuse []string
		want   []string
		fails  bool
	}{
		{"ack", (*pubsub.Message).Ack, nil, []string{deletes}, false},
		{"nack", (*pubsub.Message).Nack, nil, []string{changes}, false},
		{"ack when busy", (*pubsub.Message).Ack, []string{"InternalError", "InternalError"}, []string{deletes}, false},
		{"nack when busy", (*pubsub.Message).Nack, []string{"InternalError"}, []string{changes}, false},
		{"ack twice", (*pubsub.Message).Ack, []string{"ReceiptHandleIsInvalid"}, nil, false},
		{"nack too late", (*pubsub.Message).Nack, []string{"InvalidParameterValue"}, nil, false},
		{"nack after the time was over", (*pubsub.Message).Nack, []string{"MessageNotInflight"}, nil, false},
		{"ack denied", (*pubsub.Message).Ack, []string{"AccessDenied"}, nil, true},
		{"nack denied", (*pubsub.Message).Nack, []string{"AccessDenied"}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q := &queue{bodies: []string{"a"}, refuse: c.refuse}
			s := q.open(t, nil)
			m, err := s.Receive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.end(m)
			if err := s.Shutdown(t.Context()); (err != nil) != c.fails {
				t.Errorf("error %v, want one: %t", err, c.fails)
			}
			if diff := cmp.Diff(c.want, q.batches); diff != "" {
				t.Errorf("what went well (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatCannotBeUnwrappedComesAsItIs(t *testing.T) {
	t.Parallel()
	body := string(delivered("s", "t", `{"pubsub":2}`))
	s := (&queue{bodies: []string{body}}).open(t, nil)
	m, err := s.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m.Ack()
	if got := string(m.Body); got != body {
		t.Errorf("got %s, want %s", got, body)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wait time.Duration
		want int // seconds, 0 is not allowed
	}{
		{0, 1}, {time.Second, 1}, {20 * time.Second, 20}, {time.Millisecond, 0}, {1500 * time.Millisecond, 0}, {21 * time.Second, 0}, {-time.Second, 0},
	} {
		t.Run(c.wait.String(), func(t *testing.T) {
			t.Parallel()
			o := &eventbridgepubsub.SubscriptionOptions{Wait: c.wait}
			if c.want == 0 {
				if _, err := eventbridgepubsub.OpenSubscription(nil, "https://example.com/q", o); err == nil {
					t.Error("no error")
				}
				return
			}
			q := &queue{bodies: []string{"a"}}
			s := q.open(t, o)
			m, err := s.Receive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			m.Ack()
			_ = s.Shutdown(t.Context())
			if !slices.Contains(q.waits, c.want) || slices.Max(q.waits) != slices.Min(q.waits) {
				t.Errorf("waits %d seconds, want %d", q.waits, c.want)
			}
		})
	}
}
