// Package workflowtest is the conformance suite of what runs machines: whatever
// runs them, an execution is started once for each name, goes the same way, ends in
// the same status, and is told of alike.
//
// What the language means in its details is not its subject; the table of package
// workflow is.
package workflowtest

import (
	"encoding/json"
	"testing"
	"time"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

// Opener gives a runner that has the machines and calls [Activities], perhaps in
// another process of this computer. The runner runs until t ends.
type Opener func(t *testing.T, machines []*workflow.Machine) workflow.Runner

// patience is how long an execution may take.
const patience = 30 * time.Second

// suite are the cases by their names.
var suite = []struct {
	name string
	run  func(*testing.T, *fixture)
}{
	{"NameStartsOnce", testNameStartsOnce},
	{"NameIsOfItsMachine", testNameIsOfItsMachine},
	{"StartRefuses", testStartRefuses},
	{"StartTakes", testStartTakes},
	{"NullIsData", testNullIsData},
	{"NotFound", testNotFound},
	{"ListOfNoMachine", testListOfNoMachine},
	{"Output", testOutput},
	{"Failures", testFailures},
	{"WaitThenOn", testWaitThenOn},
	{"RetryUntilItWorks", testRetryUntilItWorks},
	{"CatchAfterRetries", testCatchAfterRetries},
	{"TaskTimesOut", testTaskTimesOut},
	{"MachineTimesOut", testMachineTimesOut},
	{"HistoryOfStates", testHistoryOfStates},
	{"HistoryOfTasks", testHistoryOfTasks},
	{"HistoryPrevious", testHistoryPrevious},
	{"Lists", testLists},
	{"Pages", testPages},
	{"RedriveGoesOn", testRedriveGoesOn},
	{"RedriveRefuses", testRedriveRefuses},
}

// Run runs the suite on one runner. Cases that it can't pass are left out, each by
// its name with the reason; a name that is none fails.
func Run(t *testing.T, open Opener, leftOut map[string]string) {
	t.Helper()
	f := &fixture{Runner: open(t, parse(t))}
	known := map[string]bool{}
	for _, test := range suite {
		known[test.name] = true
		t.Run(test.name, func(t *testing.T) {
			if reason, ok := leftOut[test.name]; ok {
				t.Skip(reason)
			}
			t.Parallel()
			test.run(t, f)
		})
	}
	for name := range leftOut {
		if !known[name] {
			t.Errorf("there is no case %s to leave out", name)
		}
	}
}

// fixture is the runner under test.
type fixture struct{ workflow.Runner }

// start starts an execution.
func (f *fixture) start(t *testing.T, machine, name, input string) promptz.ExecutionRef {
	t.Helper()
	if err := f.Start(t.Context(), machine, name, json.RawMessage(input)); err != nil {
		t.Fatal(err)
	}
	return promptz.ExecutionRef{Machine: machine, Name: name}
}

// end starts an execution and waits for its end.
func (f *fixture) end(t *testing.T, machine, name, input string) *promptz.Execution {
	t.Helper()
	return f.await(t, f.start(t, machine, name, input))
}

// await waits until an execution has ended, and gives it.
func (f *fixture) await(t *testing.T, ref promptz.ExecutionRef) *promptz.Execution {
	t.Helper()
	for late := time.Now().Add(patience); ; {
		e, err := f.FindExecution(t.Context(), ref)
		switch {
		case err != nil:
			t.Fatal(err)
		case e.Status != promptz.ExecutionRunning:
			return e
		case time.Now().After(late):
			t.Fatalf("execution %s of %s does not end: %+v", ref.Name, ref.Machine, e)
		}
		time.Sleep(10 * time.Millisecond) // the work is done elsewhere, and nobody tells
	}
}

// history gives the whole history of an execution.
func (f *fixture) history(t *testing.T, ref promptz.ExecutionRef) []promptz.ExecutionEvent {
	t.Helper()
	events, err := f.FindHistory(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// list gives the names of all executions of a status, a page after the other, and
// how long each page was.
func (f *fixture) list(t *testing.T, filter promptz.ExecutionFilter) (names []string, pages []int) {
	t.Helper()
	for {
		page, err := f.FindExecutions(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, len(page.Executions))
		for _, e := range page.Executions {
			if e.Machine != filter.Machine || e.Status != filter.Status || e.StartedAt.IsZero() {
				t.Errorf("in the list %+v: %+v", filter, e)
			}
			names = append(names, e.Name)
		}
		if page.Next == "" {
			return names, pages
		}
		if len(pages) > 50 {
			t.Fatalf("the list %+v does not end", filter)
		}
		filter.Position = page.Next
	}
}

// wantCode fails t when an error has another code.
func wantCode(t *testing.T, what string, err error, want promptz.Code) {
	t.Helper()
	if got := promptz.ErrorCode(err); got != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}
