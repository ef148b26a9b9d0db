package events_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/events"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// consuming is a subscriber whose one consumer does as it is told.
type consuming struct {
	*events.Subscriber
	library *store.Library
	handle  func(some []promptz.Event) error
	begun   time.Time

	mu sync.Mutex
	at []time.Duration // of each call, since begun
}

func newConsuming(t *testing.T, handle func(some []promptz.Event) error) *consuming {
	t.Helper()
	c := &consuming{library: newShared(t).process(), handle: handle, begun: time.Now()}
	consumer := events.Consumer{
		Name: "test", Types: []promptz.EventType{promptz.EventItemCopied},
		Handle: func(_ context.Context, some []promptz.Event) error {
			c.mu.Lock()
			c.at = append(c.at, time.Since(c.begun))
			c.mu.Unlock()
			return c.handle(some)
		},
	}
	c.Subscriber = events.NewSubscriber(events.SubscriberDeps{
		Consumers: []events.Consumer{consumer}, Envelopes: envelopes, Unwrap: func(body []byte) ([]byte, error) { return body, nil },
		Retries: c.library, Now: time.Now, Log: silent(),
	})
	return c
}

// consume hands events to the subscriber as they come from a broker.
func (c *consuming) consume(t *testing.T, numbers ...int64) {
	t.Helper()
	bodies := [][]byte{[]byte("no event at all")}
	for _, n := range numbers {
		text, err := envelopes.Encode(promptz.Event{
			ID: fmt.Sprintf("01933b1c-8d00-7000-8000-%012d", n), Type: promptz.EventItemCopied, Audience: promptz.AudiencePublic,
			At: c.begun, Number: n, ItemID: "7k3mz9q2w4xa", Kind: promptz.KindPrompt, Version: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, text)
	}
	if err := c.Consume(t.Context(), bodies); err != nil {
		t.Fatal(err)
	}
}

// retryFor looks for retries every second.
func (c *consuming) retryFor(t *testing.T, d time.Duration) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
		if _, err := c.Retry(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *consuming) dead(t *testing.T) []promptz.Retry {
	t.Helper()
	dead, err := c.library.FindDeadRetries(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	return dead
}

// TestFailingEventIsTriedEightTimes waits ever longer between the attempts, and
// then gives the event up.
func TestFailingEventIsTriedEightTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConsuming(t, func([]promptz.Event) error { return errors.New("never") })
		c.consume(t, 1)
		c.retryFor(t, 10*time.Hour)
		want := []time.Duration{0}
		for delay := time.Second; len(want) < 8; delay *= 4 {
			want = append(want, want[len(want)-1]+min(delay, time.Hour))
		}
		if diff := cmp.Diff(want, c.at); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
		dead := c.dead(t)
		if len(dead) != 1 || dead[0].Attempts != 8 || dead[0].Reason != "never" || dead[0].Event.Number != 1 {
			t.Fatalf("given up is %+v", dead)
		}
		c.consume(t, 1) // the broker brings it again: it stays given up
		c.retryFor(t, time.Minute)
		if len(c.dead(t)) != 1 {
			t.Error("what is given up came back by itself")
		}
		c.handle = func([]promptz.Event) error { return nil }
		if err := c.library.RedriveRetry(t.Context(), "test", dead[0].Event.ID); err != nil {
			t.Fatal(err)
		}
		c.retryFor(t, time.Second)
		if left := c.dead(t); len(left) != 0 || c.at[len(c.at)-1] == want[7] {
			t.Errorf("after it was redriven: %+v", left)
		}
	})
}

// TestPoisonInABatch fails at one event of many: the others are done at once, and
// the one has all its attempts to itself.
func TestPoisonInABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := map[int64]int{}
		poisoned := 0
		c := newConsuming(t, func(some []promptz.Event) error {
			for _, e := range some {
				if e.Number == 3 {
					poisoned++
					return errors.New("poison")
				}
			}
			for _, e := range some {
				done[e.Number]++
			}
			return nil
		})
		c.consume(t, 1, 2, 3, 4, 5)
		c.retryFor(t, time.Second)
		if diff := cmp.Diff(map[int64]int{1: 1, 2: 1, 4: 1, 5: 1}, done); diff != "" {
			t.Errorf("done (-want +got):\n%s", diff)
		}
		c.retryFor(t, 10*time.Hour)
		if dead := c.dead(t); len(dead) != 1 || dead[0].Event.Number != 3 || poisoned != 1+8 {
			t.Errorf("given up after %d attempts: %+v", poisoned, dead)
		}
	})
}

// TestNotYetIsNoAttempt puts an event off more often than it may fail.
func TestNotYetIsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := newConsuming(t, func([]promptz.Event) error {
			if calls++; calls <= 20 {
				return events.NotYet{Until: time.Now().Add(10 * time.Second)}
			}
			return nil
		})
		c.consume(t, 1)
		c.retryFor(t, 5*time.Minute)
		if dead := c.dead(t); calls != 21 || len(dead) != 0 || c.at[20] != 200*time.Second {
			t.Errorf("%d calls, given up %+v, at %v", calls, dead, c.at)
		}
	})
}

// TestTwoProcessesRetry lets two processes try the same again: nobody's state is
// lost, and the event is given up after no more attempts than it has.
func TestTwoProcessesRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConsuming(t, func([]promptz.Event) error { return errors.New("never") })
		c.consume(t, 1)
		for range 6 * 3600 {
			for range 2 {
				go c.Retry(t.Context())
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if dead := c.dead(t); len(dead) != 1 || dead[0].Attempts != 8 || len(c.at) > 1+2*7 {
			t.Errorf("%d attempts, given up %+v", len(c.at), dead)
		}
	})
}
