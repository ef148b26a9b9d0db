package workflow

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"promptz/internal/promptz"
)

// farthest is how far off the end of a wait may be, as on AWS.
const farthest = math.MaxInt32 * time.Second

// input gives what the state works on: its input by InputPath.
func (r *run) input(s *state) (any, *Error) { return r.through("InputPath", s.InputPath, r.data) }

// through gives what a path of the state leads to in data. A path that is null
// gives {}.
func (r *run) through(field string, p path, data any) (any, *Error) {
	if p.null {
		return map[string]any{}, nil
	}
	v, ok := p.find(r.scope(data))
	if !ok {
		return nil, failed(errRuntime, "%s '%s' leads nowhere in the data of state %q", field, p, r.at.State)
	}
	return v, nil
}

// fill fills a template, data itself without one.
func (r *run) fill(t template, data any) (any, *Error) {
	if t.root == nil {
		return data, nil
	}
	return t.root.fill(r.scope(data))
}

// result puts a result where ResultPath says in the state's input; a path that is
// null drops it.
func (r *run) result(p path, result any) (any, *Error) {
	if p.null {
		return r.data, nil
	}
	output, ok := p.place(r.data, result)
	if !ok {
		return nil, failed(errResultPath, "ResultPath '%s' has no place in the data of state %q", p, r.at.State)
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
	if s.Result.given {
		data = s.Result.value
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
	for _, rule := range s.Choices {
		ok, err := rule.holds(r.scope(data))
		if err != nil {
			return ended, err
		}
		if ok {
			return r.leave(s, rule.next, data)
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
	until := s.until
	switch {
	case s.Seconds != nil:
		until = r.at.Entered.Add(time.Duration(*s.Seconds) * time.Second)
	case s.SecondsPath.given():
		seconds, err := r.seconds("SecondsPath", s.SecondsPath, data, 0)
		if err != nil {
			return until, err
		}
		until = r.at.Entered.Add(seconds)
	case s.TimestampPath.given():
		v, _ := s.TimestampPath.find(r.scope(data))
		t, ok := asTime(v)
		if !ok {
			return until, failed(errRuntime, "TimestampPath '%s' of state %q must lead to a time as RFC 3339 has it", s.TimestampPath, r.at.State)
		}
		until = t.(time.Time)
	}
	if until.Sub(r.at.Entered) > farthest {
		return until, failed(errRuntime, "the end of the wait of state %q is too far off", r.at.State)
	}
	return until, nil
}

// seconds gives what a path leads to: a whole number of seconds.
func (r *run) seconds(field string, p path, data any, least int64) (time.Duration, *Error) {
	v, _ := p.find(r.scope(data))
	n, _ := v.(json.Number)
	seconds, err := n.Int64()
	if err != nil || seconds < least || seconds > maxSeconds {
		return 0, failed(errRuntime, "%s '%s' of state %q must lead to a whole number from %d to %d", field, p, r.at.State, least, maxSeconds)
	}
	return time.Duration(seconds) * time.Second, nil
}

// failure is the error that a Fail names.
func (r *run) failure(s *state) *Error {
	name, err := r.text(s.Error, "ErrorPath", s.ErrorPath)
	if err != nil {
		return err
	}
	cause, err := r.text(s.Cause, "CausePath", s.CausePath)
	if err != nil {
		return err
	}
	return &Error{Name: name, Cause: cause}
}

// text gives what a path leads to, without one the text.
func (r *run) text(text, field string, p path) (string, *Error) {
	if !p.given() {
		return text, nil
	}
	v, _ := p.find(r.scope(r.data))
	text, ok := v.(string)
	if !ok {
		return "", failed(errRuntime, "%s '%s' of state %q must lead to text", field, p, r.at.State)
	}
	return text, nil
}

// task stands at the call of an activity.
func (r *run) task(s *state) (edge, *Error) {
	if r.at.Phase == called { // whoever called it is gone: call it again
		return calling, nil
	}
	if _, err := r.timeout(s); err != nil {
		return ended, err
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
	switch {
	case s.TimeoutSecondsPath.given():
		return r.seconds("TimeoutSecondsPath", s.TimeoutSecondsPath, r.data, 1)
	case s.TimeoutSeconds != nil:
		return time.Duration(*s.TimeoutSeconds) * time.Second, nil
	}
	return 0, nil
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
		at, failure = r.succeeded(s, output)
	} else {
		kind := "LambdaFunctionFailed"
		if failure.Name == errTimeout {
			kind = "LambdaFunctionTimedOut"
		}
		r.record(kind, details{Error: failure.Name, Cause: failure.Cause})
	}
	if failure != nil {
		if at, failure = r.handle(s, failure); failure != nil {
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
