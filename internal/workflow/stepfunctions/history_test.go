package stepfunctions_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
	"promptz/internal/workflow/workflowtest"
)

// historyMachine calls an activity, waits no time, and fails.
const historyMachine = `{"StartAt":"A","States":{
	"A":{"Type":"Task","Resource":"activity","Parameters":{"activity":"Who","execution.$":"$$.Execution.Name","state.$":"$$.State.Name","input.$":"$"},"ResultPath":"$.name","Next":"W"},
	"W":{"Type":"Wait","Seconds":0,"Next":"B"},
	"B":{"Type":"Task","Resource":"activity","Parameters":{"activity":"Fail","execution.$":"$$.Execution.Name","state.$":"$$.State.Name","input.$":"$"},"End":true}}}`

// awsHistory is what AWS tells of an execution of historyMachine, by the examples of
// its documentation of GetExecutionHistory.
var awsHistory = []map[string]any{
	{"type": "ExecutionStarted", "executionStartedEventDetails": map[string]any{"input": `{ "a": "<b>" }`, "inputDetails": whole, "roleArn": "arn:aws:iam::123456789012:role/x"}},
	{"type": "TaskStateEntered", "stateEnteredEventDetails": map[string]any{"name": "A", "input": `{ "a": "<b>" }`, "inputDetails": whole}},
	{"type": "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails": map[string]any{
		"input": `{"activity":"Who","execution":"one","input":{"a":"<b>"},"state":"A"}`, "inputDetails": whole, "resource": lambdaARN}},
	{"type": "LambdaFunctionStarted"},
	{"type": "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails": map[string]any{"output": `"one/A"`, "outputDetails": whole}},
	{"type": "TaskStateExited", "stateExitedEventDetails": map[string]any{"name": "A", "output": `{"a":"<b>","name":"one/A"}`, "outputDetails": whole}},
	{"type": "WaitStateEntered", "stateEnteredEventDetails": map[string]any{"name": "W", "input": `{"a":"<b>","name":"one/A"}`, "inputDetails": whole}},
	{"type": "WaitStateExited", "stateExitedEventDetails": map[string]any{"name": "W", "output": `{"a":"<b>","name":"one/A"}`, "outputDetails": whole}},
	{"type": "TaskStateEntered", "stateEnteredEventDetails": map[string]any{"name": "B", "input": `{"a":"<b>","name":"one/A"}`, "inputDetails": whole}},
	{"type": "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails": map[string]any{
		"input": `{"activity":"Fail","execution":"one","input":{"a":"<b>","name":"one/A"},"state":"B"}`, "inputDetails": whole, "resource": lambdaARN}},
	{"type": "LambdaFunctionStarted"},
	{"type": "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails": failed},
	{"type": "ExecutionFailed", "executionFailedEventDetails": failed},
}

const lambdaARN = "arn:aws:lambda:eu-central-1:123456789012:function:promptz-activity"

var (
	whole  = map[string]any{"truncated": false}
	failed = map[string]any{"error": "TaskFailed", "cause": `{"errorMessage":"input of an activity: json: unknown field \"a\"","errorType":"TaskFailed"}`}
)

// historyPages gives events, numbered, in pages of n.
func historyPages(t *testing.T, n int, events []map[string]any) []answer {
	t.Helper()
	var pages []answer
	for from := range slices.Chunk(events, n) {
		numbered := []map[string]any{}
		for i, event := range from {
			id := len(pages)*n + i + 1
			numbered = append(numbered, map[string]any{"id": id, "previousEventId": id - 1, "timestamp": 1795521600.5})
			for key, value := range event {
				numbered[i][key] = value
			}
			if id == 2 {
				numbered[i]["previousEventId"] = 0
			}
		}
		body := map[string]any{"events": numbered}
		if (len(pages)+1)*n < len(events) {
			body["nextToken"] = fmt.Sprint("t", len(pages)+1)
		}
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, ok(string(text)))
	}
	return pages
}

// A history reads alike, whoever ran the machine: but for the function that was
// called, and the times.
func TestHistoryIsLikeLocals(t *testing.T) {
	t.Parallel()
	m, err := workflow.Parse("m", []byte(historyMachine))
	if err != nil {
		t.Fatal(err)
	}
	ref := promptz.ExecutionRef{Machine: "m", Name: "one"}
	want := localHistory(t, m, ref, `{"a":"<b>"}`)
	r, f := newFake(t, historyPages(t, 5, awsHistory)...)
	got, err := r.FindHistory(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	text := cmp.Transformer("text", func(details json.RawMessage) string { return string(details) })
	if diff := cmp.Diff(want, got, text, cmpopts.IgnoreFields(promptz.ExecutionEvent{}, "At")); diff != "" {
		t.Error(diff)
	}
	if at := time.Date(2026, 11, 24, 12, 0, 0, 500e6, time.UTC); !got[0].At.Equal(at) || got[0].At.Location() != time.UTC {
		t.Errorf("the first at %v, want %v", got[0].At, at)
	}
	if len(f.asked) != 3 {
		t.Fatalf("asked for %v, want three pages", f.asked)
	}
	for i, token := range []any{nil, "t1", "t2"} {
		in := f.asked[i].Input
		if f.asked[i].Operation != "GetExecutionHistory" || in["executionArn"] != executionARN+"m:one" || in["nextToken"] != token || in["maxResults"] != 1000. {
			t.Errorf("page %d: asked for %v", i, f.asked[i])
		}
	}
}

// localHistory runs a machine here to its end. Its Tasks' resource is put as AWS has
// it.
func localHistory(t *testing.T, m *workflow.Machine, ref promptz.ExecutionRef, input string) []promptz.ExecutionEvent {
	t.Helper()
	local := workflowtest.OpenLocal(t, []*workflow.Machine{m})
	if err := local.Start(t.Context(), ref.Machine, ref.Name, json.RawMessage(input)); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		e, err := local.FindExecution(t.Context(), ref)
		if err != nil || time.Now().After(late) {
			t.Fatal(e, err)
		}
		if e.Status != promptz.ExecutionRunning {
			break
		}
	}
	events, err := local.FindHistory(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		if events[i].Type == "LambdaFunctionScheduled" {
			events[i].Details = json.RawMessage(string(events[i].Details[:len(events[i].Details)-len(`"activity"}`)]) + `"` + lambdaARN + `"}`)
		}
	}
	return events
}

// Events that Local has no or other ones for.
func TestOtherEvents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		event map[string]any
		want  string
	}{
		{"execution timed out", map[string]any{"type": "ExecutionTimedOut"}, `{"error":"States.Timeout"}`},
		{"execution timed out, says AWS", map[string]any{"type": "ExecutionTimedOut", "executionTimedOutEventDetails": map[string]any{"error": "States.Timeout", "cause": "late"}}, `{"error":"States.Timeout","cause":"late"}`},
		{"task timed out", map[string]any{"type": "LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails": map[string]any{"error": "States.Timeout"}}, `{"error":"States.Timeout"}`},
		{"task timed out without a name", map[string]any{"type": "LambdaFunctionTimedOut"}, `{"error":"States.Timeout"}`},
		{"aborted", map[string]any{"type": "ExecutionAborted", "executionAbortedEventDetails": map[string]any{"error": "ByHand", "cause": "too long"}}, `{"error":"ByHand","cause":"too long"}`},
		{"aborted without a word", map[string]any{"type": "ExecutionAborted", "executionAbortedEventDetails": map[string]any{}}, ``},
		{"not scheduled", map[string]any{"type": "LambdaFunctionScheduleFailed", "lambdaFunctionScheduleFailedEventDetails": map[string]any{"error": "States.Runtime", "cause": "no role"}}, `{"error":"States.Runtime","cause":"no role"}`},
		{"not started", map[string]any{"type": "LambdaFunctionStartFailed", "lambdaFunctionStartFailedEventDetails": map[string]any{"error": "Lambda.TooManyRequestsException"}}, `{"error":"Lambda.TooManyRequestsException"}`},
		{"redriven", map[string]any{"type": "ExecutionRedriven", "executionRedrivenEventDetails": map[string]any{"redriveCount": 1}}, ``},
		{"succeeded", map[string]any{"type": "ExecutionSucceeded", "executionSucceededEventDetails": map[string]any{"output": `{"a": "<b>"}`}}, `{"output":{"a":"<b>"}}`},
		{"no JSON", map[string]any{"type": "ExecutionSucceeded", "executionSucceededEventDetails": map[string]any{"output": `{"a": "<b`}}, `{"output":"{\"a\": \"<b"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, _ := newFake(t, historyPages(t, 1, []map[string]any{tt.event})...)
			events, err := r.FindHistory(t.Context(), one)
			if err != nil || len(events) != 1 || string(events[0].Details) != tt.want || events[0].Type != tt.event["type"] {
				t.Errorf("%v, %s", err, events[0].Details)
			}
		})
	}
}
