package eventbridgepubsub_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"

	"promptz/internal/gocdk/eventbridgepubsub"
)

func TestOnlyRefusedEntriesAreSentAgain(t *testing.T) {
	t.Parallel()
	b := &bridge{refuse: func(n int, text string) string {
		switch {
		case n == 1 && text == "3":
			return "ThrottlingException"
		case n <= 2 && text == "7":
			return "InternalFailure"
		}
		return ""
	}}
	topic, pauses := b.open(t, 10, eventbridgepubsub.TopicOptions{})
	messages := texts(digits...)
	ids := make([]string, len(messages))
	for i, m := range messages {
		m.AfterSend = func(as func(any) bool) error {
			var result types.PutEventsResultEntry
			if as(&result) {
				ids[i] = *result.EventId
			}
			return nil
		}
	}
	for i, err := range send(t, topic, messages...) {
		if err != nil {
			t.Errorf("message %d: %v", i, err)
		}
		if want := "event of " + digits[i]; ids[i] != want {
			t.Errorf("message %d became the %q, want %q", i, ids[i], want)
		}
	}
	if diff := cmp.Diff([][]string{digits, {"3", "7"}, {"7"}}, b.requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1, 2}, *pauses); diff != "" {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}
}

func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code string
		want gcerrors.ErrorCode
	}{
		{"MalformedDetail", gcerrors.InvalidArgument},
		{"InvalidArgument", gcerrors.InvalidArgument},
		{"NotAuthorizedForSourceException", gcerrors.PermissionDenied},
		{"NotAuthorizedForDetailTypeException", gcerrors.PermissionDenied},
		{"AccessDeniedException", gcerrors.PermissionDenied},
		{"ResourceNotFoundException", gcerrors.NotFound},
		{"SomethingNew", gcerrors.Unknown},
	} {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			b := &bridge{refuse: func(_ int, text string) string {
				if text == "b" {
					return c.code
				}
				return ""
			}}
			topic, _ := b.open(t, 3, eventbridgepubsub.TopicOptions{})
			messages := texts("a", "b", "c")
			messages[0].AfterSend = func(func(any) bool) error {
				t.Error("AfterSend is called for a batch that failed")
				return nil
			}
			// The portable type gives all of a batch the same error.
			for i, err := range send(t, topic, messages...) {
				var api smithy.APIError
				if gcerrors.Code(err) != c.want || !topic.ErrorAs(err, &api) || api.ErrorCode() != c.code {
					t.Errorf("message %d: error %v with code %v, want %s with code %v", i, err, gcerrors.Code(err), c.code, c.want)
				}
			}
			if diff := cmp.Diff([][]string{{"a", "b", "c"}}, b.requests); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGivenUpAfterSixAttempts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		bridge *bridge
		want   gcerrors.ErrorCode
	}{
		{"an entry", &bridge{refuse: func(int, string) string { return "ThrottlingException" }}, gcerrors.ResourceExhausted},
		{"a request", &bridge{fail: func(_ int, w http.ResponseWriter) bool { return refuseAll(w, 400, "ThrottlingException") }}, gcerrors.ResourceExhausted},
		{"a proxy", &bridge{fail: func(_ int, w http.ResponseWriter) bool { return refuseAll(w, 502, "BadGateway") }}, gcerrors.Internal},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			topic, pauses := c.bridge.open(t, 1, eventbridgepubsub.TopicOptions{})
			if err := send(t, topic, texts("a")...)[0]; gcerrors.Code(err) != c.want {
				t.Errorf("error %v with code %v, want %v", err, gcerrors.Code(err), c.want)
			}
			if len(c.bridge.requests) != 6 {
				t.Errorf("%d requests, want 6", len(c.bridge.requests))
			}
			if diff := cmp.Diff([]int{1, 2, 3, 4, 5}, *pauses); diff != "" {
				t.Errorf("pauses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequestsThatFailAsAWhole(t *testing.T) {
	t.Parallel()
	// hangUp ends the connection without an answer.
	hangUp := func(_ int, w http.ResponseWriter) bool {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_ = conn.Close()
		return true
	}
	answer := func(status int, code string) func(int, http.ResponseWriter) bool {
		return func(_ int, w http.ResponseWriter) bool { return refuseAll(w, status, code) }
	}
	for _, c := range []struct {
		name     string
		fail     func(int, http.ResponseWriter) bool
		requests int // of which the last is answered well, if it may be sent again
		want     gcerrors.ErrorCode
	}{
		{"throttled", answer(400, "ThrottlingException"), 3, gcerrors.OK},
		{"internal", answer(500, "InternalException"), 3, gcerrors.OK},
		{"unavailable", answer(503, "ServiceUnavailable"), 3, gcerrors.OK},
		{"a proxy's", answer(502, "BadGateway"), 3, gcerrors.OK},
		{"hung up", hangUp, 3, gcerrors.OK},
		{"denied", answer(400, "AccessDeniedException"), 1, gcerrors.PermissionDenied},
		{"expired", answer(400, "ExpiredTokenException"), 1, gcerrors.PermissionDenied},
		{"not valid", answer(400, "ValidationException"), 1, gcerrors.InvalidArgument},
		{"too large", answer(413, ""), 1, gcerrors.InvalidArgument},
		{"results missing", func(_ int, w http.ResponseWriter) bool {
			_, err := w.Write([]byte(`{"Entries":[{"EventId":"1"}]}`))
			return err == nil
		}, 1, gcerrors.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &bridge{fail: func(n int, w http.ResponseWriter) bool { return n < 3 && c.fail(n, w) }}
			topic, _ := b.open(t, 2, eventbridgepubsub.TopicOptions{})
			for i, err := range send(t, topic, texts("a", "b")...) {
				if gcerrors.Code(err) != c.want {
					t.Errorf("message %d: error %v with code %v, want %v", i, err, gcerrors.Code(err), c.want)
				}
			}
			if len(b.requests) != c.requests {
				t.Errorf("%d requests, want %d", len(b.requests), c.requests)
			}
		})
	}
}

func TestShutdownEndsAPause(t *testing.T) {
	t.Parallel()
	var once sync.Once
	paused := make(chan struct{})
	b := &bridge{refuse: func(int, string) string { return "ThrottlingException" }}
	topic, _ := b.open(t, 1, eventbridgepubsub.TopicOptions{Backoff: func(int) time.Duration {
		once.Do(func() { close(paused) })
		return time.Hour
	}})
	sent := make(chan error)
	go func() { sent <- topic.Send(t.Context(), &pubsub.Message{}) }()
	<-paused
	now, cancel := context.WithCancel(t.Context())
	cancel()
	if err := topic.Shutdown(now); err == nil {
		t.Error("shutdown says all was sent")
	}
	err := <-sent
	var api smithy.APIError
	if gcerrors.Code(err) != gcerrors.Canceled || !topic.ErrorAs(err, &api) || api.ErrorCode() != "ThrottlingException" {
		t.Errorf("error %v with code %v, want Canceled and what it was about", err, gcerrors.Code(err))
	}
	if len(b.requests) != 1 {
		t.Errorf("%d requests, want 1", len(b.requests))
	}
}

func TestBusIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		describe  func(int, http.ResponseWriter) bool
		described int // for two messages
		sent      int
		want      gcerrors.ErrorCode
	}{
		{"there", nil, 1, 2, gcerrors.OK},
		{"not there", func(_ int, w http.ResponseWriter) bool { return refuseAll(w, 400, "ResourceNotFoundException") }, 2, 0, gcerrors.NotFound},
		{"nobody may know", func(_ int, w http.ResponseWriter) bool { return refuseAll(w, 400, "AccessDeniedException") }, 1, 2, gcerrors.OK},
		{"busy at first", func(n int, w http.ResponseWriter) bool {
			return n == 1 && refuseAll(w, 400, "ThrottlingException")
		}, 2, 2, gcerrors.OK},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &bridge{describe: c.describe}
			topic, _ := b.open(t, 1, eventbridgepubsub.TopicOptions{})
			for range 2 {
				if err := topic.Send(t.Context(), &pubsub.Message{}); gcerrors.Code(err) != c.want {
					t.Errorf("error %v with code %v, want %v", err, gcerrors.Code(err), c.want)
				}
			}
			if b.described != c.described || len(b.requests) != c.sent {
				t.Errorf("asked %d times and sent %d, want %d and %d", b.described, len(b.requests), c.described, c.sent)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for n, limit := range map[int]time.Duration{
		1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 5: 1600 * time.Millisecond, 6: 3200 * time.Millisecond, 7: 5 * time.Second, 100: 5 * time.Second,
	} {
		shortest, longest := limit, time.Duration(0)
		for range 1000 {
			d := eventbridgepubsub.Backoff(n)
			if d <= 0 || d > limit {
				t.Fatalf("pause %d takes %v, want up to %v", n, d, limit)
			}
			shortest, longest = min(shortest, d), max(longest, d)
		}
		if shortest > limit/10 || longest < limit*9/10 {
			t.Errorf("pause %d takes %v to %v, want anything up to %v", n, shortest, longest, limit)
		}
	}
}
