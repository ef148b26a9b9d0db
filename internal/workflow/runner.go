package workflow

import (
	"context"
	"encoding/json"

	"promptz/internal/promptz"
)

// Runner runs machines, in this process or elsewhere. Safe for concurrent use.
// Machines and executions that are not there are [promptz.CodeNotFound].
type Runner interface {
	// Start starts an execution, once for each machine and name: a name that was
	// used in the last 90 days starts nothing, and is no error. The name is 1 to 80
	// of A-Z a-z 0-9 _ -, the input at most 256 KiB of JSON.
	Start(ctx context.Context, machine, name string, input json.RawMessage) error
	// FindExecutions gives a page of a machine's executions of one status, the
	// latest first, without their data.
	FindExecutions(ctx context.Context, f promptz.ExecutionFilter) (promptz.ExecutionPage, error)
	FindExecution(ctx context.Context, ref promptz.ExecutionRef) (*promptz.Execution, error)
	// FindHistory gives an execution's whole history.
	FindHistory(ctx context.Context, ref promptz.ExecutionRef) ([]promptz.ExecutionEvent, error)
	// Retry makes an execution that failed or timed out go on in the state that it
	// was in. Others fail with [promptz.CodeConflict].
	Retry(ctx context.Context, ref promptz.ExecutionRef) error
	// Run does the work of a runner that works in this process, until ctx ends.
	Run(ctx context.Context)
}
