package workflowtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

func testNameStartsOnce(t *testing.T, f *fixture) {
	var work sync.WaitGroup
	for range 10 {
		work.Go(func() {
			if err := f.Start(t.Context(), "once", "same", json.RawMessage(`{"n":1}`)); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	f.start(t, "once", "same", `{"n":2}`) // while it runs, perhaps
	f.end(t, "once", "same", `{"n":3}`)
	e := f.end(t, "once", "same", `{"n":1}`)
	if string(e.Input) != `{"n":1}` || string(e.Output) != `{"n":1}` {
		t.Errorf("started by the first input alone, it has the input %s and the output %s", e.Input, e.Output)
	}
	names, _ := f.list(t, promptz.ExecutionFilter{Machine: "once", Status: promptz.ExecutionSucceeded, Limit: 10})
	if diff := cmp.Diff([]string{"same"}, names); diff != "" {
		t.Error(diff)
	}
	starts := 0
	for _, event := range f.history(t, promptz.ExecutionRef{Machine: "once", Name: "same"}) {
		if event.Type == "ExecutionStarted" {
			starts++
		}
	}
	if starts != 1 {
		t.Errorf("it was started %d times", starts)
	}
}

func testNameIsOfItsMachine(t *testing.T, f *fixture) {
	for machine, want := range map[string]string{"echo": `{"a":1}`, "other": `"shared-name/A"`} {
		if e := f.end(t, machine, "shared-name", `{"a":1}`); string(e.Output) != want {
			t.Errorf("%s: %s %s, want %s", machine, e.Status, e.Output, want)
		}
	}
}

func testStartRefuses(t *testing.T, f *fixture) {
	for _, tt := range []struct {
		name, machine, execution, input string
		want                            promptz.Code
	}{
		{"unknown machine", "nowhere", "x", `{}`, promptz.CodeNotFound},
		{"machine with a version", "echo:1", "x", `{}`, promptz.CodeNotFound},
		{"no machine", "", "x", `{}`, promptz.CodeNotFound},
		{"no name", "echo", "", `{}`, promptz.CodeNotValid},
		{"name with a slash", "echo", "a/b", `{}`, promptz.CodeNotValid},
		{"name with a colon", "echo", "a:b", `{}`, promptz.CodeNotValid},
		{"name with a line's end", "echo", "a\n", `{}`, promptz.CodeNotValid},
		{"name with an umlaut", "echo", "ä", `{}`, promptz.CodeNotValid},
		{"name of 81", "echo", strings.Repeat("a", 81), `{}`, promptz.CodeNotValid},
		{"no input", "echo", "x", ``, promptz.CodeNotValid},
		{"no JSON", "echo", "x", `{`, promptz.CodeNotValid},
		{"two values", "echo", "x", `{} {}`, promptz.CodeNotValid},
		{"too much", "echo", "x", text(256<<10 + 1), promptz.CodeTooLarge},
	} {
		err := f.Start(t.Context(), tt.machine, tt.execution, json.RawMessage(tt.input))
		wantCode(t, tt.name, err, tt.want)
	}
	_, err := f.FindExecution(t.Context(), promptz.ExecutionRef{Machine: "echo", Name: "x"})
	wantCode(t, "what was refused", err, promptz.CodeNotFound)
}

func testStartTakes(t *testing.T, f *fixture) {
	for name, input := range map[string]string{strings.Repeat("a", 80): `[]`, "A-z_0": text(100 << 10)} {
		if e := f.end(t, "echo", name, input); string(e.Output) != input {
			t.Errorf("%s: %s with an output of %d bytes, want %d", name, e.Status, len(e.Output), len(input))
		}
	}
}

func testNullIsData(t *testing.T, f *fixture) {
	if e := f.end(t, "echo", "null", `null`); string(e.Input) != "null" || string(e.Output) != "null" {
		t.Errorf("%s with input %s and output %s", e.Status, e.Input, e.Output)
	}
}

// text is a JSON string of n bytes.
func text(n int) string { return `"` + strings.Repeat("a", n-2) + `"` }

func testNotFound(t *testing.T, f *fixture) {
	for _, ref := range []promptz.ExecutionRef{{Machine: "echo", Name: "nobody"}, {Machine: "nowhere", Name: "x"}, {Machine: "echo", Name: "a:b"}, {}} {
		_, err := f.FindExecution(t.Context(), ref)
		wantCode(t, fmt.Sprint("execution ", ref), err, promptz.CodeNotFound)
		_, err = f.FindHistory(t.Context(), ref)
		wantCode(t, fmt.Sprint("history ", ref), err, promptz.CodeNotFound)
	}
}

func testListOfNoMachine(t *testing.T, f *fixture) {
	for _, machine := range []string{"nowhere", "", "echo:1"} {
		_, err := f.FindExecutions(t.Context(), promptz.ExecutionFilter{Machine: machine, Status: promptz.ExecutionRunning, Limit: 10})
		wantCode(t, "list of "+machine, err, promptz.CodeNotFound)
	}
}

func testOutput(t *testing.T, f *fixture) {
	before := time.Now().Add(-time.Minute) // clocks of two machines may differ so much
	for name, tt := range map[string]struct{ input, want string }{
		"all":   {`{"go":true}`, `{"first":"all/A","go":true,"second":"all/B","third":"<done>"}`},
		"short": {`{"go":false}`, `{"first":"short/A","go":false,"second":"short/B"}`},
	} {
		e := f.end(t, "two", name, tt.input)
		if e.Status != promptz.ExecutionSucceeded || e.Machine != "two" || e.Name != name || e.Error != "" || e.Cause != "" {
			t.Errorf("%s: %+v", name, e)
		}
		if diff := cmp.Diff(decode(t, []byte(tt.want)), decode(t, e.Output)) + cmp.Diff(tt.input, string(e.Input)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if e.StartedAt.Before(before) || e.StoppedAt.Before(e.StartedAt) || e.StartedAt.Location() != time.UTC || e.StoppedAt.Location() != time.UTC {
			t.Errorf("%s: from %v to %v", name, e.StartedAt, e.StoppedAt)
		}
	}
}

func decode(t *testing.T, text json.RawMessage) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func testFailures(t *testing.T, f *fixture) {
	for _, tt := range []struct{ name, machine, input, want, cause string }{
		{"named", "fail", `{"how":"named","name":"NotSafe","cause":"a \"key\""}`, "NotSafe", `a "key"`},
		{"plain", "fail", `{"how":"plain","cause":"disk"}`, "States.TaskFailed", "disk"},
		{"panic", "fail", `{"how":"panic","cause":"nil map"}`, "States.TaskFailed", "activity Fail panicked: nil map"},
		{"input", "fail", `{"unknown":1}`, "States.TaskFailed", `input of an activity: json: unknown field "unknown"`},
		{"nobody", "none", `{}`, "States.TaskFailed", `there is no activity "Nobody"`},
		{"state", "giveup", `{}`, "GivenUp", "on purpose"},
	} {
		e := f.end(t, tt.machine, "failure-"+tt.name, tt.input)
		if e.Status != promptz.ExecutionFailed || e.Error != tt.want || e.Cause != tt.cause || e.Output != nil || e.StoppedAt.IsZero() {
			t.Errorf("%s: %s %q %q %s, want failed %q %q", tt.name, e.Status, e.Error, e.Cause, e.Output, tt.want, tt.cause)
		}
		events := f.history(t, promptz.ExecutionRef{Machine: tt.machine, Name: e.Name})
		last := events[len(events)-1]
		want := map[string]any{"error": tt.want, "cause": tt.cause}
		if diff := cmp.Diff(want, decode(t, last.Details)); last.Type != "ExecutionFailed" || diff != "" {
			t.Errorf("%s ends with %s\n%s", tt.name, last.Type, diff)
		}
	}
}

func testWaitThenOn(t *testing.T, f *fixture) {
	ref := f.start(t, "wait", "one", `{}`)
	e, err := f.FindExecution(t.Context(), ref)
	if err != nil || e.Status != promptz.ExecutionRunning || !e.StoppedAt.IsZero() || e.Output != nil {
		t.Errorf("while it waits: %+v, %v", e, err)
	}
	e = f.await(t, ref)
	if took := e.StoppedAt.Sub(e.StartedAt); string(e.Output) != `"one/A"` || took < time.Second {
		t.Errorf("%s %s after %v", e.Status, e.Output, took)
	}
}

func testRetryUntilItWorks(t *testing.T, f *fixture) {
	if e := f.end(t, "retry", "one", `{}`); string(e.Output) != "2" || e.StoppedAt.Sub(e.StartedAt) < 2*time.Second {
		t.Errorf("%s %s %s after %v, want 2 after two seconds at least", e.Status, e.Output, e.Cause, e.StoppedAt.Sub(e.StartedAt))
	}
}

// testCatchAfterRetries does not say how a caught cause looks: Step Functions gives
// all that the function answered, see the handler of package stepfunctions.
func testCatchAfterRetries(t *testing.T, f *fixture) {
	e := f.end(t, "catch", "one", `{"kept":1}`)
	var got struct {
		Kept  int
		Error string
		Cause string
	}
	if err := json.Unmarshal(e.Output, &got); err != nil || got.Kept != 1 || got.Error != "Busy" || !strings.Contains(got.Cause, "retry 1") {
		t.Errorf("%s %s, %v; want what was there, Busy and the last cause", e.Status, e.Output, err)
	}
}

func testTaskTimesOut(t *testing.T, f *fixture) {
	if e := f.end(t, "slow", "one", `{}`); e.Status != promptz.ExecutionFailed || e.Error != "States.Timeout" {
		t.Errorf("%s %q, want failed by States.Timeout", e.Status, e.Error)
	}
}

func testMachineTimesOut(t *testing.T, f *fixture) {
	if e := f.end(t, "deadline", "one", `{}`); e.Status != promptz.ExecutionTimedOut || e.Error != "States.Timeout" {
		t.Errorf("%s %q, want timed_out by States.Timeout", e.Status, e.Error)
	}
}

func testLists(t *testing.T, f *fixture) {
	f.start(t, "lists", "running", `"wait"`)
	f.end(t, "lists", "failed", `"fail"`)
	f.end(t, "lists", "succeeded", `"go"`)
	for _, status := range promptz.ExecutionStatuses {
		want := []string{string(status)}
		if status == promptz.ExecutionTimedOut {
			want = nil
		}
		names, _ := f.list(t, promptz.ExecutionFilter{Machine: "lists", Status: status, Limit: 10})
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("%s: %s", status, diff)
		}
	}
}

// testPages runs one after the other: only then it is sure which is the latest.
func testPages(t *testing.T, f *fixture) {
	var want []string
	for i := range 5 {
		name := fmt.Sprint("e", i)
		e := f.end(t, "pages", name, `{"large":"data"}`)
		for time.Since(e.StartedAt) < 2*time.Millisecond { // times have milliseconds
			time.Sleep(time.Millisecond)
		}
		want = append(want, name)
	}
	slices.Reverse(want)
	filter := promptz.ExecutionFilter{Machine: "pages", Status: promptz.ExecutionSucceeded, Limit: 2}
	names, pages := f.list(t, filter)
	if diff := cmp.Diff(want, names) + cmp.Diff([]int{2, 2, 1}, pages); diff != "" {
		t.Error(diff)
	}
	filter.Limit = 5
	if _, pages = f.list(t, filter); len(pages) != 1 {
		t.Errorf("five on a page of five, and there are %d pages", len(pages))
	}
}

func testRedriveGoesOn(t *testing.T, f *fixture) {
	file := filepath.Join(t.TempDir(), "key")
	input, _ := json.Marshal(file)
	e := f.end(t, "door", "one", string(input))
	if e.Status != promptz.ExecutionFailed || e.Error != "Closed" {
		t.Fatalf("%s %s %s", e.Status, e.Error, e.Cause)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ref := promptz.ExecutionRef{Machine: "door", Name: "one"}
	if err := f.Retry(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if e = f.await(t, ref); string(e.Output) != `"open"` || e.Error != "" || e.Cause != "" {
		t.Errorf("%+v", e)
	}
	var entered, redriven int
	for _, event := range f.history(t, ref) {
		switch event.Type {
		case "PassStateEntered":
			entered++
		case "ExecutionRedriven":
			redriven++
		}
	}
	if entered != 1 || redriven != 1 {
		t.Errorf("the first state was entered %d times, the execution redriven %d times; want once each", entered, redriven)
	}
}

func testRedriveRefuses(t *testing.T, f *fixture) {
	f.end(t, "echo", "well", `{}`)
	wantCode(t, "one that succeeded", f.Retry(t.Context(), promptz.ExecutionRef{Machine: "echo", Name: "well"}), promptz.CodeConflict)
	wantCode(t, "one that runs", f.Retry(t.Context(), f.start(t, "rest", "one", `{}`)), promptz.CodeConflict)
	wantCode(t, "nobody", f.Retry(t.Context(), promptz.ExecutionRef{Machine: "echo", Name: "nobody"}), promptz.CodeNotFound)
	wantCode(t, "of no machine", f.Retry(t.Context(), promptz.ExecutionRef{Machine: "nowhere", Name: "x"}), promptz.CodeNotFound)
}
