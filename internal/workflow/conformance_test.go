package workflow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

// scenario is one machine of testdata/conformance with what has to come of it.
// Executions start on 2026-11-24 at 12:00 UTC, where there is a clock to set.
type scenario struct {
	Name  string
	About string // why it is so, where that is in doubt

	// One of them: a state named A that ends the machine, states that begin with A,
	// or a whole machine. Tasks need neither Resource nor all Parameters: the
	// activity is called as the state, its input is "$".
	State   map[string]any
	States  map[string]any
	Machine map[string]any

	Input   any
	Answers []answer // of the activities, in order
	Want    outcome

	Slow bool   // moto's engine is not asked, where waits are real
	Moto string // what moto's engine does otherwise, by a fault of its own
}

// answer is what an activity gives.
type answer struct {
	Output any
	Error  string
	Cause  string
	Panic  string
	Hang   bool // until its time is up
}

// outcome is what comes of an execution.
type outcome struct {
	TimedOut bool
	Output   any
	Error    *string // its name; nil when the execution succeeded
	Cause    string  // a part of it
	Inputs   []any   // of the activities
	Waits    []float64
	Jitter   []float64 // the most that each wait may be, in place of Waits
	// History has a word for each event, without the first and the last: Pass> for
	// PassStateEntered, Pass< for PassStateExited, call for LambdaFunctionScheduled
	// and LambdaFunctionStarted, and ok, failed and timeout.
	History string
}

func (o outcome) status() promptz.ExecutionStatus {
	switch {
	case o.TimedOut:
		return promptz.ExecutionTimedOut
	case o.Error != nil:
		return promptz.ExecutionFailed
	}
	return promptz.ExecutionSucceeded
}

// words are the events that History has words for.
var words = map[string]string{
	"call": "LambdaFunctionScheduled LambdaFunctionStarted", "ok": "LambdaFunctionSucceeded", "failed": "LambdaFunctionFailed", "timeout": "LambdaFunctionTimedOut",
}

// history gives the types of all events.
func (o outcome) history() []string {
	types := []string{"ExecutionStarted"}
	for _, word := range strings.Fields(o.History) {
		kind, entered := strings.CutSuffix(word, ">")
		kind, exited := strings.CutSuffix(kind, "<")
		switch {
		case entered:
			types = append(types, kind+"StateEntered")
		case exited:
			types = append(types, kind+"StateExited")
		default:
			types = append(types, strings.Fields(words[word])...)
		}
	}
	last := map[promptz.ExecutionStatus]string{
		promptz.ExecutionSucceeded: "ExecutionSucceeded", promptz.ExecutionFailed: "ExecutionFailed", promptz.ExecutionTimedOut: "ExecutionTimedOut",
	}
	return append(types, last[o.status()])
}

// scenarios reads testdata/conformance.
func scenarios(t *testing.T) []scenario {
	t.Helper()
	files, err := filepath.Glob("testdata/conformance/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var all []scenario
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var raw any
		if err := decode(text, &raw); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var of []scenario
		if err := decode(mustEncode(t, repeat(raw)), &of); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i := range of {
			of[i].Name = strings.TrimSuffix(filepath.Base(file), ".json") + "/" + of[i].Name
		}
		all = append(all, of...)
	}
	return all
}

func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows")
	}
	return nil
}

func mustEncode(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

// repeat gives v with long text for each {"repeat": ["a", 1000]}.
func repeat(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = repeat(v[i])
		}
	case map[string]any:
		if of, ok := v["repeat"].([]any); ok && len(of) == 2 {
			n, _ := of[1].(json.Number).Int64()
			return strings.Repeat(of[0].(string), int(n))
		}
		for name := range v {
			v[name] = repeat(v[name])
		}
	}
	return v
}

// machine gives the scenario's machine, and the names of its Tasks.
func (s scenario) machine(t *testing.T) (*workflow.Machine, []string) {
	t.Helper()
	machine := s.Machine
	switch {
	case s.State != nil:
		if kind := s.State["Type"]; kind != "Fail" && kind != "Succeed" && kind != "Choice" {
			s.State["End"] = true
		}
		machine = map[string]any{"StartAt": "A", "States": map[string]any{"A": s.State}}
	case s.States != nil:
		machine = map[string]any{"StartAt": "A", "States": s.States}
	}
	var tasks []string
	for name, of := range machine["States"].(map[string]any) {
		if s := of.(map[string]any); s["Type"] == "Task" {
			tasks = append(tasks, name)
			parameters := map[string]any{"activity": name, "execution.$": "$$.Execution.Name", "state.$": "$$.State.Name", "input.$": "$"}
			if given, ok := s["Parameters"].(map[string]any); ok {
				parameters["input.$"] = given["input.$"]
			}
			s["Resource"], s["Parameters"] = "activity", parameters
		}
	}
	m, err := workflow.Parse("m", mustEncode(t, machine))
	if err != nil {
		t.Fatal(err)
	}
	return m, tasks
}

// script gives the answers of a scenario one after the other, and keeps what they
// answer.
type script struct {
	mu      sync.Mutex
	answers []answer
	inputs  []any
}

// next takes the next answer.
func (s *script) next(input []byte) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var v any
	if err := decode(input, &v); err != nil {
		v = err.Error()
	}
	s.inputs = append(s.inputs, v)
	if len(s.answers) == 0 {
		return answer{Error: "NoAnswer", Cause: "the scenario has no more answers"}
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return a
}

// act is the one activity of scenarios.
func (s *script) act(ctx context.Context, c workflow.Call) (any, error) {
	switch a := s.next(c.Input); {
	case a.Hang:
		<-ctx.Done()
		return nil, ctx.Err()
	case a.Panic != "":
		panic(a.Panic)
	case a.Error != "":
		return nil, &workflow.Error{Name: a.Error, Cause: a.Cause}
	case a.Cause != "":
		return nil, errors.New(a.Cause)
	default:
		return a.Output, nil
	}
}

// TestConformance holds the runner to testdata/conformance. TestConformanceOfMoto
// holds somebody else's engine to the same.
func TestConformance(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range scenarios(t) {
		if seen[s.Name] {
			t.Errorf("there are two scenarios %s", s.Name)
		}
		seen[s.Name] = true
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			m, tasks := s.machine(t)
			script := &script{answers: s.Answers}
			activities := workflow.Activities{}
			for _, task := range tasks {
				activities[task] = script.act
			}
			f := newFixture(t)
			p := f.startMachines(t, "r1", 4, activities, []*workflow.Machine{m})
			if err := p.Start(t.Context(), "m", "one", mustEncode(t, s.Input)); err != nil {
				t.Fatal(err)
			}
			e, waits := f.runThrough(t, "m", "one")
			got := result{
				status: e.Status, output: e.Output, err: e.Error, cause: e.Cause, inputs: script.inputs, left: len(script.answers), history: f.history(t, "m", "one"),
			}
			for _, fault := range append(got.faults(s.Want, "one"), s.Want.faultsOfWaits(waits)...) {
				t.Error(fault)
			}
		})
	}
	if len(seen) < 60 {
		t.Errorf("%d scenarios, want at least 60", len(seen))
	}
}

// runThrough sets the clock to the end of each wait, until the execution has
// ended, and gives how long the waits were, in seconds.
func (f *fixture) runThrough(t *testing.T, machine, name string) (*promptz.Execution, []float64) {
	t.Helper()
	var waits []float64
	for {
		e := f.await(t, machine, name, func(e *promptz.Execution) bool {
			return ended(e) || resting(e) && e.DueAt.After(f.clock.now())
		})
		if ended(e) {
			return e, waits
		}
		waits = append(waits, e.DueAt.Sub(f.clock.now()).Seconds())
		f.clock.set(e.DueAt)
	}
}

// result is what came of a scenario on an engine.
type result struct {
	status     promptz.ExecutionStatus
	output     []byte
	err, cause string
	inputs     []any
	left       int // answers
	history    []string
}

// faults compares a result with what is wanted. name is the execution's.
func (r result) faults(want outcome, name string) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	var output any
	if r.status == promptz.ExecutionSucceeded {
		if err := decode(r.output, &output); err != nil {
			fault("output %.300s: %v", r.output, err)
		}
	}
	wantErr := ""
	if want.Error != nil {
		wantErr = *want.Error
	}
	if r.status != want.status() || r.err != wantErr || !strings.Contains(r.cause, want.Cause) {
		fault("got %s, error %q, cause %.300q; want %s, %q, %q", r.status, r.err, r.cause, want.status(), wantErr, want.Cause)
	}
	if diff := cmp.Diff(named(want.Output, name), output, numbers); diff != "" {
		fault("output (-want +got):\n%.2000s", diff)
	}
	if diff := cmp.Diff(want.Inputs, r.inputs, numbers, cmpopts.EquateEmpty()); diff != "" {
		fault("inputs of activities (-want +got):\n%.2000s", diff)
	}
	if diff := cmp.Diff(want.history(), r.history); diff != "" {
		fault("history (-want +got):\n%s", diff)
	}
	if r.left > 0 {
		fault("%d answers were not asked for", r.left)
	}
	return faults
}

// numbers takes 1 and 1.0 for the same. Long ones are to be kept to the digit.
var numbers = cmp.Comparer(func(a, b json.Number) bool {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return a == b || errX == nil && errY == nil && x == y && len(a) < 15 && len(b) < 15
})

// named gives v with the execution's name for <name>.
func named(v any, name string) any {
	switch v := v.(type) {
	case string:
		if v == "<name>" {
			return name
		}
	case map[string]any:
		filled := map[string]any{}
		for k, of := range v {
			filled[k] = named(of, name)
		}
		return filled
	}
	return v
}

func (o outcome) faultsOfWaits(got []float64) []string {
	if o.Jitter == nil {
		if diff := cmp.Diff(o.Waits, got); diff != "" {
			return []string{"waits in seconds (-want +got):\n" + diff}
		}
		return nil
	}
	if len(got) != len(o.Jitter) {
		return []string{fmt.Sprintf("waits %v, want %d", got, len(o.Jitter))}
	}
	for i, most := range o.Jitter {
		if got[i] < 0 || got[i] > most {
			return []string{fmt.Sprintf("wait %d took %v s, want at most %v", i, got[i], most)}
		}
	}
	return nil
}
