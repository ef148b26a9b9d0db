package eventstest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"gocloud.dev/docstore/memdocstore"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"

	"promptz/internal/events"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// fixture is a broker with a subscriber that runs.
type fixture struct {
	broker    Broker
	sub       *pubsub.Subscription
	unwrap    Unwrap
	envelopes *events.Envelopes
	docs      store.Handles
	retries   *store.Library

	mu    sync.Mutex
	at    time.Time
	times map[string]int // how often an event was handled
	first chan string    // gets each event when it is handled the first time
}

func newFixture(t *testing.T, open Opener, unwrap Unwrap) *fixture {
	t.Helper()
	docs, err := memdocstore.OpenCollection(store.KeyField, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docs.Close() })
	f := &fixture{
		unwrap: unwrap, envelopes: events.NewEnvelopes("https://prompts.example.com"),
		at: time.Now(), times: map[string]int{}, first: make(chan string, 10_000),
	}
	f.docs = store.Handles{Consistent: docs, Eventual: docs}
	f.retries = f.retriesBy(f.now)
	f.broker = open(t)
	t.Cleanup(func() { shutdown(t, f.broker.Topic.Shutdown) })
	f.sub = f.subscribe(t)
	return f
}

// subscribe opens another end of the subscription.
func (f *fixture) subscribe(t *testing.T) *pubsub.Subscription {
	t.Helper()
	sub := f.broker.Subscribe(t)
	t.Cleanup(func() { shutdown(t, sub.Shutdown) })
	return sub
}

// shutdown shuts an end down, unless that was done before.
func shutdown(t *testing.T, end func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := end(ctx); err != nil && gcerrors.Code(err) != gcerrors.FailedPrecondition {
		t.Error(err)
	}
}

// retriesBy gives the retries as somebody sees them with a clock of their own.
func (f *fixture) retriesBy(now func() time.Time) *store.Library {
	return store.NewLibrary(f.docs, store.Tuning{}, now, rand.Reader)
}

func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = f.at.Add(d)
}

// start runs a subscriber with one consumer until the test ends. handle may be
// nil.
func (f *fixture) start(t *testing.T, handle func(promptz.Event) error) *events.Subscriber {
	t.Helper()
	return f.startOn(t, f.sub, f.retries, handle)
}

func (f *fixture) startOn(t *testing.T, sub *pubsub.Subscription, retries events.Retries, handle func(promptz.Event) error) *events.Subscriber {
	t.Helper()
	s := events.NewSubscriber(events.SubscriberDeps{
		Consumers: []events.Consumer{f.consumer(handle)}, Envelopes: f.envelopes, Unwrap: f.unwrap,
		Retries: retries, Now: f.now, Log: slog.New(slog.DiscardHandler),
	})
	background(t, func(ctx context.Context) { s.Run(ctx, sub) })
	return s
}

// background runs something until the test ends.
func background(t *testing.T, run func(context.Context)) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
}

// consumer counts what handle, which may be nil, has handled.
func (f *fixture) consumer(handle func(promptz.Event) error) events.Consumer {
	return events.Consumer{
		Name: "test", Types: []promptz.EventType{promptz.EventItemCopied},
		Handle: func(_ context.Context, some []promptz.Event) error {
			for _, e := range some {
				if handle == nil {
					break
				}
				if err := handle(e); err != nil {
					return err
				}
			}
			for _, e := range some {
				f.count(e)
			}
			return nil
		},
	}
}

func (f *fixture) count(e promptz.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.times[e.ID]++; f.times[e.ID] == 1 {
		f.first <- e.ID
	}
}

// event makes the nth event.
func event(n int) promptz.Event {
	return promptz.Event{
		ID: fmt.Sprintf("01933b1c-8d00-7000-8000-%012d", n), Type: promptz.EventItemCopied, Audience: promptz.AudiencePublic,
		At: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC), Number: int64(n), ItemID: "7k3mz9q2w4xa", Kind: promptz.KindPrompt, Version: 1,
	}
}

func (f *fixture) send(t *testing.T, some ...promptz.Event) {
	t.Helper()
	for _, e := range some {
		text, err := f.envelopes.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		f.sendText(t, text)
	}
}

func (f *fixture) sendText(t *testing.T, text []byte) {
	t.Helper()
	m := &pubsub.Message{Body: text, Metadata: map[string]string{"type": string(promptz.EventItemCopied)}}
	if err := f.broker.Topic.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// wait waits until n more events were handled.
func (f *fixture) wait(t *testing.T, n int) {
	t.Helper()
	late := time.After(patience)
	for range n {
		select {
		case <-f.first:
		case <-late:
			f.mu.Lock()
			defer f.mu.Unlock()
			t.Fatalf("%d events were handled, and no more come", len(f.times))
		}
	}
}

// until waits until check holds.
func until(t *testing.T, what string, check func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !check(); {
		if time.Now().After(late) {
			t.Fatalf("not within %s: %s", patience, what)
		}
		time.Sleep(time.Millisecond) // until somebody else is done
	}
}
