package workflow_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gocloud.dev/docstore"
	"gocloud.dev/docstore/memdocstore"

	"promptz/internal/gocdk/sqlitedocstore"
	"promptz/internal/store"
	"promptz/internal/workflow"
)

// BenchmarkLocal runs executions of three steps to their end: two Tasks with a
// Choice between, started by 8 at once, 64 at most under way.
func BenchmarkLocal(b *testing.B) {
	b.Run("memory", func(b *testing.B) {
		c, err := memdocstore.OpenCollection(store.KeyField, nil)
		benchmark(b, c, err)
	})
	b.Run("sqlite", func(b *testing.B) {
		opts := &sqlitedocstore.Options{}
		for _, i := range store.IndexesOf(store.LibraryCollection) {
			opts.Indexes = append(opts.Indexes, sqlitedocstore.Index{Partition: i.Partition, Sort: i.Sort})
		}
		file := filepath.Join(b.TempDir(), "library.db")
		c, err := sqlitedocstore.OpenCollection(b.Context(), file, store.LibraryCollection, store.KeyField, opts)
		benchmark(b, c, err)
	})
}

func benchmark(b *testing.B, c *docstore.Collection, err error) {
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	m, err := workflow.Parse("m", fmt.Appendf(nil, `{"StartAt":"A","States":{"A":%s,
		"Enough":{"Type":"Choice","Choices":[{"Variable":"$.count","NumericGreaterThanEquals":3,"Next":"B"}],"Default":"Few"},
		"B":%s,"Few":{"Type":"Succeed"}}}`, task("Step", `"ResultPath":"$.a","Next":"Enough"`), task("Step", `"ResultPath":"$.b","End":true`)))
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{}, 1024)
	l := workflow.NewLocal(workflow.LocalDeps{
		Machines: []*workflow.Machine{m}, Store: store.NewLibrary(store.Handles{Consistent: c, Eventual: c}, store.Tuning{}, time.Now, rand.Reader),
		Activities: workflow.Activities{"Step": func(_ context.Context, c workflow.Call) (any, error) {
			if c.State == "B" {
				done <- struct{}{}
			}
			return map[string]any{"of": c.Execution}, nil
		}},
		Name: "bench", Most: 16, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); l.Run(ctx) }()
	b.ResetTimer()
	startAll(b, l, done)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
	cancel()
	<-ended
}

// startAll starts b.N executions, and returns when they are done.
func startAll(b *testing.B, l *workflow.Local, done <-chan struct{}) {
	const starters, underWay = 8, 64
	names := make(chan string)
	var work sync.WaitGroup
	for range starters {
		work.Go(func() {
			for name := range names {
				if err := l.Start(b.Context(), "m", name, json.RawMessage(`{"count":3,"item":"01J"}`)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range b.N {
		names <- fmt.Sprint("e", i)
		if i >= underWay {
			<-done
		}
	}
	close(names)
	work.Wait()
	for range min(b.N, underWay) {
		<-done
	}
}
