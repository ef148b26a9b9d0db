// Package eventstest is the conformance suite of what carries events: whatever a
// broker may do, what a subscriber's consumers do in effect is done once for each
// event, and a bad event stands in nobody's way.
package eventstest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"gocloud.dev/docstore/memdocstore"
	"gocloud.dev/pubsub"

	"promptz/internal/events"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// Opener opens both ends of a fresh topic, which are closed when the test ends.
type Opener func(t *testing.T) (*pubsub.Topic, *pubsub.Subscription)

// patience is how long a broker may take to deliver.
const patience = 30 * time.Second

// Unwrap takes off what the broker puts around a message.
type Unwrap func(body []byte) ([]byte, error)

// Run runs the suite.
func Run(t *testing.T, open Opener, unwrap Unwrap) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *fixture)
	}{
		{"EveryEventComes", testEveryEvent},
		{"TwiceIsOnce", testTwice},
		{"PoisonIsPutAside", testPoison},
		{"PanicIsAFailure", testPanic},
		{"SlowConsumerGetsAll", testSlow},
		{"ForeignMessageIsDropped", testForeign},
		{"NotYetIsNoFailure", testNotYet},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newFixture(t, open, unwrap)) })
	}
}

// fixture is a broker with a subscriber that runs.
type fixture struct {
	topic     *pubsub.Topic
	sub       *pubsub.Subscription
	unwrap    Unwrap
	envelopes *events.Envelopes
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
	f.retries = store.NewLibrary(store.Handles{Consistent: docs, Eventual: docs}, store.Tuning{}, f.now, zeros{})
	f.topic, f.sub = open(t)
	return f
}

// zeros is no randomness: nothing here draws ids.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

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
	consumer := events.Consumer{
		Name: "test", Types: []promptz.EventType{promptz.EventItemCopied},
		Handle: func(_ context.Context, some []promptz.Event) error {
			for _, e := range some {
				if handle != nil {
					if err := handle(e); err != nil {
						return err
					}
				}
			}
			for _, e := range some {
				f.count(e)
			}
			return nil
		},
	}
	s := events.NewSubscriber(events.SubscriberDeps{
		Consumers: []events.Consumer{consumer}, Envelopes: f.envelopes, Unwrap: f.unwrap,
		Retries: f.retries, Now: f.now, Log: slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx, f.sub) }()
	t.Cleanup(func() { stop(); <-done })
	return s
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
	if err := f.topic.Send(t.Context(), m); err != nil {
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

func testEveryEvent(t *testing.T, f *fixture) {
	const n = 200
	f.start(t, nil)
	for i := range n {
		f.send(t, event(i))
	}
	f.wait(t, n)
}

func testTwice(t *testing.T, f *fixture) {
	f.start(t, nil)
	for range 10 {
		f.send(t, event(1))
	}
	f.send(t, event(2))
	f.wait(t, 2)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.times[event(1).ID] == 0 {
		t.Error("an event that came ten times was never handled")
	}
}

func testPoison(t *testing.T, f *fixture) {
	s := f.start(t, func(e promptz.Event) error {
		if e.Number == 1 {
			return errors.New("this one is poison")
		}
		return nil
	})
	f.send(t, event(1), event(2), event(3))
	until(t, "the poison is dead", func() bool {
		f.advance(2 * time.Hour)
		if _, err := s.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
		dead, err := f.retries.FindDeadRetries(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(dead) == 1 && dead[0].Event.Number == 1 && dead[0].Attempts == 8 && dead[0].Reason == "this one is poison"
	})
	f.wait(t, 2)
}

func testPanic(t *testing.T, f *fixture) {
	var once sync.Once
	s := f.start(t, func(promptz.Event) error {
		once.Do(func() { panic("the first time") })
		return nil
	})
	f.send(t, event(1))
	until(t, "it is handled after all", func() bool {
		f.advance(time.Hour)
		if _, err := s.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(f.first) == 1
	})
}

func testSlow(t *testing.T, f *fixture) {
	const n = 30
	f.start(t, func(promptz.Event) error { time.Sleep(5 * time.Millisecond); return nil }) // it is what is tested
	for i := range n {
		f.send(t, event(i))
	}
	f.wait(t, n)
}

func testForeign(t *testing.T, f *fixture) {
	f.start(t, nil)
	f.sendText(t, []byte(`{"hello":"world"}`))
	f.sendText(t, []byte(`{"specversion":"1.0","id":"1","source":"x","type":"y"}`))
	f.send(t, event(1))
	f.wait(t, 1)
}

func testNotYet(t *testing.T, f *fixture) {
	due := f.now().Add(24 * time.Hour)
	s := f.start(t, func(promptz.Event) error {
		if f.now().Before(due) {
			return events.NotYet{Until: due}
		}
		return nil
	})
	f.send(t, event(1))
	var kept []promptz.Retry
	until(t, "it is kept", func() bool {
		f.advance(time.Second)
		if _, err := s.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		f.mu.Lock()
		at := f.at
		f.at = due.Add(time.Hour)
		f.mu.Unlock()
		kept, err = f.retries.FindDueRetries(t.Context(), 10)
		f.mu.Lock()
		f.at = at
		f.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		return len(kept) == 1
	})
	if kept[0].Attempts != 0 {
		t.Errorf("it counts as %d attempts", kept[0].Attempts)
	}
	f.advance(25 * time.Hour)
	until(t, "it is handled when its time has come", func() bool {
		if _, err := s.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(f.first) == 1
	})
}
