package stepfunctions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

var one = promptz.ExecutionRef{Machine: "welcome", Name: "one"}

func TestStart(t *testing.T) {
	t.Parallel()
	r, f := newFake(t, ok(`{"executionArn":"x","startDate":1}`), refusal("ExecutionAlreadyExists"))
	for range 2 { // again, as when the event is delivered twice
		if err := r.Start(t.Context(), "welcome", "one", json.RawMessage(`{"a":1}`)); err != nil {
			t.Fatal(err)
		}
	}
	start := asked{"StartExecution", map[string]any{"stateMachineArn": machineARN + "welcome", "name": "one", "input": `{"a":1}`}}
	if diff := cmp.Diff([]asked{start, start}, f.asked); diff != "" {
		t.Error(diff)
	}
}

// What no runner takes costs no request.
func TestNothingIsAsked(t *testing.T) {
	t.Parallel()
	r, f := newFake(t, ok(`{}`))
	wantCode(t, "name", r.Start(t.Context(), "welcome", "a b", json.RawMessage(`{}`)), promptz.CodeNotValid)
	wantCode(t, "input", r.Start(t.Context(), "welcome", "one", nil), promptz.CodeNotValid)
	wantCode(t, "machine", r.Start(t.Context(), "welcome:1", "one", json.RawMessage(`{}`)), promptz.CodeNotFound)
	wantCode(t, "execution", r.Retry(t.Context(), promptz.ExecutionRef{Machine: "welcome", Name: "one:x"}), promptz.CodeNotFound)
	for _, filter := range []promptz.ExecutionFilter{
		{Machine: "welcome", Status: "aborted", Limit: 1},
		{Machine: "welcome", Status: promptz.ExecutionRunning, Limit: 1, Position: "FAILED:x"},
		{Machine: "welcome", Status: promptz.ExecutionRunning, Limit: 1, Position: "x"},
	} {
		_, err := r.FindExecutions(t.Context(), filter)
		wantCode(t, fmt.Sprint(filter), err, promptz.CodeNotValid)
	}
	if len(f.asked) != 0 {
		t.Errorf("asked for %v", f.asked)
	}
}

func TestErrorsOfAWS(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer answer
		want   promptz.Code
	}{
		{"no machine", refusal("StateMachineDoesNotExist"), promptz.CodeNotFound},
		{"a machine that goes", refusal("StateMachineDeleting"), promptz.CodeNotFound},
		{"no execution", refusal("ExecutionDoesNotExist"), promptz.CodeNotFound},
		{"not to be redriven", refusal("ExecutionNotRedrivable"), promptz.CodeConflict},
		{"an old token", refusal("InvalidToken"), promptz.CodeNotValid},
		{"throttled", refusal("ThrottlingException"), promptz.CodeUnavailable},
		{"throttled in other words", refusal("RequestLimitExceeded"), promptz.CodeUnavailable},
		{"a million run", refusal("ExecutionLimitExceeded"), promptz.CodeUnavailable},
		{"keys are throttled", refusal("KmsThrottlingException"), promptz.CodeUnavailable},
		{"AWS's own fault", answer{http.StatusInternalServerError, `{"__type":"InternalFailure"}`}, promptz.CodeUnavailable},
		{"no JSON", answer{http.StatusBadGateway, `<html>`}, promptz.CodeUnavailable},
		{"not allowed", refusal("AccessDeniedException"), promptz.CodeInternal},
		{"not an ARN", refusal("InvalidArn"), promptz.CodeInternal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, _ := newFake(t, tt.answer)
			wantCode(t, "start", r.Start(t.Context(), "welcome", "one", json.RawMessage(`{}`)), tt.want)
			wantCode(t, "retry", r.Retry(t.Context(), one), tt.want)
			_, err := r.FindExecution(t.Context(), one)
			wantCode(t, "find", err, tt.want)
			_, err = r.FindHistory(t.Context(), one)
			wantCode(t, "history", err, tt.want)
			_, err = r.FindExecutions(t.Context(), promptz.ExecutionFilter{Machine: "welcome", Status: promptz.ExecutionRunning, Limit: 1})
			wantCode(t, "list", err, tt.want)
		})
	}
	wantCode(t, "nobody there", runnerAt("http://127.0.0.1:1").Retry(t.Context(), one), promptz.CodeUnavailable)
}

func wantCode(t *testing.T, what string, err error, want promptz.Code) {
	t.Helper()
	if got := promptz.ErrorCode(err); got != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

// A start that is throttled is tried again, under the same name.
func TestThrottledThenTaken(t *testing.T) {
	t.Parallel()
	r, f := newFake(t, refusal("ThrottlingException"), answer{http.StatusServiceUnavailable, `{}`}, ok(`{"executionArn":"x","startDate":1}`))
	if err := r.Start(t.Context(), "welcome", "one", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	if len(f.asked) != 3 || !cmp.Equal(f.asked[0], f.asked[2]) {
		t.Errorf("asked for %v", f.asked)
	}
}

func TestFindExecution(t *testing.T) {
	t.Parallel()
	started, stopped := time.Date(2026, 11, 24, 12, 0, 0, 250e6, time.UTC), time.Date(2026, 11, 24, 12, 1, 0, 0, time.UTC)
	described := func(status, rest string) answer {
		return ok(fmt.Sprintf(`{"executionArn":"x","stateMachineArn":"y","name":"one","status":%q,"startDate":%d.25,"input":"{ \"a\" : \"<b>\" }"%s}`, status, started.Unix(), rest))
	}
	stop := fmt.Sprintf(`,"stopDate":%d`, stopped.Unix())
	running := promptz.Execution{Machine: "welcome", Name: "one", Status: promptz.ExecutionRunning, Input: json.RawMessage(`{"a":"<b>"}`), StartedAt: started}
	ended := func(status promptz.ExecutionStatus, output, failure, cause string) promptz.Execution {
		e := running
		e.Status, e.StoppedAt, e.Error, e.Cause = status, stopped, failure, cause
		if output != "" {
			e.Output = json.RawMessage(output)
		}
		return e
	}
	for _, tt := range []struct {
		name   string
		answer answer
		want   promptz.Execution
	}{
		{"runs", described("RUNNING", ""), running},
		{"awaits a redrive", described("PENDING_REDRIVE", ""), running},
		{"well", described("SUCCEEDED", stop+`,"output":"[1, 2]"`), ended(promptz.ExecutionSucceeded, `[1,2]`, "", "")},
		{"failed", described("FAILED", stop+`,"error":"NotSafe","cause":"{\"errorMessage\":\"a key\",\"errorType\":\"NotSafe\"}"`), ended(promptz.ExecutionFailed, "", "NotSafe", "a key")},
		{"failed without a name", described("FAILED", stop+`,"error":"TaskFailed","cause":"{\"errorMessage\":\"disk\",\"errorType\":\"TaskFailed\"}"`), ended(promptz.ExecutionFailed, "", "States.TaskFailed", "disk")},
		{"failed by itself", described("FAILED", stop+`,"error":"States.Runtime","cause":"no path"`), ended(promptz.ExecutionFailed, "", "States.Runtime", "no path")},
		{"a cause that is JSON", described("FAILED", stop+`,"error":"A","cause":"{\"errorMessage\":\"a\",\"errorType\":\"B\"}"`), ended(promptz.ExecutionFailed, "", "A", `{"errorMessage":"a","errorType":"B"}`)},
		{"aborted", described("ABORTED", stop+`,"error":"ByHand","cause":"too long"`), ended(promptz.ExecutionFailed, "", "ByHand", "too long")},
		{"timed out", described("TIMED_OUT", stop), ended(promptz.ExecutionTimedOut, "", "States.Timeout", "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, f := newFake(t, tt.answer)
			e, err := r.FindExecution(t.Context(), one)
			if diff := cmp.Diff(&tt.want, e); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
			want := []asked{{"DescribeExecution", map[string]any{"executionArn": executionARN + "welcome:one"}}}
			if diff := cmp.Diff(want, f.asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRetryRedrives(t *testing.T) {
	t.Parallel()
	r, f := newFake(t, ok(`{"redriveDate":1}`))
	if err := r.Retry(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if len(f.asked) != 1 || f.asked[0].Operation != "RedriveExecution" || f.asked[0].Input["executionArn"] != executionARN+"welcome:one" {
		t.Errorf("asked for %v", f.asked)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r, f := newFake(t, ok(`{}`))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	select {
	case <-done:
		t.Error("it ended by itself")
	default:
	}
	cancel()
	<-done
	if len(f.asked) != 0 {
		t.Errorf("asked for %v", f.asked)
	}
}
