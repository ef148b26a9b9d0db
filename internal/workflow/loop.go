package workflow

import (
	"context"
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
	l.work(true)
	slots := make(chan struct{}, l.most)
	tick := time.NewTicker(l.poll)
	defer tick.Stop()
	var work sync.WaitGroup
	defer work.Wait()
	start := func(ref promptz.ExecutionRef, move func() error) {
		slots <- struct{}{}
		work.Go(func() {
			l.tellFault(ctx, ref, move())
			l.leave(ref)
			<-slots
		})
	}
	for {
		select {
		case <-ctx.Done():
			l.work(false)
			for _, f := range l.left() {
				start(f.ref(), func() error { return l.release(ctx, f.run) })
			}
			return
		case f := <-l.fresh:
			l.unreserve(true)
			start(f.ref(), func() error { return l.takeUp(ctx, f) })
			continue
		case <-tick.C:
		case <-l.wake:
		}
		for _, ref := range l.due(ctx) {
			start(ref, func() error { return l.move(ctx, ref) })
		}
	}
}

// due gives executions to run, which this process does not run yet.
func (l *Local) due(ctx context.Context) []promptz.ExecutionRef {
	l.mu.Lock()
	limit := 2*l.most + len(l.suspects) // which stand in nobody's way
	l.mu.Unlock()
	refs, err := l.store.FindDueExecutions(ctx, l.now(), limit)
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
	progress := false
	for _, ref := range refs {
		if !l.running[ref] {
			l.running[ref] = true
			free = append(free, ref)
			_, suspected := l.suspects[ref]
			progress = progress || !suspected
		}
	}
	if len(refs) == limit && progress {
		l.notify() // there may be more
	}
	return free
}

func (l *Local) leave(ref promptz.ExecutionRef) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, ref)
}

// tellFault logs why an execution could not go on.
func (l *Local) tellFault(ctx context.Context, ref promptz.ExecutionRef, err error) {
	switch {
	case err == nil || ctx.Err() != nil || errors.Is(err, promptz.ErrStale):
	case promptz.ErrorCode(err) == promptz.CodeNotFound: // the index was late
	default:
		l.log.Error("an execution could not go on; it is tried again", "machine", ref.Machine, "execution", ref.Name, "error", err)
	}
}

// move moves an execution that is due to where it rests or ends.
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
	at := r.advance()
	l.claim(e, at, true)
	if err := l.write(ctx, r); err != nil {
		return err
	}
	return l.drive(ctx, r, at)
}

// drive goes from edge to edge, and writes at each. The execution was written at
// the one at which it stands.
func (l *Local) drive(ctx context.Context, r *run, at edge) error {
	for at.goesOn() {
		if ctx.Err() != nil {
			return l.release(ctx, r)
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
		l.claim(r.exec, at, true)
		if err := l.write(ctx, r); err != nil {
			return err
		}
	}
	if at == ended && r.exec.Status != promptz.ExecutionSucceeded {
		e := r.exec
		l.log.Error("an execution failed", "machine", e.Machine, "execution", e.Name, "status", e.Status, "failure", e.Error, "cause", e.Cause)
	}
	return nil
}

// claim says in an execution that goes on from an edge who has it: this runner,
// or none yet.
func (l *Local) claim(e *promptz.Execution, at edge, hold bool) {
	switch {
	case !at.goesOn():
	case hold:
		e.Runner, e.DueAt = l.name, l.now().Add(l.lease/2)
	default:
		e.Runner, e.DueAt = "", l.now()
	}
}

// release leaves an execution for another runner.
func (l *Local) release(ctx context.Context, r *run) error {
	r.exec.Runner, r.exec.DueAt = "", l.now()
	return l.write(ctx, r)
}

// write writes an execution at an edge, also while the process is ending.
func (l *Local) write(ctx context.Context, r *run) error {
	events, err := r.take()
	if err != nil {
		return err
	}
	return l.store.UpdateExecution(context.WithoutCancel(ctx), r.exec, events)
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
