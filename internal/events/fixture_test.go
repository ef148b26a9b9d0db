package events_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"gocloud.dev/docstore/memdocstore"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/driver"

	"promptz/internal/events"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// silent is a log that nobody reads.
func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// shared is a library's documents, which several processes of a test share.
type shared struct{ handles store.Handles }

func newShared(t *testing.T) shared {
	t.Helper()
	c, err := memdocstore.OpenCollection(store.KeyField, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return shared{store.Handles{Consistent: c, Eventual: c}}
}

// process is the library as one process has it.
func (s shared) process() *store.Library { return s.processAt(0) }

// processAt is process for one whose clock is off.
func (s shared) processAt(off time.Duration) *store.Library {
	now := func() time.Time { return time.Now().Add(off) }
	return store.NewLibrary(s.handles, store.Tuning{}, now, rand.Reader)
}

// write writes n events.
func write(t *testing.T, library *store.Library, n int) {
	t.Helper()
	for range n {
		writeOf(t, library, rand.Text())
	}
}

// writeOf writes an event of an item.
func writeOf(t *testing.T, library *store.Library, item string) {
	t.Helper()
	e := promptz.Event{
		Type: promptz.EventItemCopied, Audience: promptz.AudiencePublic, At: time.Now(),
		ItemID: item, Kind: promptz.KindPrompt, Version: 1, OwnerID: "owner",
	}
	if _, err := library.CreateInteraction(t.Context(), e, rand.Text(), time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
}

// wantHead fails the test unless the feed has come to a number.
func wantHead(t *testing.T, library *store.Library, want int64) {
	t.Helper()
	if got, err := library.Log().Head(t.Context(), promptz.FeedActivity); err != nil || got != want {
		t.Fatalf("the feed has come to %d, %v; want %d", got, err, want)
	}
}

// start runs something until the test's bubble ends, or stop is called.
func start(t *testing.T, run func(ctx context.Context)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

var errAway = errors.New("the broker is away")

// broker is a topic that keeps what it gets, and may be away or hang.
type broker struct {
	mu    sync.Mutex
	got   []promptz.Event
	away  bool
	hangs chan struct{} // not nil: a batch waits until it is closed
}

func newBroker(t *testing.T) (*broker, *pubsub.Topic) {
	t.Helper()
	b := new(broker)
	topic := pubsub.NewTopic(b, nil)
	t.Cleanup(func() { topic.Shutdown(context.WithoutCancel(t.Context())) })
	return b, topic
}

func (b *broker) set(away bool, hangs chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away, b.hangs = away, hangs
}

// received gives the events that came, and forgets them.
func (b *broker) received() []promptz.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.got
	b.got = nil
	return got
}

func (b *broker) SendBatch(ctx context.Context, ms []*driver.Message) error {
	b.mu.Lock()
	hangs := b.hangs
	b.mu.Unlock()
	if hangs != nil {
		select {
		case <-hangs:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return errAway
	}
	for _, m := range ms {
		e, err := envelopes.Decode(m.Body)
		if err != nil {
			return err
		}
		b.got = append(b.got, e)
	}
	return nil
}

func (b *broker) IsRetryable(error) bool             { return false }
func (b *broker) As(any) bool                        { return false }
func (b *broker) ErrorAs(error, any) bool            { return false }
func (b *broker) ErrorCode(error) gcerrors.ErrorCode { return gcerrors.Unknown }
func (b *broker) Close() error                       { return nil }

var envelopes = events.NewEnvelopes("https://prompts.example.com")
