package workflow_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gocloud.dev/docstore/memdocstore"

	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/workflow"
)

// clock is a wall clock that tests set. It stands still otherwise.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.set(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	return c
}

func (c *clock) now() time.Time      { return time.UnixMilli(c.at.Load()).UTC() }
func (c *clock) set(t time.Time)     { c.at.Store(t.UnixMilli()) }
func (c *clock) add(d time.Duration) { c.set(c.now().Add(d)) }

// fixture is a store in memory that runners share.
type fixture struct {
	clock *clock
	store *store.Library
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	c, err := memdocstore.OpenCollection(store.KeyField, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	clock := newClock()
	return &fixture{clock, store.NewLibrary(store.Handles{Consistent: c, Eventual: c}, store.Tuning{}, clock.now, rand.Reader)}
}

// process is a runner that runs until it is killed or stopped.
type process struct {
	*workflow.Local
	store *mortalStore
	stop  func()
}

// start runs a runner with machines by their texts.
func (f *fixture) start(t *testing.T, name string, activities workflow.Activities, machines map[string]string) *process {
	t.Helper()
	return f.startMost(t, name, 16, activities, machines)
}

func (f *fixture) startMost(t *testing.T, name string, most int, activities workflow.Activities, machines map[string]string) *process {
	t.Helper()
	var parsed []*workflow.Machine
	for name, text := range machines {
		m, err := workflow.Parse(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, m)
	}
	return f.startMachines(t, name, most, activities, parsed)
}

func (f *fixture) startMachines(t *testing.T, name string, most int, activities workflow.Activities, machines []*workflow.Machine) *process {
	t.Helper()
	mortal := &mortalStore{Library: f.store}
	l := workflow.NewLocal(workflow.LocalDeps{
		Machines: machines, Activities: activities, Store: mortal, Name: name, Most: most, Now: f.clock.now, Log: slog.New(slog.DiscardHandler),
	})
	l.Hurry(50*time.Millisecond, 10*time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	stop := sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return &process{l, mortal, stop}
}

// mortalStore is the store of a process that can be killed: nothing reaches the
// store from then on. A stand-in for kill -9.
type mortalStore struct {
	*store.Library
	dead   atomic.Bool
	writes atomic.Int32
	// deathAt is the write at which the process dies, 0 is none: before it, or when
	// late before its answer.
	deathAt int32
	late    bool
	stall   atomic.Value // func(), called before every update
	check   func(e *promptz.Execution, events []promptz.ExecutionEvent)
}

var errDead = errors.New("the process was killed")

func (m *mortalStore) write(e *promptz.Execution, events []promptz.ExecutionEvent, do func() error) error {
	if m.dead.Load() {
		return errDead
	}
	if m.check != nil {
		m.check(e, events)
	}
	if m.writes.Add(1) == m.deathAt {
		m.dead.Store(true)
		if m.late {
			if err := do(); err != nil {
				return err
			}
		}
		return errDead
	}
	return do()
}

func (m *mortalStore) CreateExecution(ctx context.Context, e *promptz.Execution, events []promptz.ExecutionEvent) (created bool, err error) {
	err = m.write(e, events, func() (err error) {
		created, err = m.Library.CreateExecution(ctx, e, events)
		return err
	})
	return created, err
}

func (m *mortalStore) UpdateExecution(ctx context.Context, e *promptz.Execution, events []promptz.ExecutionEvent) error {
	if stall, ok := m.stall.Load().(func()); ok {
		stall()
	}
	return m.write(e, events, func() error { return m.Library.UpdateExecution(ctx, e, events) })
}

func (m *mortalStore) FindDueExecutions(ctx context.Context, now time.Time, limit int) ([]promptz.ExecutionRef, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.Library.FindDueExecutions(ctx, now, limit)
}

// await polls until the execution is as wanted, and gives it.
func (f *fixture) await(t *testing.T, machine, name string, wanted func(*promptz.Execution) bool) *promptz.Execution {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		e, err := f.store.FindExecution(t.Context(), machine, name)
		if err == nil && wanted(e) {
			return e
		}
		if time.Now().After(deadline) {
			t.Fatalf("execution %s of %s does not come to be as wanted: %+v, %v", name, machine, e, err)
		}
		time.Sleep(time.Millisecond)
	}
}

func ended(e *promptz.Execution) bool { return e.Status != promptz.ExecutionRunning }

// resting tells whether an execution waits with nobody at it.
func resting(e *promptz.Execution) bool {
	return e.Status == promptz.ExecutionRunning && e.Runner == ""
}

// history gives the types of an execution's events.
func (f *fixture) history(t *testing.T, machine, name string) []string {
	t.Helper()
	e, err := f.store.FindExecution(t.Context(), machine, name)
	if err != nil {
		t.Fatal(err)
	}
	events, err := f.store.FindHistory(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, h := range events {
		types = append(types, h.Type)
	}
	return types
}

// task is a Task's JSON that calls an activity with the whole data.
func task(activity, rest string) string {
	return `{"Type":"Task","Resource":"activity","Parameters":{"activity":"` + activity +
		`","execution.$":"$$.Execution.Name","state.$":"$$.State.Name","input.$":"$"},` + rest + `}`
}

// echo gives what it is called with.
func echo(_ context.Context, c workflow.Call) (any, error) { return json.RawMessage(c.Input), nil }

// stallUntil makes every update wait.
func (m *mortalStore) stallUntil(release <-chan struct{}) { m.stall.Store(func() { <-release }) }

// calls counts calls of activities. Safe for concurrent use.
type calls struct {
	mu     sync.Mutex
	counts map[string]int
	inputs map[string]string
}

func newCalls() *calls { return &calls{counts: map[string]int{}, inputs: map[string]string{}} }

func (c *calls) add(state string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[state]++
}

func (c *calls) states() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.counts))
}
