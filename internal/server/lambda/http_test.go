package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"promptz/internal/promptz"
	"promptz/internal/server"
	"promptz/internal/server/lambda"
)

func marshal(t testing.TB, e events.APIGatewayV2HTTPRequest) []byte {
	t.Helper()
	payload, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// A handler that panics answers for itself alone, whatever it had written.
func TestPanic(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]any{"a panic": errors.New("boom"), "an answer broken off": http.ErrAbortHandler} {
		got := invoke(t.Context(), t, adapter(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1"`)
			io.WriteString(w, "half an ans")
			panic(fault)
		}), httpEvent(t, nil))
		if got.Status != 500 || got.Body != "internal" || got.Header.Get("ETag") != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A handler's time ends a second before the invocation's, and one that does not
// heed that is not waited for.
func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begin := time.Now()
		got := invoke(ctx, t, adapter(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			w.WriteHeader(http.StatusGatewayTimeout)
		}), httpEvent(t, nil))
		if took := time.Since(begin); got.Status != http.StatusGatewayTimeout || took != 9*time.Second {
			t.Errorf("who heeds it answered %d after %v", got.Status, took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begin := time.Now()
		ended := make(chan struct{})
		got := invoke(ctx, t, adapter(func(w http.ResponseWriter, _ *http.Request) {
			<-ended
			io.WriteString(w, "too late")
		}), httpEvent(t, nil))
		if took := time.Since(begin); got.Status != 503 || got.Body != "unavailable" || took != 9500*time.Millisecond {
			t.Errorf("who does not heed it: %d %q after %v", got.Status, got.Body, took)
		}
		close(ended)
	})
}

// What a handler leaves is done before the answer, within the handler's time.
func TestFinish(t *testing.T) {
	t.Parallel()
	var did []string
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	h := lambda.NewHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		did = append(did, "handle")
		io.WriteString(w, "ok")
	}), lambda.HTTPOptions{Refuse: refuse, Log: quiet, Finish: func(ctx context.Context) {
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 59*time.Second {
			t.Errorf("finishing has until %v", deadline)
		}
		did = append(did, "finish")
	}})
	got := invoke(ctx, t, h, httpEvent(t, nil))
	if want := []string{"handle", "finish"}; !slices.Equal(did, want) || got.Body != "ok" {
		t.Errorf("did %v and answered %+v", did, got)
	}
}

// The invocation's id is the request's, also in what the adapter refuses; what a
// caller says it is not asked.
func TestRequestID(t *testing.T) {
	t.Parallel()
	const id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: id})
	e := httpEvent(t, func(e *events.APIGatewayV2HTTPRequest) { e.Headers["x-request-id"] = "somebody-elses" })
	var inHandler, inProblem string
	h := lambda.NewHTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		inHandler = server.RequestID(r.Context())
		panic("boom")
	}), lambda.HTTPOptions{Log: quiet, Refuse: func(w http.ResponseWriter, r *http.Request, code promptz.Code, _ string) {
		inProblem = server.RequestID(r.Context())
		refuse(w, r, code, "")
	}})
	got := invoke(ctx, t, h, e)
	if inHandler != id || inProblem != id || got.Header.Get("X-Request-Id") != id {
		t.Errorf("handler %q, problem %q, answer %q", inHandler, inProblem, got.Header.Get("X-Request-Id"))
	}
}
