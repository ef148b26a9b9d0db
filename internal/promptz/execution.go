package promptz

import (
	"encoding/json"
	"time"
)

// ExecutionStatus is how far an execution is. The names are those of AWS Step
// Functions, in lower case.
type ExecutionStatus string

// The statuses.
const (
	ExecutionRunning   ExecutionStatus = "running"
	ExecutionSucceeded ExecutionStatus = "succeeded"
	ExecutionFailed    ExecutionStatus = "failed"
	ExecutionTimedOut  ExecutionStatus = "timed_out"
)

// ExecutionStatuses lists them all.
var ExecutionStatuses = []ExecutionStatus{ExecutionRunning, ExecutionSucceeded, ExecutionFailed, ExecutionTimedOut}

// Execution is one run of a machine. Machine and Name identify it for 90 days: a
// name that was used starts nothing.
type Execution struct {
	Machine   string
	Name      string // 1–80 of [A-Za-z0-9_-]
	Status    ExecutionStatus
	Input     json.RawMessage
	Output    json.RawMessage // once it succeeded
	Error     string          // once it failed: the error's name, such as "States.Timeout"
	Cause     string          // and what it says
	StartedAt time.Time
	StoppedAt time.Time // zero while it runs

	// Frame is where a running execution goes on; opaque to the store.
	Frame json.RawMessage
	// DueAt is when it goes on: when a wait ends, or when whoever runs it now is
	// taken for dead.
	DueAt time.Time
	// Runner is the process that runs it now, "" is none.
	Runner string
	// Events is how many events its history has.
	Events int

	// Guard is the store's own token, see [Item.Guard].
	Guard any
}

// ExecutionEvent is one entry of an execution's history. Type and Details are
// those of Step Functions' GetExecutionHistory.
type ExecutionEvent struct {
	ID       int // from 1, dense
	Previous int // the event it follows, 0 for the first
	Type     string
	At       time.Time
	Details  json.RawMessage // nil where the type has none
}

// ExecutionFilter says which executions a list holds, the latest first.
type ExecutionFilter struct {
	Machine  string
	Status   ExecutionStatus
	Position string // go on after this one, see ExecutionPage.Next; "" is the beginning
	Limit    int    // 1–100
}

// ExecutionPage is one page of a list; its executions have no history.
type ExecutionPage struct {
	Executions []*Execution
	Next       string // ExecutionFilter.Position of the next page, "" on the last
}

// ExecutionRef names an execution.
type ExecutionRef struct {
	Machine, Name string
}
