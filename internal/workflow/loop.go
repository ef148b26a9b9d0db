package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"promptz/internal/promptz"
)

// notify makes Run look for work.
func (l *Local) notify() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run runs what is due until ctx ends. What runs then is left for another, or for
// the next start.
func (l *Local) Run(ctx context.Context) {
	slots := make(chan struct{}, l.most)
	tick := time.NewTicker(l.poll)
	defer tick.Stop()
	var work sync.WaitGroup
	defer work.Wait()
	for {
		for _, ref := range l.due(ctx) {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			work.Go(func() {
				l.resume(ctx, ref)
				l.leave(ref)
				<-slots
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.wake:
		}
	}
}

// due gives executions to run, which this process does not run yet.
func (l *Local) due(ctx context.Context) []promptz.ExecutionRef {
	refs, err := l.store.FindDueExecutions(ctx, l.now(), 2*l.most)
	if err != nil && ctx.Err() == nil {
		l.log.Error("executions could not be looked for; it is tried again", "error", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for ref := range l.suspects {
		if !slices.Contains(refs, ref) {
			delete(l.suspects, ref)
		}
	}
	var free []promptz.ExecutionRef
	for _, ref := range refs {
		if !l.running[ref] {
			l.running[ref] = true
			free = append(free, ref)
		}
	}
	if len(free) == 2*l.most {
		l.notify() // there may be more
	}
	return free
}

func (l *Local) leave(ref promptz.ExecutionRef) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, ref)
}

// resume moves an execution to where it rests or ends.
func (l *Local) resume(ctx context.Context, ref promptz.ExecutionRef) {
	err := l.move(ctx, ref)
	switch {
	case err == nil || ctx.Err() != nil || errors.Is(err, promptz.ErrStale):
	case promptz.ErrorCode(err) == promptz.CodeNotFound: // the index was late
	default:
		l.log.Error("an execution could not go on; it is tried again", "machine", ref.Machine, "execution", ref.Name, "error", err)
	}
}

func (l *Local) move(ctx context.Context, ref promptz.ExecutionRef) error {
	e, err := l.store.FindExecution(ctx, ref.Machine, ref.Name)
	if err != nil {
		return err
	}
	if e.Status != promptz.ExecutionRunning || e.DueAt.After(l.now()) || !l.free(e) {
		return nil
	}
	m, ok := l.machines[e.Machine]
	if !ok {
		l.log.Warn("an execution's machine is not known here", "machine", e.Machine, "execution", e.Name)
		e.DueAt = l.now().Add(later)
		return l.store.UpdateExecution(ctx, e, nil)
	}
	r, err := resume(m, e, l.now)
	if err != nil {
		return err
	}
	return l.drive(ctx, r)
}

// drive goes from edge to edge, and writes at each.
func (l *Local) drive(ctx context.Context, r *run) error {
	at := r.advance()
	for {
		switch {
		case at == calling && ctx.Err() != nil:
			r.exec.Runner, r.exec.DueAt = "", l.now()
		case at == calling || at == full:
			r.exec.Runner, r.exec.DueAt = l.name, l.now().Add(l.lease/2)
		}
		if err := l.write(ctx, r); err != nil {
			return err
		}
		if at == resting || at == ended || ctx.Err() != nil {
			l.tell(at, r.exec)
			return nil
		}
		if at == calling {
			output, failure, err := l.call(ctx, r)
			if err != nil {
				return err
			}
			at = r.returned(output, failure)
		} else {
			at = onward
		}
		if at == onward {
			at = r.advance()
		}
	}
}

// write writes an execution at an edge, also while the process is ending.
func (l *Local) write(ctx context.Context, r *run) error {
	events, err := r.take()
	if err != nil {
		return err
	}
	return l.store.UpdateExecution(context.WithoutCancel(ctx), r.exec, events)
}

// tell logs an execution that did not succeed.
func (l *Local) tell(at edge, e *promptz.Execution) {
	if at == ended && e.Status != promptz.ExecutionSucceeded {
		l.log.Error("an execution failed", "machine", e.Machine, "execution", e.Name, "status", e.Status, "failure", e.Error, "cause", e.Cause)
	}
}

// answer is what an activity gives.
type answer struct {
	output json.RawMessage
	err    error
}

// call calls a Task's activity, and tells others meanwhile that it runs. err is
// set when the execution is not this runner's any more, or left for another.
func (l *Local) call(ctx context.Context, r *run) (output json.RawMessage, failure *Error, err error) {
	s := r.machine.States[r.at.State]
	parameters, failure := r.parameters(&s)
	if failure != nil {
		return nil, failure, nil
	}
	timeout, failure := r.timeout(&s)
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
	case ctx.Err() != nil && a.err != nil: // the process ends, which is no failure of the activity
		r.exec.Runner, r.exec.DueAt = "", l.now()
		return nil, nil, errors.Join(ctx.Err(), l.write(ctx, r))
	case a.err != nil:
		return nil, asError(a.err), nil
	}
	return a.output, nil, nil
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
// is left behind.
func (l *Local) await(ctx context.Context, r *run, answers <-chan answer) (answer, error) {
	beat := time.NewTicker(l.heartbeat)
	defer beat.Stop()
	for {
		select {
		case a := <-answers:
			return a, nil
		case <-ctx.Done():
			select {
			case <-answers:
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

// suspect is an execution whose runner may be gone.
type suspect struct {
	due    time.Time
	events int
	since  time.Time // on this process's own clock, which does not jump
}

// free tells whether no other runner has e: none ever had, or the one that has it
// let a lease pass without a sign of life. That is measured here, since the clocks
// of two machines differ and jump.
func (l *Local) free(e *promptz.Execution) bool {
	if e.Runner == "" || e.Runner == l.name {
		return true
	}
	ref := promptz.ExecutionRef{Machine: e.Machine, Name: e.Name}
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.suspects[ref]
	if !ok || !s.due.Equal(e.DueAt) || s.events != e.Events {
		l.suspects[ref] = suspect{e.DueAt, e.Events, time.Now()}
		return false
	}
	if time.Since(s.since) < l.lease {
		return false
	}
	delete(l.suspects, ref)
	return true
}
