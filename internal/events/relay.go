package events

import (
	"context"
	"log/slog"
	"time"

	"promptz/internal/promptz"
)

const (
	// freshBatch is how many events of its own the relay takes at a time.
	freshBatch = 490
	// pendingBatch is how many of each shard a sweep takes at a time.
	pendingBatch = 100
	// sweepInterval is how often the relay looks for events whose writer died
	// before it could tell.
	sweepInterval = 10 * time.Second
)

// Relay moves events from the outbox into their feeds. Two relays on one outbox
// are safe, only wasteful. Safe for concurrent use.
type Relay struct {
	outbox Outbox
	watch  *Watch
	log    *slog.Logger
	tick   <-chan time.Time // nil in production: made by Run
}

// NewRelay makes a relay; watch is told of every number that is given.
func NewRelay(outbox Outbox, watch *Watch, log *slog.Logger) *Relay {
	return &Relay{outbox: outbox, watch: watch, log: log}
}

// Run relays until ctx ends: at once what this process writes, and what others
// left behind at the start and every 10 seconds.
func (r *Relay) Run(ctx context.Context) {
	tick := r.tick
	if tick == nil {
		ticker := time.NewTicker(sweepInterval)
		defer ticker.Stop()
		tick = ticker.C
	}
	r.report(ctx, r.Sweep(ctx))
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.outbox.Fresh():
			r.report(ctx, r.Flush(ctx))
		case <-tick:
			r.report(ctx, r.Sweep(ctx))
		}
	}
}

func (r *Relay) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		r.log.Error("relaying events failed; they wait for the next sweep", "error", err)
	}
}

// Flush relays what this process has written.
func (r *Relay) Flush(ctx context.Context) error {
	for {
		ids := r.outbox.TakeFresh(freshBatch)
		if len(ids) == 0 {
			return nil
		}
		if err := r.Relay(ctx, ids); err != nil {
			return err
		}
	}
}

// Sweep relays all that waits, whoever wrote it.
func (r *Relay) Sweep(ctx context.Context) error {
	for {
		ids, err := r.outbox.FindPendingEvents(ctx, pendingBatch)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		if err := r.Relay(ctx, ids); err != nil {
			return err
		}
		if len(ids) < pendingBatch {
			// The index may be late and name the same again: the next sweep looks.
			return nil
		}
	}
}

// Relay gives numbers to those of the events that have none.
func (r *Relay) Relay(ctx context.Context, ids []string) error {
	appended, err := r.outbox.AppendEvents(ctx, ids)
	heads := map[promptz.Feed]int64{}
	for _, e := range appended {
		heads[e.Feed()] = max(heads[e.Feed()], e.Number)
	}
	for feed, head := range heads {
		r.watch.Moved(feed, head)
	}
	return err
}
