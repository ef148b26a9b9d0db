package workflow

import (
	"context"
	"time"

	"promptz/internal/promptz"
)

// fresh is a run that this process has just written, and holds, at an edge from
// which it goes on. So it need not be looked for and read, and depends on no clock.
type fresh struct {
	*run
	at    edge
	since time.Time // it is written, on this process's own clock
}

func (r *run) ref() promptz.ExecutionRef {
	return promptz.ExecutionRef{Machine: r.exec.Machine, Name: r.exec.Name}
}

// work says whether Run runs, and takes what is fresh.
func (l *Local) work(works bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.works = works
}

// reserve takes a place for a run that is to be handed over.
func (l *Local) reserve() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.works || l.places == cap(l.fresh) {
		return false
	}
	l.places++
	return true
}

// unreserve gives a place back, if there was one.
func (l *Local) unreserve(held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held {
		l.places--
	}
}

// hand gives a run for which a place was reserved to Run. One that came after the
// end is left for another.
func (l *Local) hand(ctx context.Context, f fresh) {
	l.mu.Lock()
	if l.works {
		l.running[f.ref()] = true
		l.fresh <- f
		l.mu.Unlock()
		return
	}
	l.places--
	l.mu.Unlock()
	l.tellFault(ctx, f.ref(), l.release(ctx, f.run))
}

// left gives what was handed over and not taken.
func (l *Local) left() []fresh {
	var left []fresh
	for {
		select {
		case f := <-l.fresh:
			l.unreserve(true)
			left = append(left, f)
		default:
			return left
		}
	}
}

// takeUp goes on with a run that was handed over. One that stood long may be
// another's by now, which the write of a claim tells.
func (l *Local) takeUp(ctx context.Context, f fresh) error {
	if time.Since(f.since) > l.lease/2 {
		l.claim(f.exec, f.at, true)
		if err := l.write(ctx, f.run); err != nil {
			return err
		}
	}
	return l.drive(ctx, f.run, f.at)
}
