// Package eventstest is the conformance suite of what carries events: whatever a
// broker may do, what a subscriber's consumers do in effect is done once for each
// event, and a bad event stands in nobody's way.
package eventstest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"gocloud.dev/pubsub"

	"promptz/internal/events"
	"promptz/internal/promptz"
)

// Broker is a fresh topic with one subscription, and what can be done to it. The
// suite shuts down what it gives.
type Broker struct {
	Topic *pubsub.Topic
	// Subscribe opens an end of the subscription. Each message goes to one of
	// those that are open. What one has received and not acknowledged comes again
	// within a few seconds once it is shut down. Where the subscription lives in
	// this process it gives the same each time, and the message comes again all
	// the same.
	Subscribe func(t *testing.T) *pubsub.Subscription
	// Stop stops the broker, and gives what starts it again with all that it has
	// acknowledged; nil where there is none beside this process.
	Stop func(t *testing.T) (start func(t *testing.T))
}

// Opener makes a broker, which ends with the test.
type Opener func(t *testing.T) Broker

// patience is how long a broker may take to deliver.
const patience = 60 * time.Second

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
		{"UnacknowledgedComesAgain", testRedelivery},
		{"NeitherHandledNorKeptComesAgain", testNotKept},
		{"SubscribersShare", testShare},
		{"OutageLosesNothing", testOutage},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newFixture(t, open, unwrap)) })
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
	later := f.retriesBy(func() time.Time { return due.Add(time.Hour) })
	var kept []promptz.Retry
	until(t, "it is kept", func() bool {
		f.advance(time.Second)
		if _, err := s.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		if kept, err = later.FindDueRetries(t.Context(), 10); err != nil {
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
