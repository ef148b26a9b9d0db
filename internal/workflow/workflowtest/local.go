package workflowtest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"gocloud.dev/docstore/memdocstore"

	"promptz/internal/store"
	"promptz/internal/workflow"
)

// OpenLocal is an [Opener] of a [workflow.Local] with its executions in memory: what
// others are compared to.
func OpenLocal(t *testing.T, machines []*workflow.Machine) workflow.Runner {
	t.Helper()
	docs, err := memdocstore.OpenCollection(store.KeyField, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docs.Close() })
	now := func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
	l := workflow.NewLocal(workflow.LocalDeps{
		Machines: machines, Activities: Activities(), Name: "test", Most: 16, Now: now, Log: slog.New(slog.DiscardHandler),
		Store: store.NewLibrary(store.Handles{Consistent: docs, Eventual: docs}, store.Tuning{}, now, zeros{}),
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return l
}

// zeros is no randomness: nothing here draws ids.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
