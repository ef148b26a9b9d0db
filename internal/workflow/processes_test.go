package workflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

// What a killed process ran is taken over once it was silent for a lease, at the
// state that it had reached: what was done before is not done again.
func TestKilledProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	machines := map[string]string{"m": fmt.Sprintf(twoTasks, task("First", `"Next":"B"`), task("Second", `"End":true`))}
	var first, second atomic.Int32
	inSecond := make(chan struct{})
	activities := func(hang bool) workflow.Activities {
		return workflow.Activities{
			"First": func(context.Context, workflow.Call) (any, error) { return first.Add(1), nil },
			"Second": func(ctx context.Context, _ workflow.Call) (any, error) {
				second.Add(1)
				if hang {
					close(inSecond)
					<-ctx.Done()
				}
				return "done", nil
			},
		}
	}
	a := f.start(t, "a", activities(true), machines)
	if err := a.Start(t.Context(), "m", "one", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	<-inSecond
	a.store.dead.Store(true)
	f.start(t, "b", activities(false), machines)
	f.clock.add(time.Minute) // beyond the time at which it is looked at again
	e := f.await(t, "m", "one", ended)
	if e.Status != promptz.ExecutionSucceeded || first.Load() != 1 || second.Load() != 2 {
		t.Errorf("got %s with %d and %d calls, want succeeded with 1 and 2", e.Status, first.Load(), second.Load())
	}
}

// An activity that takes long is left to the process that runs it, as long as that
// lives, however wrong another's clock is.
func TestLongActivityIsNotTakenOver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	machines := map[string]string{"m": `{"StartAt":"A","States":{"A":` + task("Long", `"End":true`) + `}}`}
	var calls atomic.Int32
	release := make(chan struct{})
	activities := workflow.Activities{"Long": func(context.Context, workflow.Call) (any, error) {
		calls.Add(1)
		<-release
		return "done", nil
	}}
	a, _ := f.start(t, "a", activities, machines), f.start(t, "b", activities, machines)
	if err := a.Start(t.Context(), "m", "one", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	f.await(t, "m", "one", func(e *promptz.Execution) bool { return e.Runner != "" })
	f.clock.add(24 * time.Hour)
	time.Sleep(200 * time.Millisecond) // four leases
	close(release)
	e := f.await(t, "m", "one", ended)
	if e.Status != promptz.ExecutionSucceeded || calls.Load() != 1 {
		t.Errorf("got %s after %d calls, want succeeded after 1", e.Status, calls.Load())
	}
}

func TestStoppedProcessLeavesItsWork(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	machines := map[string]string{"m": `{"StartAt":"A","States":{"A":` + task("Long", `"Retry":[{"ErrorEquals":["States.ALL"]}],"End":true`) + `}}`}
	started := make(chan struct{})
	a := f.start(t, "a", workflow.Activities{"Long": func(ctx context.Context, _ workflow.Call) (any, error) {
		close(started)
		<-ctx.Done()
		return nil, ctx.Err()
	}}, machines)
	if err := a.Start(t.Context(), "m", "one", json.RawMessage(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	<-started
	a.stop()
	e := f.await(t, "m", "one", resting)
	if e.DueAt.After(f.clock.now()) {
		t.Errorf("due at %v, want at once", e.DueAt)
	}
	f.start(t, "b", workflow.Activities{"Long": echo}, machines)
	if e := f.await(t, "m", "one", ended); string(e.Output) != `{"a":1}` {
		t.Errorf("got %s %s", e.Status, e.Output)
	}
	for _, kind := range f.history(t, "m", "one") {
		if kind == "LambdaFunctionFailed" || kind == "LambdaFunctionTimedOut" {
			t.Error("stopping the process is a failure of the activity in the history")
		}
	}
}

// Two processes on one store do every execution once between them.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var mu sync.Mutex
	calls := map[string]int{}
	activities := workflow.Activities{"A": func(_ context.Context, c workflow.Call) (any, error) {
		mu.Lock()
		defer mu.Unlock()
		calls[c.Execution+c.State]++
		return nil, nil
	}}
	machines := map[string]string{"m": fmt.Sprintf(twoTasks, task("A", `"Next":"B"`), task("A", `"End":true`))}
	a, b := f.start(t, "a", activities, machines), f.start(t, "b", activities, machines)
	const executions = 60
	for i := range executions {
		runner := []*process{a, b}[i%2]
		if err := runner.Start(t.Context(), "m", fmt.Sprint("e", i), json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range executions {
		if e := f.await(t, "m", fmt.Sprint("e", i), ended); e.Status != promptz.ExecutionSucceeded {
			t.Errorf("execution %d: %s %s", i, e.Status, e.Cause)
		}
	}
	if len(calls) != 2*executions {
		t.Errorf("%d states were called, want %d", len(calls), 2*executions)
	}
	for state, n := range calls {
		if n != 1 {
			t.Errorf("%s was called %d times", state, n)
		}
	}
}

// An execution whose machine a newer process knows is left to that.
func TestUnknownMachineIsLeft(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	machine := `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"A"},"A":` + task("A", `"End":true`) + `}}`
	b := f.start(t, "b", workflow.Activities{"A": echo}, map[string]string{"new": machine})
	if err := b.Start(t.Context(), "new", "one", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	b.stop()
	f.start(t, "a", nil, map[string]string{"m": machine})
	f.clock.add(time.Second)
	due := f.clock.now()
	e := f.await(t, "new", "one", func(e *promptz.Execution) bool { return e.DueAt.After(due) })
	f.clock.set(e.DueAt)
	f.start(t, "c", workflow.Activities{"A": echo}, map[string]string{"new": machine})
	// The old process may be first again, and puts it off.
	e = f.await(t, "new", "one", func(e *promptz.Execution) bool { f.clock.set(e.DueAt); return ended(e) })
	if e.Status != promptz.ExecutionSucceeded {
		t.Errorf("got %s %s", e.Status, e.Cause)
	}
}
