package workflow

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"promptz/internal/promptz"
)

// phase is how far a state is.
type phase string

const (
	toEnter phase = ""
	called  phase = "called"  // a Task: its activity was called, perhaps
	pausing phase = "pausing" // a Task: it is called again when the execution is due
	waiting phase = "waiting" // a Wait: it ends when the execution is due
)

// position is where an execution goes on; it is kept as the execution's frame.
type position struct {
	State   string          `json:"state"`
	Phase   phase           `json:"phase,omitempty"`
	Input   json.RawMessage `json:"input,omitempty"` // of the state, before InputPath; left out when it is the execution's
	Entered time.Time       `json:"entered,omitzero"`
	Retries []int           `json:"retries,omitempty"` // how often each retrier was used
	Since   time.Time       `json:"since"`             // the machine's timeout counts from here
}

// edge is what an execution stands at when it is written.
type edge int

const (
	onward  edge = iota // nothing: go on with the next state
	full                // the write has all the history that one may
	calling             // an activity is to be called
	resting             // nothing until the execution is due
	ended
)

// goesOn tells whether there is more to do at once.
func (e edge) goesOn() bool { return e == calling || e == full }

const (
	// eventsPerWrite leaves room in an atomic write for those of one more state.
	eventsPerWrite = 40
	// maxEvents is how long a history may be, as on Step Functions.
	maxEvents = 25_000
	// maxData is how long a state's data may be, in bytes, as on Step Functions.
	maxData = 256 << 10
	// maxDocument bounds what an execution's document holds of data, beside the cause
	// of its failure: some stores have documents of at most 400 KB.
	maxDocument = 360 << 10
	// bytesPerWrite leaves room in an atomic write, which some stores bound by 4 MB,
	// for the events of one more state and for the execution's document.
	bytesPerWrite = 2 << 20
)

// run moves one execution. Not safe for concurrent use.
type run struct {
	machine *Machine
	exec    *promptz.Execution
	at      position
	data    any                      // at.Input, decoded
	started any                      // the execution's input, once it was decoded
	events  []promptz.ExecutionEvent // since the last write
	bytes   int                      // of their details
	now     func() time.Time
}

// begin makes the run of a new execution.
func begin(m *Machine, e *promptz.Execution, now func() time.Time) (*run, error) {
	data, err := decode(e.Input)
	if err != nil {
		return nil, err
	}
	// Written once more as states write it, it is not kept twice when a state passes
	// it on.
	if e.Input, err = encode(data); err != nil {
		return nil, err
	}
	r := &run{machine: m, exec: e, data: data, started: data, now: now}
	r.at = position{State: m.StartAt, Input: e.Input, Since: e.StartedAt}
	r.record("ExecutionStarted", details{Input: e.Input})
	return r, nil
}

// resume makes the run of an execution that was written.
func resume(m *Machine, e *promptz.Execution, now func() time.Time) (*run, error) {
	r := &run{machine: m, exec: e, now: now}
	if err := json.Unmarshal(e.Frame, &r.at); err != nil {
		return nil, err
	}
	if r.at.Input == nil {
		r.at.Input = e.Input
	}
	var err error
	r.data, err = decode(r.at.Input)
	return r, err
}

// take gives what the execution's history gained, and prepares the execution to
// be written.
func (r *run) take() ([]promptz.ExecutionEvent, error) {
	if r.exec.Status != promptz.ExecutionSucceeded { // one that failed may be tried again
		at := r.at
		if bytes.Equal(at.Input, r.exec.Input) {
			at.Input = nil
		}
		frame, err := encode(at)
		if err != nil {
			return nil, err
		}
		r.exec.Frame = frame
	}
	events := r.events
	r.events, r.bytes = nil, 0
	return events, nil
}

// advance goes through states until an edge.
func (r *run) advance() edge {
	for {
		if deadline, ok := r.deadline(); ok && !r.now().Before(deadline) {
			return r.stop(promptz.ExecutionTimedOut, &Error{Name: errTimeout})
		}
		if len(r.events) >= eventsPerWrite || r.bytes >= bytesPerWrite {
			return full
		}
		at, err := r.step()
		if err != nil {
			return r.stop(promptz.ExecutionFailed, err)
		}
		if at != onward {
			return at
		}
	}
}

// deadline is when the machine's time is up, false without one.
func (r *run) deadline() (time.Time, bool) {
	if r.machine.TimeoutSeconds == nil {
		return time.Time{}, false
	}
	return r.at.Since.Add(time.Duration(*r.machine.TimeoutSeconds) * time.Second), true
}

// step goes through one state, or to the edge in it.
func (r *run) step() (edge, *Error) {
	s, ok := r.machine.States[r.at.State]
	if !ok {
		return ended, failed(errRuntime, "the machine has no state %q any more", r.at.State)
	}
	if r.exec.Events > maxEvents-eventsPerWrite {
		return ended, failed(errRuntime, "the execution reached the maximum number of history events (%d)", maxEvents)
	}
	if r.at.Phase == toEnter {
		r.at.Entered = r.now()
		r.record(s.Type+"StateEntered", details{Name: r.at.State, Input: r.at.Input})
	}
	switch s.Type {
	case typeTask:
		return r.task(s)
	case typeWait:
		return r.wait(s)
	case typeChoice:
		return r.choose(s)
	case typeFail:
		return ended, r.failure(s)
	}
	return r.pass(s) // Pass and Succeed
}

// exit leaves the state with output, for next or, without one, for the end.
func (r *run) exit(kind, next string, output any) (edge, *Error) {
	text, err := r.encode(output)
	if err != nil {
		return ended, err
	}
	if n := len(text) + len(r.exec.Input); n > maxDocument && !bytes.Equal(text, r.exec.Input) {
		return ended, failed(errDataLimit, "the execution's input and what state %q gives are %d bytes together; %d are the most", r.at.State, n, maxDocument)
	}
	r.record(kind+"StateExited", details{Name: r.at.State, Output: text})
	if next == "" {
		r.exec.Output = text
		return r.stop(promptz.ExecutionSucceeded, nil), nil
	}
	r.data = output
	r.at = position{State: next, Input: text, Since: r.at.Since}
	return onward, nil
}

// encode is JSON that a state may give.
func (r *run) encode(v any) (json.RawMessage, *Error) {
	text, err := encode(v)
	if err != nil {
		return nil, failed(errRuntime, "%v", err)
	}
	if len(text) > maxData {
		return nil, failed(errDataLimit, "state %q gives %d bytes; %d are the most", r.at.State, len(text), maxData)
	}
	return text, nil
}

// stop ends the execution.
func (r *run) stop(status promptz.ExecutionStatus, err *Error) edge {
	e := r.exec
	e.Status, e.StoppedAt, e.Runner, e.DueAt = status, r.now(), "", time.Time{}
	switch status {
	case promptz.ExecutionSucceeded:
		e.Frame = nil
		r.record("ExecutionSucceeded", details{Output: e.Output})
		return ended
	case promptz.ExecutionTimedOut:
		r.record("ExecutionTimedOut", details{Error: err.Name})
	default:
		r.record("ExecutionFailed", details{Error: err.Name, Cause: err.Cause})
	}
	e.Error, e.Cause = err.Name, err.Cause
	return ended
}

// redrive makes an execution that failed go on with the state that it failed in.
func (r *run) redrive() {
	e := r.exec
	e.Status, e.Error, e.Cause, e.StoppedAt, e.DueAt = promptz.ExecutionRunning, "", "", time.Time{}, r.now()
	r.at.Phase, r.at.Retries, r.at.Since = toEnter, nil, r.now()
	r.record("ExecutionRedriven", details{})
}

// details are those of an event. The names are Step Functions'; JSON stands in it
// as JSON.
type details struct {
	Name     string          `json:"name,omitempty"`
	Input    json.RawMessage `json:"input,omitempty"`
	Output   json.RawMessage `json:"output,omitempty"`
	Error    string          `json:"error,omitempty"`
	Cause    string          `json:"cause,omitempty"`
	Resource string          `json:"resource,omitempty"`
}

// record adds an event to the history.
func (r *run) record(kind string, d details) {
	text, err := encode(d)
	if err != nil { // it holds JSON that was read or written before
		panic(err)
	}
	r.exec.Events++
	event := promptz.ExecutionEvent{ID: r.exec.Events, Type: kind, At: r.now()}
	if string(text) != "{}" {
		event.Details = text
	}
	if event.ID > 2 { // as Step Functions has it: both the start and the first state follow nothing
		event.Previous = event.ID - 1
	}
	r.events = append(r.events, event)
	r.bytes += len(text)
}

// scope is what the state's paths lead into, with data as "$".
func (r *run) scope(data any) scope { return scope{data, r.context} }

// context is the context object, which paths from "$$" on lead into.
func (r *run) context() any {
	if r.started == nil {
		r.started, _ = decode(r.exec.Input) // it was read when the execution began
	}
	retries := 0
	for _, n := range r.at.Retries {
		retries += n
	}
	return map[string]any{
		"Execution": map[string]any{
			"Id": r.exec.Machine + ":" + r.exec.Name, "Name": r.exec.Name, "Input": r.started, "StartTime": timestamp(r.exec.StartedAt),
		},
		"State":        map[string]any{"Name": r.at.State, "EnteredTime": timestamp(r.at.Entered), "RetryCount": number(retries)},
		"StateMachine": map[string]any{"Id": r.exec.Machine, "Name": r.exec.Machine},
	}
}

// timestamp is a time as the language has it.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// rest makes the execution due at a time, and free for any runner.
func (r *run) rest(p phase, due time.Time) edge {
	if deadline, ok := r.deadline(); ok && due.After(deadline) {
		due = deadline
	}
	r.at.Phase, r.exec.DueAt, r.exec.Runner = p, due, ""
	return resting
}

// handle goes on after a Task's error: tries again, goes where a catcher says, or
// gives the error back.
func (r *run) handle(s *state, failure *Error) (edge, *Error) {
	if len(r.at.Retries) != len(s.Retry) {
		r.at.Retries = make([]int, len(s.Retry))
	}
	for i := range s.Retry {
		if !failure.matches(s.Retry[i].ErrorEquals) {
			continue
		}
		done := r.at.Retries[i]
		if done >= s.Retry[i].maxAttempts() {
			break
		}
		r.at.Retries[i]++
		return r.rest(pausing, r.now().Add(s.Retry[i].delay(done))), nil
	}
	i := slices.IndexFunc(s.Catch, func(c catcher) bool { return failure.matches(c.ErrorEquals) })
	if i < 0 {
		return ended, failure
	}
	output, err := r.result(s.Catch[i].ResultPath, map[string]any{"Error": failure.Name, "Cause": failure.Cause})
	if err != nil {
		return ended, err
	}
	return r.exit(s.Type, s.Catch[i].Next, output)
}
