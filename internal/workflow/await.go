package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"promptz/internal/promptz"
)

// answer is what an activity gives.
type answer struct {
	output json.RawMessage
	err    error
}

// call calls a Task's activity, and tells others meanwhile that it runs. err is
// set when the execution is not this runner's any more, or left for another.
func (l *Local) call(ctx context.Context, r *run) (output json.RawMessage, failure *Error, err error) {
	s := r.machine.States[r.at.State]
	parameters, failure := r.parameters(s)
	if failure != nil {
		return nil, failure, nil
	}
	timeout, failure := r.timeout(s)
	if failure != nil {
		return nil, failure, nil
	}
	callCtx, cancel := l.limit(ctx, r, timeout)
	defer cancel()
	answers := make(chan answer, 1)
	go func() {
		output, err := l.activities.Dispatch(callCtx, parameters)
		answers <- answer{output, err}
	}()
	a, err := l.await(callCtx, r, answers)
	switch {
	case err != nil:
		return nil, nil, err
	case a.err == nil:
		return a.output, nil, nil
	case ctx.Err() != nil: // the process ends, which is no failure of the activity
		return nil, nil, errors.Join(ctx.Err(), l.release(ctx, r))
	case callCtx.Err() != nil: // an activity's own timeouts are failures of it
		return nil, &Error{Name: errTimeout}, nil
	}
	return nil, AsError(a.err), nil
}

// limit bounds an activity by its own timeout and by the machine's.
func (l *Local) limit(ctx context.Context, r *run, timeout time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := r.deadline(); ok {
		left := max(deadline.Sub(l.now()), 0)
		if timeout == 0 || left < timeout {
			timeout = left
		}
	} else if timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, timeout)
}

// await gives the activity's answer. One that does not heed the end of its time
// is left behind; one that is done as the process ends has not run in vain.
func (l *Local) await(ctx context.Context, r *run, answers <-chan answer) (answer, error) {
	beat := time.NewTicker(l.heartbeat)
	defer beat.Stop()
	for {
		select {
		case a := <-answers:
			return a, nil
		case <-ctx.Done():
			select {
			case a := <-answers:
				if errors.Is(ctx.Err(), context.Canceled) {
					return a, nil
				}
			case <-time.After(grace):
			}
			return answer{err: ctx.Err()}, nil
		case <-beat.C:
			r.exec.DueAt = l.now().Add(l.lease / 2)
			if err := l.store.UpdateExecution(ctx, r.exec, nil); errors.Is(err, promptz.ErrStale) {
				return answer{}, err
			}
		}
	}
}
