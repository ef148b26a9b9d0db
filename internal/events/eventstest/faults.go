package eventstest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"promptz/internal/events"
	"promptz/internal/promptz"
)

// testRedelivery receives an event as somebody who ends before it is acknowledged.
func testRedelivery(t *testing.T, f *fixture) {
	f.send(t, event(1))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, err := f.sub.Receive(ctx)
	if err != nil {
		t.Fatal(err)
	}
	body, err := f.unwrap(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := f.envelopes.Decode(body); err != nil || e.ID != event(1).ID {
		t.Fatalf("it is %v, %v", e, err)
	}
	next := f.subscribe(t)
	if next != f.sub {
		shutdown(t, f.sub.Shutdown)
	}
	f.startOn(t, next, f.retries, nil)
	f.wait(t, 1)
}

// failingRetries is a store that fails at first.
type failingRetries struct {
	events.Retries
	fails atomic.Int32 // how often, still
}

func (r *failingRetries) CreateRetry(ctx context.Context, retry promptz.Retry) error {
	if r.fails.Add(-1) >= 0 {
		return errors.New("the store does not answer")
	}
	return r.Retries.CreateRetry(ctx, retry)
}

// testNotKept fails at an event when it can't be kept either: no broker may take it
// for done, one that takes nothing back neither.
func testNotKept(t *testing.T, f *fixture) {
	retries := &failingRetries{Retries: f.retries}
	retries.fails.Store(2)
	f.startOn(t, f.sub, retries, func(e promptz.Event) error {
		if e.Number == 1 && retries.fails.Load() > 0 {
			return errors.New("the store does not answer")
		}
		return nil
	})
	f.send(t, event(1), event(2))
	f.wait(t, 2)
	if fails := retries.fails.Load(); fails != 0 {
		t.Errorf("it was handled with %d of its failures to come", fails)
	}
}

// testShare lets two subscribers share a subscription.
func testShare(t *testing.T, f *fixture) {
	const n = 200
	f.start(t, nil)
	f.startOn(t, f.subscribe(t), f.retries, nil)
	for i := range n {
		f.send(t, event(i))
	}
	f.wait(t, n)
	f.mu.Lock()
	defer f.mu.Unlock()
	handled := 0
	for _, times := range f.times {
		handled += times
	}
	// A few may come twice, as ever; all would if each had a copy of its own.
	if handled > n+n/2 {
		t.Errorf("%d events were handled %d times", n, handled)
	}
}

// testOutage stops the broker while it holds events, a consumer is at some of them,
// and there are more to send.
func testOutage(t *testing.T, f *fixture) {
	if f.broker.Stop == nil {
		t.Skip("there is no broker beside this process that could stop")
	}
	const each = 20
	failed := make(failures, 100)
	log := slog.New(failed)
	watch := events.NewWatch(log, f.retries.Log())
	relay := events.NewRelay(f.retries.Log(), watch, log)
	publisher := events.NewPublisher(f.broker.Topic, f.envelopes, watch, log, "test")
	background(t, func(ctx context.Context) { publisher.Run(ctx, f.retries.Log()) })
	var busy sync.RWMutex
	f.start(t, func(promptz.Event) error {
		busy.RLock()
		defer busy.RUnlock()
		return nil
	})

	f.happen(t, relay, "before", each)
	f.wait(t, each)
	busy.Lock()
	f.happen(t, relay, "held", each)
	until(t, "the broker has them", func() bool {
		c, err := f.retries.Log().FindCursor(t.Context(), "publish-"+string(promptz.FeedActivity))
		return err == nil && c.Number == 2*each
	})
	start := f.broker.Stop(t)
	busy.Unlock() // what is handled now can't be acknowledged
	f.happen(t, relay, "during", each)
	for range 2 { // so that receiving has had the time to fail too
		select {
		case <-failed:
		case <-time.After(patience):
			t.Error("sending to a broker that is not there does not fail")
		}
	}
	start(t)
	f.happen(t, relay, "after", each)
	f.wait(t, 3*each)
}

// happen writes events as a request would, and gives them their numbers.
func (f *fixture) happen(t *testing.T, relay *events.Relay, when string, n int) {
	t.Helper()
	for i := range n {
		e := event(0)
		e.ID, e.Number = "", 0
		if _, err := f.retries.CreateInteraction(t.Context(), e, fmt.Sprint(when, i), f.now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := relay.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// failures is a log that tells of each error.
type failures chan struct{}

func (f failures) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (f failures) Handle(context.Context, slog.Record) error {
	select {
	case f <- struct{}{}:
	default: // nobody counts so many
	}
	return nil
}

func (f failures) WithAttrs([]slog.Attr) slog.Handler { return f }
func (f failures) WithGroup(string) slog.Handler      { return f }
