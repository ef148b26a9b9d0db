package events_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"gocloud.dev/pubsub"

	"promptz/internal/events"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// publishing is a process that relays and publishes.
type publishing struct {
	*store.Library
	stop func()
}

func (s shared) publish(t *testing.T, name string, topic *pubsub.Topic) publishing {
	t.Helper()
	library := s.process()
	watch := events.NewWatch(silent(), library.Log())
	start(t, watch.Run)
	start(t, events.NewRelay(library.Log(), watch, silent()).Run)
	publisher := events.NewPublisher(topic, envelopes, watch, silent(), name)
	stop := start(t, func(ctx context.Context) { publisher.Run(ctx, library.Log()) })
	return publishing{library, stop}
}

// wantEvents fails the test unless all events with the numbers from first to last
// came, each at most as often as said.
func wantEvents(t *testing.T, got []promptz.Event, first, last int64, times int) {
	t.Helper()
	came := map[int64]int{}
	for _, e := range got {
		if came[e.Number]++; e.Number < first || e.Number > last || came[e.Number] > times {
			t.Errorf("event %d came for the %d. time", e.Number, came[e.Number])
		}
	}
	for n := first; n <= last; n++ {
		if came[n] == 0 {
			t.Errorf("event %d did not come", n)
		}
	}
}

func TestPublisherSendsEachOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := newShared(t)
		b, topic := newBroker(t)
		p := docs.publish(t, "one", topic)
		write(t, p.Library, 250)
		synctest.Wait()
		wantEvents(t, b.received(), 1, 250, 1)
		p.stop()
		write(t, p.Library, 1)
		next := docs.publish(t, "two", topic) // goes on where the first was, once it looks
		time.Sleep(time.Second + time.Millisecond)
		wantEvents(t, b.received(), 251, 251, 1)
		write(t, next.Library, 1)
		synctest.Wait()
		wantEvents(t, b.received(), 252, 252, 1)
	})
}

// TestOneOfSeveralPublishes lets three processes publish: one does, and when it
// ends, another does at once.
func TestOneOfSeveralPublishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := newShared(t)
		b, topic := newBroker(t)
		one := docs.publish(t, "one", topic)
		write(t, one.Library, 1)
		synctest.Wait()
		two, three := docs.publish(t, "two", topic), docs.publish(t, "three", topic)
		for range 10 {
			for _, p := range []publishing{one, two, three} {
				write(t, p.Library, 1)
			}
			time.Sleep(700 * time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		wantEvents(t, b.received(), 1, 31, 1)
		one.stop()
		write(t, two.Library, 5)
		time.Sleep(2 * time.Second)
		wantEvents(t, b.received(), 32, 36, 2) // two may begin at the same moment
	})
}

// TestAnotherPublishesForOneThatHangs lets the process that publishes hang in its
// broker: another takes its place after a while, and nothing is lost.
func TestAnotherPublishesForOneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := newShared(t)
		stuck, stuckTopic := newBroker(t)
		b, topic := newBroker(t)
		one := docs.publish(t, "one", stuckTopic)
		write(t, one.Library, 1)
		synctest.Wait()
		wantEvents(t, stuck.received(), 1, 1, 1)
		hangs := make(chan struct{})
		stuck.set(false, hangs)
		two := docs.publish(t, "two", topic)
		write(t, one.Library, 3)
		time.Sleep(2 * time.Second)
		if got := b.received(); len(got) > 0 {
			t.Errorf("%d events were taken over after two seconds", len(got))
		}
		time.Sleep(3 * time.Second)
		wantEvents(t, b.received(), 2, 4, 1)
		close(hangs) // it comes back: what it had begun to send comes twice, and that is all
		stuck.set(false, nil)
		synctest.Wait()
		late := stuck.received()
		if len(late) == 0 || len(late) > 3 { // as many as there were by then
			t.Errorf("%d events came late", len(late))
		}
		wantEvents(t, late, 2, 1+int64(len(late)), 1)
		write(t, two.Library, 4)
		time.Sleep(5 * time.Second)
		wantEvents(t, append(b.received(), stuck.received()...), 5, 8, 1)
	})
}

// TestBrokerAwayForAMinute writes while the broker is away: nothing is lost, and it
// catches up soon.
func TestBrokerAwayForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := newShared(t)
		b, topic := newBroker(t)
		p := docs.publish(t, "one", topic)
		write(t, p.Library, 3)
		synctest.Wait()
		wantEvents(t, b.received(), 1, 3, 1)
		b.set(true, nil)
		for range 60 {
			write(t, p.Library, 1)
			time.Sleep(time.Second)
		}
		b.set(false, nil)
		time.Sleep(2 * time.Second)
		wantEvents(t, b.received(), 4, 63, 1)
	})
}

// TestPublisherPassesWhatHasExpired comes back after longer than the log is kept.
func TestPublisherPassesWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := newShared(t)
		old := docs.processAt(-31 * 24 * time.Hour)
		write(t, old, 3)
		if err := events.NewRelay(old.Log(), events.NewWatch(silent(), old.Log()), silent()).Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		b, topic := newBroker(t)
		p := docs.publish(t, "one", topic)
		write(t, p.Library, 2)
		time.Sleep(2 * time.Second)
		wantEvents(t, b.received(), 4, 5, 1)
	})
}
