package workflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Call is one call of an activity. It is made at least once for each state of an
// execution, so that the two together are what an activity is idempotent by.
type Call struct {
	Execution string // its name
	State     string
	Input     json.RawMessage
}

// Activity does the work of a Task. An [*Error] that it gives can be named by
// Retry and Catch; any other error is States.TaskFailed. Called concurrently.
type Activity func(ctx context.Context, c Call) (output any, err error)

// Activities are all activities by their names. Never changed once it is in use.
type Activities map[string]Activity

// payload is what a Task's Parameters make, for both runners.
type payload struct {
	Activity  string          `json:"activity"`
	Execution string          `json:"execution"`
	State     string          `json:"state"`
	Input     json.RawMessage `json:"input"`
}

// Dispatch calls the activity that a Task's parameters name. An activity that
// panics has failed.
func (a Activities) Dispatch(ctx context.Context, parameters []byte) (output json.RawMessage, err error) {
	var p payload
	if err := json.Unmarshal(parameters, &p); err != nil {
		return nil, fmt.Errorf("parameters of a task: %w", err)
	}
	activity, ok := a[p.Activity]
	if !ok {
		return nil, fmt.Errorf("there is no activity %q", p.Activity)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("activity %s panicked: %v", p.Activity, r)
		}
	}()
	v, err := activity(ctx, Call{p.Execution, p.State, p.Input})
	if err != nil {
		return nil, err
	}
	return encode(v)
}

// Typed makes an activity of a function whose input has a type. Input with fields
// that the type lacks is refused.
func Typed[I any](f func(ctx context.Context, c Call, input I) (any, error)) Activity {
	return func(ctx context.Context, c Call) (any, error) {
		var input I
		d := json.NewDecoder(bytes.NewReader(c.Input))
		d.DisallowUnknownFields()
		if err := d.Decode(&input); err != nil {
			return nil, fmt.Errorf("input of an activity: %w", err)
		}
		return f(ctx, c, input)
	}
}

// AsError gives an activity's error its name: that of its own [Error], or that a
// task failed. What is too long for Step Functions is cut.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok && e.Name != "" {
		return e.cut()
	}
	return (&Error{Name: errTaskFailed, Cause: err.Error()}).cut()
}
