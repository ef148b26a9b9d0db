package workflow

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"promptz/internal/promptz"
)

// maxWait is the longest wait, in seconds.
const maxWait = 99_999_999

// input gives what the state works on: its input by InputPath.
func (r *run) input(s *state) (any, *Error) { return r.through("InputPath", s.InputPath, r.data) }

// through gives what a path of the state leads to in data. A path that is null
// gives {}.
func (r *run) through(field string, p path, data any) (any, *Error) {
	if p.null {
		return map[string]any{}, nil
	}
	v, err := find(p.or(), data, r.context())
	if err != nil {
		return nil, failed(errRuntime, "%s: %v in the data of state %q", field, err, r.at.State)
	}
	return v, nil
}

// fill fills a template, data itself without one.
func (r *run) fill(template json.RawMessage, data any) (any, *Error) {
	if template == nil {
		return data, nil
	}
	v, err := fill(template, data, r.context())
	return v, named(err)
}

// named is err by its name, States.Runtime when it has none.
func named(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return failed(errRuntime, "%v", err)
}

// result puts a result where ResultPath says in the state's input; a path that is
// null drops it.
func (r *run) result(p path, result any) (any, *Error) {
	if p.null {
		return r.data, nil
	}
	output, err := place(p.or(), r.data, result)
	if err != nil {
		return nil, failed(errResultPath, "ResultPath %s: %v in the data of state %q", p.or(), err, r.at.State)
	}
	return output, nil
}

// leave exits the state with what OutputPath leads to.
func (r *run) leave(s *state, next string, output any) (edge, *Error) {
	output, err := r.through("OutputPath", s.OutputPath, output)
	if err != nil {
		return ended, err
	}
	return r.exit(s.Type, next, output)
}

// pass goes through a Pass or a Succeed.
func (r *run) pass(s *state) (edge, *Error) {
	data, err := r.input(s)
	if err != nil {
		return ended, err
	}
	if data, err = r.fill(s.Parameters, data); err != nil {
		return ended, err
	}
	if s.Result != nil {
		data, _ = decode(s.Result) // it was read when the machine was parsed
	}
	if s.Type == typePass {
		if data, err = r.result(s.ResultPath, data); err != nil {
			return ended, err
		}
	}
	return r.leave(s, s.Next, data)
}

// choose goes on with the first rule that holds.
func (r *run) choose(s *state) (edge, *Error) {
	data, err := r.input(s)
	if err != nil {
		return ended, err
	}
	for i := range s.Choices {
		ok, err := s.Choices[i].holds(data, r.context())
		if err != nil {
			return ended, named(err)
		}
		if ok {
			return r.leave(s, s.Choices[i].Next, data)
		}
	}
	if s.Default == "" {
		return ended, failed(errNoChoice, "no rule of state %q holds, and it has no Default", r.at.State)
	}
	return r.leave(s, s.Default, data)
}

// wait rests until the wait's end, and then goes on.
func (r *run) wait(s *state) (edge, *Error) {
	data, err := r.input(s)
	if err != nil {
		return ended, err
	}
	if r.at.Phase == toEnter {
		until, err := r.until(s, data)
		if err != nil {
			return ended, err
		}
		if until.After(r.now()) {
			return r.rest(waiting, until), nil
		}
	}
	return r.leave(s, s.Next, data)
}

// until is when a Wait ends.
func (r *run) until(s *state, data any) (time.Time, *Error) {
	switch {
	case s.Seconds != nil:
		return r.at.Entered.Add(time.Duration(*s.Seconds) * time.Second), nil
	case s.Timestamp != "":
		t, _ := time.Parse(time.RFC3339, s.Timestamp) // the lint has read it
		return t, nil
	case s.SecondsPath != "":
		v, err := find(s.SecondsPath, data, r.context())
		n, ok := v.(json.Number)
		seconds, notWhole := n.Int64()
		if err != nil || !ok || notWhole != nil || seconds < 0 || seconds > maxWait {
			return time.Time{}, failed(errRuntime, "SecondsPath %s of state %q must lead to a whole number from 0 to %d", s.SecondsPath, r.at.State, maxWait)
		}
		return r.at.Entered.Add(time.Duration(seconds) * time.Second), nil
	}
	v, err := find(s.TimestampPath, data, r.context())
	t, ok := asTime(v)
	if err != nil || !ok {
		return time.Time{}, failed(errRuntime, "TimestampPath %s of state %q must lead to a time as RFC 3339 has it", s.TimestampPath, r.at.State)
	}
	return t.(time.Time), nil
}

// failure is the error that a Fail names.
func (r *run) failure(s *state) *Error {
	e := &Error{Name: s.Error, Cause: s.Cause}
	for path, field := range map[string]*string{s.ErrorPath: &e.Name, s.CausePath: &e.Cause} {
		if path == "" {
			continue
		}
		v, err := find(path, r.data, r.context())
		text, ok := v.(string)
		if err != nil || !ok {
			return failed(errRuntime, "path %s of state %q must lead to text", path, r.at.State)
		}
		*field = text
	}
	return e
}

// task stands at the call of an activity.
func (r *run) task(s *state) (edge, *Error) {
	if r.at.Phase == called { // whoever called it is gone: call it again
		return calling, nil
	}
	parameters, err := r.parameters(s)
	if err != nil {
		return r.handle(s, err)
	}
	r.record("LambdaFunctionScheduled", details{Resource: s.Resource, Input: parameters})
	r.record("LambdaFunctionStarted", details{})
	r.at.Phase = called
	return calling, nil
}

// parameters are what a Task's activity is called with.
func (r *run) parameters(s *state) (json.RawMessage, *Error) {
	data, err := r.input(s)
	if err != nil {
		return nil, err
	}
	if data, err = r.fill(s.Parameters, data); err != nil {
		return nil, err
	}
	return r.encode(data)
}

// timeout is how long a Task's activity may take, 0 is forever.
func (r *run) timeout(s *state) (time.Duration, *Error) {
	if s.TimeoutSecondsPath == "" {
		return time.Duration(s.TimeoutSeconds) * time.Second, nil
	}
	v, err := find(s.TimeoutSecondsPath, r.data, r.context())
	n, _ := v.(json.Number)
	seconds, notWhole := n.Int64()
	if err != nil || notWhole != nil || seconds < 1 || seconds > maxWait {
		return 0, failed(errRuntime, "TimeoutSecondsPath %s of state %q must lead to a whole number from 1 to %d", s.TimeoutSecondsPath, r.at.State, maxWait)
	}
	return time.Duration(seconds) * time.Second, nil
}

// returned goes on after an activity: with its output, or its error.
func (r *run) returned(output json.RawMessage, failure *Error) edge {
	if deadline, ok := r.deadline(); ok && !r.now().Before(deadline) {
		return r.stop(promptz.ExecutionTimedOut, &Error{Name: errTimeout})
	}
	s := r.machine.States[r.at.State]
	if failure == nil {
		failure = r.tooLong(output)
	}
	var at edge
	if failure == nil {
		r.record("LambdaFunctionSucceeded", details{Output: output})
		at, failure = r.succeeded(&s, output)
	} else {
		kind := "LambdaFunctionFailed"
		if failure.Name == errTimeout {
			kind = "LambdaFunctionTimedOut"
		}
		r.record(kind, details{Error: failure.Name, Cause: failure.Cause})
	}
	if failure != nil {
		if at, failure = r.handle(&s, failure); failure != nil {
			return r.stop(promptz.ExecutionFailed, failure)
		}
	}
	return at
}

func (r *run) tooLong(output json.RawMessage) *Error {
	if len(output) > maxData {
		return failed(errDataLimit, "the activity of state %q gives %d bytes; %d are the most", r.at.State, len(output), maxData)
	}
	return nil
}

// succeeded leaves a Task whose activity has.
func (r *run) succeeded(s *state, output json.RawMessage) (edge, *Error) {
	v, err := decode(output)
	if err != nil {
		return ended, failed(errRuntime, "%v", err)
	}
	selected, failure := r.fill(s.ResultSelector, v)
	if failure != nil {
		return ended, failure
	}
	if selected, failure = r.result(s.ResultPath, selected); failure != nil {
		return ended, failure
	}
	return r.leave(s, s.Next, selected)
}

// number is a whole number as decoded JSON has it.
func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }
