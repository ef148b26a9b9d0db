package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

const twoTasks = `{"StartAt":"A","States":{"A":%s,"B":%s}}`

func TestTasksRunInOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	step := func(_ context.Context, c workflow.Call) (any, error) {
		var path []string
		err := json.Unmarshal(c.Input, &path)
		return append(path, c.Execution+"/"+c.State), err
	}
	p := f.start(t, "r1", workflow.Activities{"Step": step}, map[string]string{
		"m": fmt.Sprintf(twoTasks, task("Step", `"Next":"B"`), task("Step", `"End":true`)),
	})
	if err := p.Start(t.Context(), "m", "one", json.RawMessage(`[]`)); err != nil {
		t.Fatal(err)
	}
	e := f.await(t, "m", "one", ended)
	if e.Status != promptz.ExecutionSucceeded || string(e.Output) != `["one/A","one/B"]` {
		t.Errorf("got %s %s, want both states in order", e.Status, e.Output)
	}
	want := strings.Fields(`ExecutionStarted
		TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited
		TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited
		ExecutionSucceeded`)
	if diff := cmp.Diff(want, f.history(t, "m", "one")); diff != "" {
		t.Error(diff)
	}
}

func TestNameStartsOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var calls atomic.Int32
	p := f.start(t, "r1", workflow.Activities{"Count": func(context.Context, workflow.Call) (any, error) {
		return calls.Add(1), nil
	}}, map[string]string{"m": `{"StartAt":"A","States":{"A":` + task("Count", `"End":true`) + `}}`})
	var work sync.WaitGroup
	for range 20 {
		work.Go(func() {
			if err := p.Start(t.Context(), "m", "same", json.RawMessage(`{}`)); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	f.await(t, "m", "same", ended)
	if n := calls.Load(); n != 1 {
		t.Errorf("20 starts of one name made %d calls, want 1", n)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.start(t, "r1", nil, map[string]string{"m": `{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`})
	tests := []struct {
		name, machine, execution, input string
		want                            promptz.Code
	}{
		{"unknown machine", "n", "x", `{}`, promptz.CodeNotFound},
		{"no name", "m", "", `{}`, promptz.CodeNotValid},
		{"name with a slash", "m", "a/b", `{}`, promptz.CodeNotValid},
		{"name of 81", "m", strings.Repeat("a", 81), `{}`, promptz.CodeNotValid},
		{"no JSON", "m", "x", `{`, promptz.CodeNotValid},
		{"two values", "m", "x", `{} {}`, promptz.CodeNotValid},
		{"too much", "m", "x", `"` + strings.Repeat("a", 256<<10) + `"`, promptz.CodeTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := p.Start(t.Context(), tt.machine, tt.execution, json.RawMessage(tt.input)); promptz.ErrorCode(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// A wait's end is a time of the wall: a clock that is set back does not end it
// early, and one that comes back to it does not end it late.
func TestWaitHoldsItsTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.start(t, "r1", nil, map[string]string{"m": `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":30,"End":true}}}`})
	begun := f.clock.now()
	if err := p.Start(t.Context(), "m", "one", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	e := f.await(t, "m", "one", resting)
	if want := begun.Add(30 * time.Second); !e.DueAt.Equal(want) {
		t.Fatalf("due at %v, want %v", e.DueAt, want)
	}
	f.clock.add(-time.Hour)
	time.Sleep(20 * time.Millisecond) // ten polls; the test can't see that nothing happens otherwise
	if e := f.await(t, "m", "one", resting); !e.DueAt.Equal(begun.Add(30 * time.Second)) {
		t.Errorf("the clock was set back, and the wait is due at %v", e.DueAt)
	}
	f.clock.set(begun.Add(30 * time.Second))
	if e := f.await(t, "m", "one", ended); e.Status != promptz.ExecutionSucceeded {
		t.Errorf("got %s", e.Status)
	}
}

func TestRetryBacksOffThenCatches(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var calls atomic.Int32
	p := f.start(t, "r1", workflow.Activities{"Break": func(context.Context, workflow.Call) (any, error) {
		calls.Add(1)
		return nil, &workflow.Error{Name: "Busy", Cause: "later"}
	}}, map[string]string{"m": `{"StartAt":"A","States":{"A":` + task("Break",
		`"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":2,"BackoffRate":3,"MaxAttempts":2}],
		 "Catch":[{"ErrorEquals":["Busy"],"ResultPath":"$.failure","Next":"B"}],"End":true`) + `,"B":{"Type":"Succeed"}}}`})
	begun := f.clock.now()
	if err := p.Start(t.Context(), "m", "one", json.RawMessage(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	for n, after := range []time.Duration{2 * time.Second, 8 * time.Second} {
		e := f.await(t, "m", "one", func(e *promptz.Execution) bool { return resting(e) && e.DueAt.After(f.clock.now()) })
		if want := begun.Add(after); !e.DueAt.Equal(want) {
			t.Fatalf("retry %d is due %v after the start, want %v", n+1, e.DueAt.Sub(begun), after)
		}
		f.clock.set(e.DueAt)
	}
	e := f.await(t, "m", "one", ended)
	if want := `{"a":1,"failure":{"Cause":"later","Error":"Busy"}}`; string(e.Output) != want || calls.Load() != 3 {
		t.Errorf("got %s after %d calls, want %s after 3", e.Output, calls.Load(), want)
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context, _ workflow.Call) (any, error) { <-ctx.Done(); return nil, ctx.Err() }
	deaf := func(context.Context, workflow.Call) (any, error) { select {} }
	tests := []struct {
		name     string
		activity workflow.Activity
		machine  string
		want     promptz.ExecutionStatus
	}{
		{"task", hang, `{"StartAt":"A","States":{"A":` + task("A", `"TimeoutSeconds":1,"End":true`) + `}}`, promptz.ExecutionFailed},
		{"task that does not heed it", deaf, `{"StartAt":"A","States":{"A":` + task("A", `"TimeoutSeconds":1,"End":true`) + `}}`, promptz.ExecutionFailed},
		{"machine", hang, `{"TimeoutSeconds":1,"StartAt":"A","States":{"A":` + task("A", `"End":true`) + `}}`, promptz.ExecutionTimedOut},
		{"machine in a wait", hang, `{"TimeoutSeconds":1,"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"End":true}}}`, promptz.ExecutionTimedOut},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			p := f.start(t, "r1", workflow.Activities{"A": tt.activity}, map[string]string{"m": tt.machine})
			if err := p.Start(t.Context(), "m", "one", json.RawMessage(`{}`)); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(tt.name, "machine") {
				f.await(t, "m", "one", func(e *promptz.Execution) bool { return e.Events > 1 })
				f.clock.add(time.Second)
			}
			e := f.await(t, "m", "one", ended)
			if e.Status != tt.want || e.Error != "States.Timeout" {
				t.Errorf("got %s %q, want %s States.Timeout", e.Status, e.Error, tt.want)
			}
		})
	}
}

func TestFailedExecutionIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var first atomic.Int32
	var mended atomic.Bool
	p := f.start(t, "r1", workflow.Activities{
		"First": func(context.Context, workflow.Call) (any, error) { return first.Add(1), nil },
		"Second": func(context.Context, workflow.Call) (any, error) {
			if !mended.Load() {
				panic("broken")
			}
			return "done", nil
		},
	}, map[string]string{"m": fmt.Sprintf(twoTasks, task("First", `"Next":"B"`), task("Second", `"End":true`))})
	if err := p.Start(t.Context(), "m", "one", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	e := f.await(t, "m", "one", ended)
	if e.Status != promptz.ExecutionFailed || e.Error != "States.TaskFailed" || !strings.Contains(e.Cause, "broken") {
		t.Fatalf("got %s %s %q", e.Status, e.Error, e.Cause)
	}
	mended.Store(true)
	ref := promptz.ExecutionRef{Machine: "m", Name: "one"}
	if err := p.Retry(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	e = f.await(t, "m", "one", ended)
	if e.Status != promptz.ExecutionSucceeded || first.Load() != 1 {
		t.Errorf("got %s, the first state called %d times; want succeeded and 1", e.Status, first.Load())
	}
	want := strings.Fields(`ExecutionStarted
		TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited
		TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionFailed ExecutionFailed ExecutionRedriven
		TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited ExecutionSucceeded`)
	if diff := cmp.Diff(want, f.history(t, "m", "one")); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if err := p.Retry(t.Context(), ref); promptz.ErrorCode(err) != promptz.CodeConflict {
		t.Errorf("retry of one that succeeded: %v, want a conflict", err)
	}
}

func TestMostRunAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var now, peak atomic.Int32
	p := f.startMost(t, "r1", 3, workflow.Activities{"A": func(context.Context, workflow.Call) (any, error) {
		n := now.Add(1)
		defer now.Add(-1)
		for old := peak.Load(); n > old && !peak.CompareAndSwap(old, n); old = peak.Load() {
		}
		time.Sleep(time.Millisecond)
		return nil, nil
	}}, map[string]string{"m": `{"StartAt":"A","States":{"A":` + task("A", `"End":true`) + `}}`})
	const executions = 40
	for i := range executions {
		if err := p.Start(t.Context(), "m", fmt.Sprint("e", i), json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range executions {
		f.await(t, "m", fmt.Sprint("e", i), ended)
	}
	if peak.Load() != 3 {
		t.Errorf("%d ran at once, want 3", peak.Load())
	}
}

func TestErrorsHaveNames(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.start(t, "r1", workflow.Activities{
		"Named": func(context.Context, workflow.Call) (any, error) {
			return nil, fmt.Errorf("look: %w", &workflow.Error{Name: "NotSafe", Cause: "a key"})
		},
		"Plain": func(context.Context, workflow.Call) (any, error) { return nil, errors.New("disk") },
		"Late": func(context.Context, workflow.Call) (any, error) {
			return nil, fmt.Errorf("ask: %w", context.DeadlineExceeded)
		},
	}, map[string]string{
		"named": `{"StartAt":"A","States":{"A":` + task("Named", `"End":true`) + `}}`,
		"plain": `{"StartAt":"A","States":{"A":` + task("Plain", `"End":true`) + `}}`,
		"late":  `{"StartAt":"A","States":{"A":` + task("Late", `"TimeoutSeconds":60,"End":true`) + `}}`,
		"none":  `{"StartAt":"A","States":{"A":` + task("None", `"End":true`) + `}}`,
	})
	for machine, want := range map[string]string{"named": "NotSafe: a key", "plain": "States.TaskFailed: disk", "late": "States.TaskFailed: ask: context deadline exceeded", "none": `States.TaskFailed: there is no activity "None"`} {
		if err := p.Start(t.Context(), machine, "one", json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
		e := f.await(t, machine, "one", ended)
		if got := e.Error + ": " + e.Cause; got != want {
			t.Errorf("%s: got %q, want %q", machine, got, want)
		}
	}
}
