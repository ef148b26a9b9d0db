package datatest

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"gocloud.dev/pubsub"

	"promptz/internal/gocdk/sqlitepubsub"
)

// topicName is what the topic of events is called in its file.
const topicName = "events"

// Events is the queue of events in a data folder. Safe for concurrent use.
type Events struct {
	queue *sqlitepubsub.Queue
	topic *pubsub.Topic

	mu    sync.Mutex
	heard [][]byte
}

// OpenEvents opens it until the test ends.
func OpenEvents(t testing.TB, dir string) *Events {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	queue, err := sqlitepubsub.OpenQueue(ctx, filepath.Join(dir, "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, queue.Close()) })
	topic, err := sqlitepubsub.OpenTopic(ctx, queue, topicName, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, topic.Shutdown(ctx)) })
	return &Events{queue: queue, topic: topic}
}

// Listen begins to hear what is sent, by a subscription of its own, until the test
// ends.
func (e *Events) Listen(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	sub := e.subscribe(t, "listener")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			m, err := sub.Receive(ctx)
			if err != nil {
				return
			}
			e.mu.Lock()
			e.heard = append(e.heard, m.Body)
			e.mu.Unlock()
			m.Ack()
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// Heard gives what was sent since Listen.
func (e *Events) Heard() [][]byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// Send sends messages, many at a time.
func (e *Events) Send(t testing.TB, bodies ...[]byte) {
	t.Helper()
	for chunk := range slices.Chunk(bodies, 200) {
		var sending sync.WaitGroup
		for _, body := range chunk {
			sending.Go(func() { check(t, e.topic.Send(t.Context(), &pubsub.Message{Body: body})) })
		}
		sending.Wait()
	}
}

// Waiting gives how many messages are not acknowledged yet, and not put aside.
func (e *Events) Waiting(t testing.TB) int64 {
	t.Helper()
	depth, err := e.queue.Depth(t.Context())
	check(t, err)
	return depth.Waiting + depth.InFlight
}

// loseWithin is for how long a message that was lost is nobody's.
const loseWithin = time.Second

// Lose takes a message in the program's place and does not acknowledge it before the
// test ends.
func (e *Events) Lose(t testing.TB) {
	t.Helper()
	sub := e.subscribe(t, sqlitepubsub.DefaultSubscription)
	m, err := sub.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Ack) // the library complains of one that is forgotten
}

// subscribe opens a subscription until the test ends.
func (e *Events) subscribe(t testing.TB, name string) *pubsub.Subscription {
	t.Helper()
	opts := &sqlitepubsub.SubscriptionOptions{AckDeadline: loseWithin}
	sub, err := sqlitepubsub.OpenSubscription(t.Context(), e.queue, topicName, name, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, sub.Shutdown(context.WithoutCancel(t.Context()))) })
	return sub
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
