package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"promptz/internal/promptz"
	"promptz/internal/server"
)

// How long before the end of an invocation things end, so that there is time to
// say so: a function that is cut off answers a bare 500 at the gateway, and its
// process is gone.
const (
	handlerRoom = time.Second            // the handler's context
	answerRoom  = 500 * time.Millisecond // waiting for a handler that does not heed it
)

// maxAnswer is how many bytes of JSON an answer may have: "6 MB each for request
// and response". See https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const maxAnswer = 6 << 20

// payloadVersion is the format of events that HTTP understands.
const payloadVersion = "2.0"

// HTTP answers the events of an API Gateway HTTP API (payload format 2.0) by an
// ordinary handler. Safe for concurrent use. The format is told at
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
type HTTP struct {
	handler http.Handler
	HTTPOptions
}

// HTTPOptions are what an adapter needs besides its handler.
type HTTPOptions struct {
	// Refuse writes what the adapter itself has to refuse.
	Refuse server.Refuse
	// Finish does what the handler left to do, before its answer goes out; nil is
	// nothing. Its failures are its own: the answer stands.
	Finish func(ctx context.Context)
	Log    *slog.Logger
}

// NewHTTP makes the adapter.
func NewHTTP(handler http.Handler, o HTTPOptions) *HTTP {
	return &HTTP{handler: handler, HTTPOptions: o}
}

// Invoke answers one event. It fails when that is none of an HTTP API, which is a
// mistake of whoever set up the function.
func (h *HTTP) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	if e.Version != payloadVersion || e.RequestContext.HTTP.Method == "" {
		return nil, errors.New("read event: it is none of an HTTP API with payload format " + payloadVersion)
	}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		// The one id that stands in the function's log and in the gateway's.
		ctx = server.WithRequestID(ctx, lc.AwsRequestID)
	}
	r, err := newRequest(ctx, &e)
	if err != nil {
		return nil, err
	}
	answer, err := encode(h.serve(r))
	if err != nil || len(answer) <= maxAnswer {
		return answer, err
	}
	h.Log.ErrorContext(ctx, "an answer was too large for Lambda", "bytes", len(answer))
	return encode(h.refuse(r, promptz.CodeTooLarge, "The answer would be larger than the 6 MB that can be sent here. Ask for less at a time."))
}

// serve lets the handler answer while there is time.
func (h *HTTP) serve(r *http.Request) *recorder {
	patience, stop := within(r.Context(), answerRoom)
	defer stop()
	ctx, cancel := within(r.Context(), handlerRoom)
	defer cancel()
	r = r.WithContext(ctx)
	answered := make(chan *recorder, 1)
	go func() { answered <- h.answer(r) }()
	select {
	case w := <-answered:
		return w
	case <-patience.Done():
		// Its goroutine goes on and answers nobody: better than no answer.
		h.Log.ErrorContext(ctx, "a handler did not end in time")
		return h.refuse(r, promptz.CodeUnavailable, "This took too long. Try again in a few seconds.")
	}
}

// within gives a context that ends room before ctx does. Without a deadline it
// never ends.
func within(ctx context.Context, room time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-room))
}

// answer gives what the handler answers. A panic is an answer too: it must not
// take the process along.
func (h *HTTP) answer(r *http.Request) (w *recorder) {
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		if fault != http.ErrAbortHandler { // whoever aborts has said why
			h.Log.ErrorContext(r.Context(), "a handler panicked", "panic", fault, "stack", string(debug.Stack()))
		}
		// Nothing of a broken answer is out yet, so that a whole one can be.
		w = h.refuse(r, promptz.CodeInternal, "Something failed that should not have. The request id finds it in the log.")
	}()
	w = newRecorder(r.Method)
	h.handler.ServeHTTP(w, r)
	if h.Finish != nil {
		h.Finish(r.Context())
	}
	return w
}

// refuse answers with a problem alone.
func (h *HTTP) refuse(r *http.Request, code promptz.Code, detail string) *recorder {
	w := newRecorder(r.Method)
	if id := server.RequestID(r.Context()); id != "" {
		w.header.Set("X-Request-Id", id)
	}
	h.Refuse(w, r, code, detail)
	return w
}
