package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
)

// newExecution makes an execution that is due now, with the first event of its
// history.
func (f *fixture) newExecution(name string) (*promptz.Execution, []promptz.ExecutionEvent) {
	now := f.clock.advance(time.Millisecond)
	e := &promptz.Execution{
		Machine: "m", Name: name, Status: promptz.ExecutionRunning, Input: json.RawMessage(`{"a":1}`), StartedAt: now,
		Frame: json.RawMessage(`{"state":"A"}`), DueAt: now, Events: 1,
	}
	return e, []promptz.ExecutionEvent{{ID: 1, Type: "ExecutionStarted", At: now, Details: json.RawMessage(`{"input":{"a":1}}`)}}
}

// start writes a new execution.
func (f *fixture) start(t testing.TB, name string) *promptz.Execution {
	t.Helper()
	e, events := f.newExecution(name)
	created, err := f.library.CreateExecution(t.Context(), e, events)
	if err != nil || !created {
		t.Fatalf("execution %s: created %t, %v", name, created, err)
	}
	return e
}

func (f *fixture) findExecution(t testing.TB, name string) *promptz.Execution {
	t.Helper()
	e, err := f.library.FindExecution(t.Context(), "m", name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// move writes the next state of an execution with n events more.
func (f *fixture) move(e *promptz.Execution, n int) []promptz.ExecutionEvent {
	var events []promptz.ExecutionEvent
	for range n {
		e.Events++
		events = append(events, promptz.ExecutionEvent{ID: e.Events, Previous: e.Events - 1, Type: "PassStateEntered", At: f.clock.advance(time.Millisecond)})
	}
	return events
}

// end ends an execution.
func (f *fixture) end(t testing.TB, e *promptz.Execution, status promptz.ExecutionStatus) {
	t.Helper()
	e.Status, e.StoppedAt, e.DueAt, e.Frame = status, f.clock.advance(time.Millisecond), time.Time{}, nil
	if err := f.library.UpdateExecution(t.Context(), e, f.move(e, 1)); err != nil {
		t.Fatal(err)
	}
}

// sameExecution compares executions but for the stores' own tokens.
var sameExecution = cmp.Options{cmpopts.IgnoreFields(promptz.Execution{}, "Guard"), cmpopts.EquateEmpty()}

func testExecution(t *testing.T, f *fixture) {
	e := f.start(t, "one")
	if diff := cmp.Diff(e, f.findExecution(t, "one"), sameExecution); diff != "" {
		t.Errorf("as it was created (-want +got):\n%s", diff)
	}
	e.Frame, e.DueAt, e.Runner = json.RawMessage(`{"state":"B"}`), f.clock.advance(time.Minute), "r1"
	if err := f.library.UpdateExecution(t.Context(), e, f.move(e, 2)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, f.findExecution(t, "one"), sameExecution); diff != "" {
		t.Errorf("as it was moved (-want +got):\n%s", diff)
	}
	e.Output, e.Error, e.Cause = json.RawMessage(`{"b":"<&>"}`), "E", "why"
	f.end(t, e, promptz.ExecutionFailed)
	if diff := cmp.Diff(e, f.findExecution(t, "one"), sameExecution); diff != "" {
		t.Errorf("as it ended (-want +got):\n%s", diff)
	}
	passed := f.start(t, "passed")
	passed.Output = passed.Input
	f.end(t, passed, promptz.ExecutionSucceeded)
	if diff := cmp.Diff(passed, f.findExecution(t, "passed"), sameExecution); diff != "" {
		t.Errorf("with the input as its output (-want +got):\n%s", diff)
	}
	_, err := f.library.FindExecution(t.Context(), "m", "two")
	wantCode(t, err, promptz.CodeNotFound)
	_, err = f.library.FindExecution(t.Context(), "n", "one")
	wantCode(t, err, promptz.CodeNotFound)
}

func testExecutionOnce(t *testing.T, f *fixture) {
	first := f.start(t, "same")
	again, events := f.newExecution("same")
	again.Input = json.RawMessage(`{"b":2}`)
	if created, err := f.library.CreateExecution(t.Context(), again, events); err != nil || created {
		t.Errorf("a second time: created %t, %v", created, err)
	}
	if diff := cmp.Diff(first, f.findExecution(t, "same"), sameExecution); diff != "" {
		t.Errorf("the second start changed it (-want +got):\n%s", diff)
	}
	f.end(t, first, promptz.ExecutionSucceeded)
	if created, err := f.library.CreateExecution(t.Context(), again, events); err != nil || created {
		t.Errorf("after its end: created %t, %v", created, err)
	}
}

func testExecutionRace(t *testing.T, f *fixture) {
	const starters = 8
	created := make([]bool, starters)
	for _, err := range inParallel(starters, func(i int) (err error) {
		e, events := f.newExecution("same")
		e.Runner = fmt.Sprint("r", i)
		created[i], err = f.library.CreateExecution(t.Context(), e, events)
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	winner := slices.Index(created, true)
	if winner < 0 || slices.Contains(created[winner+1:], true) {
		t.Fatalf("created: %v, want one", created)
	}
	if e := f.findExecution(t, "same"); e.Runner != fmt.Sprint("r", winner) {
		t.Errorf("%s has it, and r%d was told so", e.Runner, winner)
	}
}

func testExecutionStale(t *testing.T, f *fixture) {
	first := f.start(t, "one")
	a, b := f.findExecution(t, "one"), f.findExecution(t, "one")
	a.Runner = "a"
	if err := f.library.UpdateExecution(t.Context(), a, f.move(a, 1)); err != nil {
		t.Fatal(err)
	}
	b.Runner = "b"
	for name, old := range map[string]*promptz.Execution{"read": b, "written": first} {
		if err := f.library.UpdateExecution(t.Context(), old, f.move(old, 1)); !errors.Is(err, promptz.ErrStale) {
			t.Errorf("of a state that was %s: %v, want %v", name, err, promptz.ErrStale)
		}
	}
	for range 2 { // an update gives the guard of the next
		if err := f.library.UpdateExecution(t.Context(), a, f.move(a, 1)); err != nil {
			t.Fatal(err)
		}
	}
	now := f.findExecution(t, "one")
	if now.Runner != "a" || now.Events != 4 {
		t.Errorf("%s has it after %d events, want a after 4", now.Runner, now.Events)
	}
	if history, err := f.library.FindHistory(t.Context(), now); err != nil || len(history) != 4 {
		t.Errorf("history of %d, %v; want 4", len(history), err)
	}
	gone, _ := f.newExecution("gone")
	gone.Guard = a.Guard
	if err := f.library.UpdateExecution(t.Context(), gone, nil); err == nil {
		t.Error("one that is not there was updated")
	}
}

func testExecutionsDue(t *testing.T, f *fixture) {
	now := f.clock.now()
	for name, due := range map[string]time.Duration{"later": time.Hour, "third": -time.Second, "first": -time.Hour, "second": -time.Minute, "ended": -time.Hour} {
		e := f.start(t, name)
		e.DueAt = now.Add(due)
		if name == "ended" {
			f.end(t, e, promptz.ExecutionSucceeded)
		} else if err := f.library.UpdateExecution(t.Context(), e, nil); err != nil {
			t.Fatal(err)
		}
	}
	due := func(at time.Time, limit int) []string {
		t.Helper()
		refs, err := f.library.FindDueExecutions(t.Context(), at, limit)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, ref := range refs {
			if ref.Machine != "m" {
				t.Errorf("%+v is of another machine", ref)
			}
			names = append(names, ref.Name)
		}
		return names
	}
	for _, tt := range []struct {
		what  string
		at    time.Time
		limit int
		want  []string
	}{
		{"all that are due", now, 10, []string{"first", "second", "third"}},
		{"the longest due", now, 2, []string{"first", "second"}},
		{"to the millisecond", now.Add(-time.Minute), 10, []string{"first", "second"}},
		{"a millisecond before", now.Add(-time.Minute - time.Millisecond), 10, []string{"first"}},
		{"an hour on", now.Add(time.Hour), 10, []string{"first", "second", "third", "later"}},
		{"none yet", now.Add(-2 * time.Hour), 10, nil},
	} {
		if diff := cmp.Diff(tt.want, due(tt.at, tt.limit)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
}

func testExecutionLists(t *testing.T, f *fixture) {
	var failed []string
	for i := range 7 {
		name := fmt.Sprint("e", i)
		e := f.start(t, name)
		switch i % 3 {
		case 0:
			f.end(t, e, promptz.ExecutionFailed)
			failed = append([]string{name}, failed...)
		case 1:
			f.end(t, e, promptz.ExecutionTimedOut)
		}
	}
	filter := promptz.ExecutionFilter{Machine: "m", Status: promptz.ExecutionFailed, Limit: 2}
	var got []string
	for pages := 1; ; pages++ {
		page, err := f.library.FindExecutions(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Executions {
			got = append(got, e.Name)
		}
		if filter.Position = page.Next; page.Next == "" {
			if pages != 2 {
				t.Errorf("%d pages, want 2", pages)
			}
			break
		}
	}
	if diff := cmp.Diff(failed, got); diff != "" {
		t.Errorf("failed, the latest first (-want +got):\n%s", diff)
	}
	page, err := f.library.FindExecutions(t.Context(), promptz.ExecutionFilter{Machine: "m", Status: promptz.ExecutionRunning, Limit: 100})
	if err != nil || len(page.Executions) != 2 || page.Next != "" {
		t.Errorf("running: %d, next %q, %v; want 2", len(page.Executions), page.Next, err)
	}
	for machine, status := range map[string]promptz.ExecutionStatus{"m": promptz.ExecutionSucceeded, "n": promptz.ExecutionFailed} {
		page, err := f.library.FindExecutions(t.Context(), promptz.ExecutionFilter{Machine: machine, Status: status, Limit: 10})
		if err != nil || len(page.Executions) != 0 {
			t.Errorf("%s of %s: %d, %v; want none", status, machine, len(page.Executions), err)
		}
	}
}

func testExecutionHistory(t *testing.T, f *fixture) {
	e := f.start(t, "long")
	want := []promptz.ExecutionEvent{{ID: 1, Type: "ExecutionStarted", At: e.StartedAt, Details: json.RawMessage(`{"input":{"a":1}}`)}}
	for e.Events < 241 { // more than two pages
		events := f.move(e, 40)
		events[0].Details = json.RawMessage(fmt.Sprintf(`{"name":%q}`, fmt.Sprint("state ", e.Events)))
		if err := f.library.UpdateExecution(t.Context(), e, events); err != nil {
			t.Fatal(err)
		}
		want = append(want, events...)
	}
	got, err := f.library.FindHistory(t.Context(), f.findExecution(t, "long"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("history (-want +got):\n%.2000s", diff)
	}
	e.Events++
	_, err = f.library.FindHistory(t.Context(), e)
	wantCode(t, err, promptz.CodeNotFound)
}

// An execution outlives its end by 90 days. One that runs stays as long as it
// runs.
func testExecutionsExpire(t *testing.T, f *fixture) {
	const day = 24 * time.Hour
	f.end(t, f.start(t, "ended"), promptz.ExecutionSucceeded)
	running := f.start(t, "running")
	f.clock.advance(89 * day)
	f.findExecution(t, "ended")
	f.clock.advance(day + time.Second)
	_, err := f.library.FindExecution(t.Context(), "m", "ended")
	wantCode(t, err, promptz.CodeNotFound)
	f.sweepAll(t)
	f.findExecution(t, "running")
	if f.ttl { // there the clock of the store counts
		return
	}
	f.start(t, "ended") // its name is free
	f.end(t, running, promptz.ExecutionFailed)
	if history, err := f.library.FindHistory(t.Context(), running); err != nil || len(history) != 2 {
		t.Errorf("history of %d, %v; want what began 90 days ago too", len(history), err)
	}
	f.end(t, f.findExecution(t, "ended"), promptz.ExecutionFailed)
	f.clock.advance(181 * day)
	f.sweepAll(t)
	f.wantEmpty(t)
}

// sweepAll sweeps the library until nothing is left to sweep.
func (f *fixture) sweepAll(t testing.TB) {
	t.Helper()
	for {
		swept, err := f.library.Sweep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if swept.Expired == 0 {
			return
		}
	}
}
