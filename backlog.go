package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"promptz/internal/events"
	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/workflow"
	"promptz/internal/workflow/machines"
)

const (
	// mostCounted bounds what is counted one by one: beyond it, something is wrong
	// enough.
	mostCounted = 100
	// scrapeTimeout is how long reading the backlog may take.
	scrapeTimeout = 5 * time.Second
)

// Backlog is what waits, and what was given up.
type Backlog struct {
	OutboxAge        map[string]time.Duration // of the oldest event without a number, by collection; 0 is none
	FollowerLag      map[promptz.Feed]int64   // numbers that the publisher has yet to send
	DeadLetters      int                      // at most 100 of the consumers' and of the queue's
	ExecutionsFailed map[string]int           // and not retried, by workflow, at most 100 of each status
}

// backlog reads how much waits, for metrics. Safe for concurrent use.
type backlog struct {
	logs   map[string]*store.Log
	dead   *DeadLetters
	runner workflow.Runner
	now    clock
	log    *slog.Logger
}

func newBacklog(items *store.Library, users *store.Identity, dead *DeadLetters, runner runner, now clock, log *slog.Logger) *backlog {
	logs := map[string]*store.Log{store.LibraryCollection: items.Log(), store.IdentityCollection: users.Log()}
	return &backlog{logs: logs, dead: dead, runner: runner, now: now, log: log}
}

// Read reads it.
func (b *backlog) Read(ctx context.Context) (Backlog, error) {
	read := Backlog{OutboxAge: map[string]time.Duration{}, FollowerLag: map[promptz.Feed]int64{}, ExecutionsFailed: map[string]int{}}
	for collection, log := range b.logs {
		if err := b.readLog(ctx, collection, log, &read); err != nil {
			return read, err
		}
	}
	letters, err := b.dead.Find(ctx, mostCounted)
	if err != nil {
		return read, err
	}
	read.DeadLetters = len(letters)
	return read, b.readFailed(ctx, &read)
}

// readLog reads how old the oldest event without a number is, and how far the
// publisher is behind those with one.
func (b *backlog) readLog(ctx context.Context, collection string, log *store.Log, read *Backlog) error {
	pending, err := log.FindPendingEvents(ctx, 1)
	if err != nil {
		return err
	}
	read.OutboxAge[collection] = 0
	for _, id := range pending {
		if at, ok := promptz.EventTime(id); ok {
			read.OutboxAge[collection] = max(read.OutboxAge[collection], b.now().Sub(at))
		}
	}
	for _, feed := range log.Feeds() {
		head, err := log.Head(ctx, feed)
		if err != nil {
			return err
		}
		cursor, err := log.FindCursor(ctx, events.PublisherOf(feed))
		if err != nil {
			return err
		}
		read.FollowerLag[feed] = head - cursor.Number
	}
	return nil
}

func (b *backlog) readFailed(ctx context.Context, read *Backlog) error {
	for _, machine := range machines.Names() {
		for _, status := range []promptz.ExecutionStatus{promptz.ExecutionFailed, promptz.ExecutionTimedOut} {
			page, err := b.runner.FindExecutions(ctx, promptz.ExecutionFilter{Machine: machine, Status: status, Limit: mostCounted})
			if err != nil {
				return err
			}
			read.ExecutionsFailed[machine] += len(page.Executions)
		}
	}
	return nil
}

var (
	outboxAgeDesc   = prometheus.NewDesc("promptz_outbox_age_seconds", "Age of the oldest event that has no number yet; 0 is none.", []string{"collection"}, nil)
	followerLagDesc = prometheus.NewDesc("promptz_follower_lag_events", "Events that have a number and are not sent yet.", []string{"feed"}, nil)
	deadLettersDesc = prometheus.NewDesc("promptz_dead_letters", "Events that were given up, at most 100 of the consumers' and of the queue's.", nil, nil)
	failedDesc      = prometheus.NewDesc("promptz_execution_failures", "Executions that failed or timed out and were not retried, at most 100 of each.", []string{"workflow"}, nil)
)

// Describe implements [prometheus.Collector].
func (b *backlog) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{outboxAgeDesc, followerLagDesc, deadLettersDesc, failedDesc} {
		descs <- d
	}
}

// Collect implements [prometheus.Collector], which gives no context. What can't be
// read is left out.
func (b *backlog) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	read, err := b.Read(ctx)
	if err != nil {
		b.log.Warn("the backlog can't be read; metrics lack it", "error", err)
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for collection, age := range read.OutboxAge {
		gauge(outboxAgeDesc, age.Seconds(), collection)
	}
	for feed, lag := range read.FollowerLag {
		gauge(followerLagDesc, float64(lag), string(feed))
	}
	gauge(deadLettersDesc, float64(read.DeadLetters))
	for machine, failed := range read.ExecutionsFailed {
		gauge(failedDesc, float64(failed), machine)
	}
}
