package events_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"gocloud.dev/pubsub"

	"promptz/internal/events"
	"promptz/internal/store"
)

// function relays and publishes when it is called, and has no goroutine.
type function struct {
	*store.Library
	relay     *events.Relay
	publisher *events.Publisher
}

func (s shared) function(name string, topic *pubsub.Topic) function {
	library := s.process()
	watch := events.NewWatch(silent(), library.Log())
	return function{library, events.NewRelay(library.Log(), watch, silent()), events.NewPublisher(topic, envelopes, watch, silent(), name)}
}

// call does what one call does.
func (f function) call(t *testing.T) error {
	t.Helper()
	if err := f.relay.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	return f.publisher.Flush(t.Context(), f.Log())
}

// TestFlush publishes all that waits, once where nobody else does, and holds no
// place that a server would have to wait for.
func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := newShared(t)
		b, topic := newBroker(t)
		f := docs.function("one", topic)
		last := int64(0)
		for _, n := range []int{0, 250, 0, 1} {
			write(t, f.Library, n)
			if err := f.call(t); err != nil {
				t.Fatal(err)
			}
			wantEvents(t, b.received(), last+1, last+int64(n), 1)
			last += int64(n)
		}
		write(t, docs.publish(t, "server", topic).Library, 1)
		synctest.Wait()
		wantEvents(t, b.received(), 252, 252, 1)
	})
}

// TestFlushFails tells, and the next call goes on where it was.
func TestFlushFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := newShared(t)
		b, topic := newBroker(t)
		f := docs.function("one", topic)
		write(t, f.Library, 3)
		b.set(true, nil)
		if err := f.call(t); err == nil {
			t.Error("the broker is away, and it says that all was sent")
		}
		b.set(false, nil)
		if err := docs.function("two", topic).call(t); err != nil {
			t.Fatal(err)
		}
		wantEvents(t, b.received(), 1, 3, 1)
	})
}

// TestFlushAtOnce calls several functions while each writes: once all have
// answered, none of their events is left between them.
func TestFlushAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := newShared(t)
		b, topic := newBroker(t)
		const functions, rounds = 4, 5
		var calls sync.WaitGroup
		for range functions {
			f := docs.function("f", topic)
			calls.Go(func() {
				for range rounds {
					write(t, f.Library, 1)
					if err := f.call(t); err != nil {
						t.Error(err)
					}
				}
			})
		}
		calls.Wait()
		// Who finds the cursor moved begins again where it is: an event may be sent by
		// each of them for each move that does not pass it.
		wantEvents(t, b.received(), 1, functions*rounds, functions*rounds)
	})
}
