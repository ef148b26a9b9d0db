package workflow

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"promptz/internal/promptz"
)

const (
	// pollInterval is how often executions are looked for that are due.
	pollInterval = time.Second
	// lease is how long an execution whose runner is not heard of is left alone.
	lease = 10 * time.Second
	// heartbeat is how often a runner says that an activity still runs.
	heartbeat = 3 * time.Second
	// later is when an execution is looked at again whose machine is not known
	// here; a newer process may know it.
	later = time.Minute
	// freshPerSlot is how many runs may stand ready for each that runs.
	freshPerSlot = 8
	// grace is how long an activity may take to notice that it is to end.
	grace = time.Second
)

// Store is where executions lie.
type Store interface {
	// CreateExecution tells whether there was none of that machine and name.
	CreateExecution(ctx context.Context, e *promptz.Execution, events []promptz.ExecutionEvent) (created bool, err error)
	// UpdateExecution fails with [promptz.ErrStale] when another has moved e since
	// it was read, and sets e.Guard.
	UpdateExecution(ctx context.Context, e *promptz.Execution, events []promptz.ExecutionEvent) error
	// FindExecution fails with [promptz.CodeNotFound].
	FindExecution(ctx context.Context, machine, name string) (*promptz.Execution, error)
	// FindDueExecutions names executions that are due, the longest due first.
	FindDueExecutions(ctx context.Context, now time.Time, limit int) ([]promptz.ExecutionRef, error)
	FindExecutions(ctx context.Context, f promptz.ExecutionFilter) (promptz.ExecutionPage, error)
	FindHistory(ctx context.Context, e *promptz.Execution) ([]promptz.ExecutionEvent, error)
}

// Local runs executions in this process, together with those of other processes
// on the same store.
type Local struct {
	machines   map[string]*Machine
	activities Activities
	store      Store
	name       string
	most       int
	now        func() time.Time
	log        *slog.Logger

	wake chan struct{}
	// fresh are runs that this process has written and holds, so that they need not
	// be looked for and read. Whoever makes one that runs has a place in it.
	fresh chan fresh

	lease, heartbeat, poll time.Duration

	mu       sync.Mutex
	works    bool // whether Run runs
	places   int  // in fresh
	running  map[promptz.ExecutionRef]bool
	suspects map[promptz.ExecutionRef]suspect
}

// LocalDeps are what a local runner is made of.
type LocalDeps struct {
	Machines   []*Machine
	Activities Activities
	Store      Store
	Name       string // of this runner: no two may have the same
	Most       int    // how many executions run at once
	Now        func() time.Time
	Log        *slog.Logger
}

// NewLocal makes a runner, which works once it runs.
func NewLocal(d LocalDeps) *Local {
	machines := map[string]*Machine{}
	for _, m := range d.Machines {
		machines[m.Name] = m
	}
	return &Local{
		machines: machines, activities: d.Activities, store: d.Store, name: d.Name, most: d.Most, now: d.Now, log: d.Log,
		wake: make(chan struct{}, 1), fresh: make(chan fresh, freshPerSlot*d.Most), lease: lease, heartbeat: heartbeat, poll: pollInterval,
		running: map[promptz.ExecutionRef]bool{}, suspects: map[promptz.ExecutionRef]suspect{},
	}
}

var _ Runner = (*Local)(nil)

// Start writes a new execution at its first edge, see [Runner].
func (l *Local) Start(ctx context.Context, machine, name string, input json.RawMessage) error {
	m, ok := l.machines[machine]
	if !ok {
		return noMachine(opStart, machine)
	}
	if err := checkSizes(name, input); err != nil {
		return err
	}
	e := &promptz.Execution{Machine: machine, Name: name, Status: promptz.ExecutionRunning, Input: input, StartedAt: l.now()}
	r, err := begin(m, e, l.now)
	if err != nil {
		return notJSON(err)
	}
	at := r.advance()
	hold := at.goesOn() && l.reserve()
	l.claim(e, at, hold)
	events, err := r.take()
	if err != nil {
		l.unreserve(hold)
		return err
	}
	created, err := l.store.CreateExecution(ctx, e, events)
	switch {
	case err != nil || !created:
		l.unreserve(hold)
	case hold:
		l.hand(ctx, fresh{r, at, time.Now()})
	case at.goesOn():
		l.notify()
	}
	return err
}

// FindExecutions gives a page of executions, see [Runner].
func (l *Local) FindExecutions(ctx context.Context, f promptz.ExecutionFilter) (promptz.ExecutionPage, error) {
	if _, ok := l.machines[f.Machine]; !ok {
		return promptz.ExecutionPage{}, noMachine("find executions", f.Machine)
	}
	return l.store.FindExecutions(ctx, f)
}

// FindExecution gives an execution, see [Runner].
func (l *Local) FindExecution(ctx context.Context, ref promptz.ExecutionRef) (*promptz.Execution, error) {
	return l.store.FindExecution(ctx, ref.Machine, ref.Name)
}

// FindHistory gives an execution's history, see [Runner].
func (l *Local) FindHistory(ctx context.Context, ref promptz.ExecutionRef) ([]promptz.ExecutionEvent, error) {
	e, err := l.store.FindExecution(ctx, ref.Machine, ref.Name)
	if err != nil {
		return nil, err
	}
	return l.store.FindHistory(ctx, e)
}

// Retry makes a failed execution go on, see [Runner].
func (l *Local) Retry(ctx context.Context, ref promptz.ExecutionRef) error {
	const op = "retry execution"
	m, ok := l.machines[ref.Machine]
	if !ok {
		return noMachine(op, ref.Machine)
	}
	e, err := l.store.FindExecution(ctx, ref.Machine, ref.Name)
	if err != nil {
		return err
	}
	if e.Status != promptz.ExecutionFailed && e.Status != promptz.ExecutionTimedOut {
		return &promptz.Error{Code: promptz.CodeConflict, Op: op, Message: "Execution " + ref.Name + " is " + string(e.Status) + "; one that failed or timed out can be tried again."}
	}
	r, err := resume(m, e, l.now)
	if err != nil {
		return err
	}
	r.redrive()
	if err := l.write(ctx, r); err != nil {
		return err
	}
	l.notify()
	return nil
}

func noMachine(op, machine string) error {
	return &promptz.Error{Code: promptz.CodeNotFound, Op: op, Message: "There is no machine " + machine + "."}
}
