package workflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

// What a dead process held in great number is left alone for a lease, and stands in
// nobody's way meanwhile.
func TestSuspectsStandInNobodysWay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	at := f.clock.now()
	frame := fmt.Appendf(nil, `{"state":"A","since":%q}`, at.Format(time.RFC3339))
	const held, most = 40, 2
	for n := range held + 1 {
		e := &promptz.Execution{
			Machine: "m", Name: fmt.Sprintf("held-%d", n), Status: promptz.ExecutionRunning, Input: json.RawMessage(`{}`),
			Frame: frame, StartedAt: at, DueAt: at, Runner: "dead",
		}
		if n == held {
			e.Name, e.Runner, e.DueAt = "free", "", at.Add(time.Second)
		}
		if _, err := f.store.CreateExecution(t.Context(), e, nil); err != nil {
			t.Fatal(err)
		}
	}
	f.clock.add(time.Minute)
	m, err := workflow.Parse("m", []byte(`{"StartAt":"A","States":{"A":`+task("Echo", `"End":true`)+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	l := workflow.NewLocal(workflow.LocalDeps{
		Machines: []*workflow.Machine{m}, Activities: workflow.Activities{"Echo": echo}, Store: f.store, Name: "this",
		Most: most, Now: f.clock.now, Log: slog.New(slog.DiscardHandler),
	})
	l.Hurry(time.Hour, time.Second) // the dead stay suspects
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })

	if e := f.await(t, "m", "free", ended); e.Status != promptz.ExecutionSucceeded {
		t.Errorf("it %s", e.Status)
	}
	if e, err := f.store.FindExecution(t.Context(), "m", "held-0"); err != nil || e.Runner != "dead" {
		t.Errorf("what is not free yet was taken: %+v, %v", e, err)
	}
}
