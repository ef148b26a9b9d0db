package workflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

// TestCrashesChangeNothing runs random machines once straight, and once with a
// crash at each write, before it and before its answer, after which another
// process goes on. What comes of them is the same.
func TestCrashesChangeNothing(t *testing.T) {
	t.Parallel()
	machines := 12
	if testing.Short() {
		machines = 3
	}
	for seed := range machines {
		t.Run(fmt.Sprint("machine ", seed), func(t *testing.T) {
			t.Parallel()
			text := mustEncode(t, randomMachine(rand.New(rand.NewPCG(uint64(seed), 7))))
			m, err := workflow.Parse("m", text)
			if err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			want, writes := crashed(t, m, 0, false)
			for n := int32(1); n <= writes; n++ {
				for _, late := range []bool{false, true} {
					got, _ := crashed(t, m, n, late)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("crash at write %d of %d, done %t (-want +got):\n%s\nof %s", n, writes, late, diff, text)
					}
				}
			}
		})
	}
}

// ending is what came of an execution.
type ending struct {
	Status               promptz.ExecutionStatus
	Output, Error, Cause string
	History              []string
	Called               []string // every state whose activity was, once or twice
}

// crashed runs a machine in a process that dies at its nth write, and then in
// another. It gives how many writes the first made.
func crashed(t *testing.T, m *workflow.Machine, n int32, late bool) (ending, int32) {
	t.Helper()
	f := newFixture(t)
	called := newCalls()
	activities := workflow.Activities{"Act": called.act}
	a := f.startMachines(t, "a", 4, activities, []*workflow.Machine{m})
	a.store.deathAt, a.store.late = n, late
	input := json.RawMessage(`{"n":2,"list":[1,{"a":"b"}]}`)
	err := a.Start(t.Context(), "m", "one", input)
	if n > 0 {
		b := f.startMachines(t, "b", 4, activities, []*workflow.Machine{m})
		if err != nil { // whoever starts it tries again
			err = b.Start(t.Context(), "m", "one", input)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var e *promptz.Execution
	for e == nil || !ended(e) {
		e = f.await(t, "m", "one", func(e *promptz.Execution) bool {
			left := resting(e) || e.Runner == "a" && a.store.dead.Load()
			return ended(e) || left && e.DueAt.After(f.clock.now())
		})
		if !ended(e) {
			f.clock.set(e.DueAt)
		}
	}
	return ending{e.Status, string(e.Output), e.Error, e.Cause, f.history(t, "m", "one"), called.states()}, a.store.writes.Load()
}

// act is an activity that, by its state and the data alone, gives something or
// fails. A second call of one try must be as the first was.
func (c *calls) act(_ context.Context, call workflow.Call) (any, error) {
	var input struct {
		Data  json.RawMessage
		Tries int
	}
	if err := json.Unmarshal(call.Input, &input); err != nil {
		return nil, err
	}
	c.add(fmt.Sprint(call.State, " ", input.Tries))
	c.same(fmt.Sprint(call.State, " ", input.Tries), string(call.Input))
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %s", call.State, input.Data)
	switch sum := h.Sum32() % 5; sum {
	case 0:
		return nil, &workflow.Error{Name: "Busy", Cause: "later"}
	case 1:
		return nil, fmt.Errorf("disk %d", sum)
	default:
		return map[string]any{"sum": sum}, nil
	}
}

// same counts as another call what is not as it was the first time.
func (c *calls) same(call, input string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if first, again := c.inputs[call]; again && first != input {
		c.counts[call+" has changed"]++
	}
	c.inputs[call] = input
}

// randomMachine makes a machine of 3 to 7 states that ends.
func randomMachine(r *rand.Rand) map[string]any {
	n := 3 + r.IntN(5)
	name := func(i int) string { return fmt.Sprint("S", i) }
	later := func(i int) string { return name(i + 1 + r.IntN(n-i)) }
	states := map[string]any{name(n): map[string]any{"Type": "Succeed"}}
	for i := range n {
		place := fmt.Sprint("$.r", i)
		s := map[string]any{"Next": name(i + 1)}
		switch r.IntN(5) {
		case 0:
			s["Type"], s["Parameters"], s["ResultPath"] = "Pass", map[string]any{"n.$": "States.MathAdd($.n, 1)", "of.$": "$$.Execution.Name"}, place
		case 1:
			s = map[string]any{"Type": "Choice", "Default": name(i + 1), "Choices": []any{
				map[string]any{"Variable": "$.n", "NumericGreaterThan": r.IntN(4), "Next": later(i)},
				map[string]any{"Variable": place, "IsPresent": true, "Next": later(i)},
			}}
		case 2:
			s["Type"], s["Seconds"] = "Wait", r.IntN(3)
		default:
			s["Type"], s["Resource"], s["ResultPath"] = "Task", "activity", place
			s["Parameters"] = map[string]any{"activity": "Act", "execution.$": "$$.Execution.Name", "state.$": "$$.State.Name",
				"input.$": `States.StringToJson(States.Format('{"data":{},"tries":{},"entered":"{}"}', States.JsonToString($), $$.State.RetryCount, $$.State.EnteredTime))`}
			s["Retry"] = []any{map[string]any{"ErrorEquals": []any{"Busy"}, "MaxAttempts": r.IntN(3)}}
			if r.IntN(3) > 0 {
				s["Catch"] = []any{map[string]any{"ErrorEquals": []any{"States.ALL"}, "ResultPath": "$.e", "Next": later(i)}}
			}
		}
		states[name(i)] = s
	}
	return map[string]any{"StartAt": "S0", "States": states}
}

// A process that stood still long enough is taken for dead. What it writes when it
// comes to itself is refused.
func TestStalledProcessIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	machine := map[string]string{"m": `{"StartAt":"A","States":{"A":` + task("Act", `"End":true`) + `}}`}
	inActivity, release := make(chan struct{}), make(chan struct{})
	a := f.start(t, "a", workflow.Activities{"Act": func(context.Context, workflow.Call) (any, error) {
		close(inActivity)
		<-release
		return "of a", nil
	}}, machine)
	if err := a.Start(t.Context(), "m", "one", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	<-inActivity
	a.store.stallUntil(release)
	f.start(t, "b", workflow.Activities{"Act": func(context.Context, workflow.Call) (any, error) { return "of b", nil }}, machine)
	f.clock.add(time.Minute)
	f.await(t, "m", "one", ended)
	close(release)
	a.stop() // waits for its last write
	if e := f.await(t, "m", "one", ended); string(e.Output) != `"of b"` {
		t.Errorf("got %s %s, want what b made", e.Status, e.Output)
	}
	if got := f.history(t, "m", "one"); !slices.Equal(got, (outcome{History: "Task> call ok Task<"}).history()) {
		t.Errorf("history %v", got)
	}
}

// What an activity made as the process ends is kept.
func TestDoneAsTheProcessEnds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	machines := map[string]string{"m": fmt.Sprintf(twoTasks, task("Slow", `"Next":"B"`), task("Quick", `"End":true`))}
	started := make(chan struct{})
	a := f.start(t, "a", workflow.Activities{"Slow": func(ctx context.Context, _ workflow.Call) (any, error) {
		close(started)
		<-ctx.Done()
		return "made", nil
	}}, machines)
	if err := a.Start(t.Context(), "m", "one", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	<-started
	a.stop()
	if e := f.await(t, "m", "one", resting); e.DueAt.After(f.clock.now()) {
		t.Errorf("due at %v, want at once", e.DueAt)
	}
	f.start(t, "b", workflow.Activities{"Quick": echo}, machines)
	if e := f.await(t, "m", "one", ended); string(e.Output) != `"made"` {
		t.Errorf("got %s %s %s", e.Status, e.Output, e.Cause)
	}
}

// The clock set back an hour loses no execution, and does nothing twice.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	called := newCalls()
	p := f.start(t, "a", workflow.Activities{"Act": func(_ context.Context, c workflow.Call) (any, error) {
		called.add(c.Execution + c.State)
		return nil, nil
	}}, map[string]string{"m": `{"StartAt":"A","States":{"A":` + task("Act", `"Next":"W"`) + `,"W":{"Type":"Wait","Seconds":30,"Next":"B"},"B":` + task("Act", `"End":true`) + `}}`})
	begun := f.clock.now()
	start := func(prefix string) {
		t.Helper()
		for i := range 10 {
			if err := p.Start(t.Context(), "m", fmt.Sprint(prefix, i), json.RawMessage(`{}`)); err != nil {
				t.Fatal(err)
			}
		}
	}
	waits := func(e *promptz.Execution) bool { return resting(e) && e.DueAt.After(f.clock.now()) }
	all := func(prefix string, as func(*promptz.Execution) bool) {
		t.Helper()
		for i := range 10 {
			f.await(t, "m", fmt.Sprint(prefix, i), as)
		}
	}
	start("before")
	all("before", waits)
	f.clock.add(-time.Hour)
	start("after")
	all("after", waits)
	f.clock.add(30 * time.Second)
	all("after", ended)
	all("before", waits)
	f.clock.set(begun.Add(30 * time.Second))
	all("before", ended)
	for state, n := range called.counts {
		if n != 1 {
			t.Errorf("%s was called %d times", state, n)
		}
	}
	if len(called.counts) != 40 {
		t.Errorf("%d states were called, want 40", len(called.counts))
	}
}
