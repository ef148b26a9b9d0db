package stepfunctions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/google/go-cmp/cmp"

	"promptz/internal/workflow"
	"promptz/internal/workflow/stepfunctions"
)

func TestHandler(t *testing.T) {
	t.Parallel()
	activities := workflow.Activities{
		"Well": func(_ context.Context, c workflow.Call) (any, error) { return c, nil },
		"Named": func(context.Context, workflow.Call) (any, error) {
			return nil, fmt.Errorf("look: %w", &workflow.Error{Name: "NotSafe", Cause: "a key"})
		},
		"Reserved": func(context.Context, workflow.Call) (any, error) {
			return nil, &workflow.Error{Name: "States.Runtime", Cause: "not its own"}
		},
		"Plain": func(context.Context, workflow.Call) (any, error) { return nil, errors.New("disk") },
		"Late":  func(context.Context, workflow.Call) (any, error) { return nil, context.DeadlineExceeded },
		"Panic": func(context.Context, workflow.Call) (any, error) { panic("nil map") },
	}
	handle := stepfunctions.Handler(activities)
	call := func(activity string) (json.RawMessage, error) {
		return handle(t.Context(), json.RawMessage(`{"activity":"`+activity+`","execution":"e","state":"s","input":{"a":"<b>"}}`))
	}
	output, err := call("Well")
	if want := `{"Execution":"e","State":"s","Input":{"a":"<b>"}}`; err != nil || string(output) != want {
		t.Errorf("%s, %v; want %s", output, err, want)
	}
	for activity, want := range map[string]messages.InvokeResponse_Error{
		"Named":    {Type: "NotSafe", Message: "a key"},
		"Plain":    {Type: "TaskFailed", Message: "disk"},
		"Late":     {Type: "TaskFailed", Message: "context deadline exceeded"}, // who calls knows what timed out
		"Panic":    {Type: "TaskFailed", Message: "activity Panic panicked: nil map"},
		"Reserved": {Type: "TaskFailed", Message: "not its own"},
		"Other":    {Type: "TaskFailed", Message: `there is no activity "Other"`},
	} {
		output, err := call(activity)
		got, _ := err.(messages.InvokeResponse_Error) // as aws-lambda-go looks for it, without unwrapping
		if diff := cmp.Diff(want, got); diff != "" || output != nil {
			t.Errorf("%s: %s, %v %s", activity, output, err, diff)
		}
	}
}
