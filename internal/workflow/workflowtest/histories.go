package workflowtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// testHistoryOfStates looks at the events that every engine writes, with all that
// they say.
func testHistoryOfStates(t *testing.T, f *fixture) {
	f.end(t, "two", "history", `{"go":true}`)
	events := f.history(t, promptz.ExecutionRef{Machine: "two", Name: "history"})
	const first, second = `{"go":true,"first":"history/A"}`, `{"go":true,"first":"history/A","second":"history/B"}`
	const third = `{"go":true,"first":"history/A","second":"history/B","third":"<done>"}`
	want := []told{
		{"ExecutionStarted", decode(t, []byte(`{"input":{"go":true}}`))},
		{"TaskStateEntered", decode(t, []byte(`{"name":"A","input":{"go":true}}`))},
		{"TaskStateExited", decode(t, []byte(`{"name":"A","output":`+first+`}`))},
		{"TaskStateEntered", decode(t, []byte(`{"name":"B","input":`+first+`}`))},
		{"TaskStateExited", decode(t, []byte(`{"name":"B","output":`+second+`}`))},
		{"ChoiceStateEntered", decode(t, []byte(`{"name":"C","input":`+second+`}`))},
		{"ChoiceStateExited", decode(t, []byte(`{"name":"C","output":`+second+`}`))},
		{"PassStateEntered", decode(t, []byte(`{"name":"D","input":`+second+`}`))},
		{"PassStateExited", decode(t, []byte(`{"name":"D","output":`+third+`}`))},
		{"SucceedStateEntered", decode(t, []byte(`{"name":"E","input":`+third+`}`))},
		{"SucceedStateExited", decode(t, []byte(`{"name":"E","output":`+third+`}`))},
		{"ExecutionSucceeded", decode(t, []byte(`{"output":`+third+`}`))},
	}
	var got []told
	for i, event := range events {
		if event.ID != i+1 || event.At.IsZero() || i > 0 && event.At.Before(events[i-1].At) {
			t.Errorf("the event after %d has the number %d and the time %v", i, event.ID, event.At)
		}
		if strings.Contains(event.Type, "State") || strings.HasPrefix(event.Type, "Execution") {
			got = append(got, told{event.Type, decode(t, event.Details)})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// told is an event without its number and time.
type told struct {
	Type    string
	Details any
}

// testHistoryOfTasks looks at what a history says of the activities that were
// called.
func testHistoryOfTasks(t *testing.T, f *fixture) {
	for _, tt := range []struct {
		machine, input, want string
		failed               map[string]any
	}{
		{"echo", `{"a":"<b>"}`, `ExecutionStarted TaskStateEntered
			LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited ExecutionSucceeded`, nil},
		{"fail", `{"how":"named","name":"NotSafe","cause":"a key"}`, `ExecutionStarted TaskStateEntered
			LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionFailed ExecutionFailed`, map[string]any{"error": "NotSafe", "cause": "a key"}},
	} {
		f.end(t, tt.machine, "tasks", tt.input)
		var types []string
		for _, event := range f.history(t, promptz.ExecutionRef{Machine: tt.machine, Name: "tasks"}) {
			types = append(types, event.Type)
			switch event.Type {
			case "LambdaFunctionScheduled":
				d, _ := decode(t, event.Details).(map[string]any)
				input, _ := d["input"].(map[string]any)
				if d["resource"] == nil || input["execution"] != "tasks" || input["state"] != "A" || !cmp.Equal(input["input"], decode(t, []byte(tt.input))) {
					t.Errorf("%s: %s", event.Type, event.Details)
				}
			case "LambdaFunctionStarted":
				if event.Details != nil {
					t.Errorf("%s: %s", event.Type, event.Details)
				}
			case "LambdaFunctionSucceeded":
				if want := `{"output":` + tt.input + `}`; string(event.Details) != want {
					t.Errorf("%s: %s, want %s", event.Type, event.Details, want)
				}
			case "LambdaFunctionFailed":
				if diff := cmp.Diff(tt.failed, decode(t, event.Details)); diff != "" {
					t.Errorf("%s: %s", event.Type, diff)
				}
			}
		}
		if diff := cmp.Diff(strings.Fields(tt.want), types); diff != "" {
			t.Errorf("%s: %s", tt.machine, diff)
		}
	}
}

// testHistoryPrevious looks at what follows what. As Step Functions has it, both the
// start and the first state follow nothing.
func testHistoryPrevious(t *testing.T, f *fixture) {
	f.end(t, "two", "previous", `{"go":true}`)
	for i, event := range f.history(t, promptz.ExecutionRef{Machine: "two", Name: "previous"}) {
		want := i
		if i < 2 {
			want = 0
		}
		if event.Previous != want {
			t.Errorf("event %d, %s, follows %d, want %d", event.ID, event.Type, event.Previous, want)
		}
	}
}
