package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"promptz/internal/events"
	"promptz/internal/gocdk/sqlitepubsub"
	"promptz/internal/promptz"
	"promptz/internal/workflow/machines"
)

// line is everything between a change and its effects, on a floor: relays, a
// publisher, a topic in a file, and a subscriber.
type line struct {
	*floor
	subscriber *events.Subscriber

	mu    sync.Mutex
	tries map[string]int // of the consumer that fails at an event first, by who starred
	done  map[string]int
}

func newLine(t *testing.T) *line {
	t.Helper()
	l := &line{floor: newFloor(t), tries: map[string]int{}, done: map[string]int{}}
	queue, err := sqlitepubsub.OpenQueue(t.Context(), filepath.Join(t.TempDir(), "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { queue.Close() })
	topic, err := sqlitepubsub.OpenTopic(t.Context(), queue, "events", nil)
	if err != nil {
		t.Fatal(err)
	}
	subscription, err := sqlitepubsub.OpenSubscription(t.Context(), queue, "events", "all", nil)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	watch, envelopes := newWatch(l.items, l.users, log), newEnvelopes("https://prompts.example.com")
	consumers := append(l.consumers, events.Consumer{Name: "hesitant", Types: []promptz.EventType{promptz.EventItemStarred}, Handle: each(l.hesitate)})
	l.subscriber = newSubscriber(l.items, consumers, envelopes, asItCame, log, l.clock.now)
	l.run(t, func(ctx context.Context) { watch.Run(ctx) })
	for _, relay := range newRelays(l.items, l.users, watch, log) {
		l.run(t, relay.Run)
	}
	l.run(t, func(ctx context.Context) {
		events.NewPublisher(topic, envelopes, watch, log, "this").Run(ctx, l.items.Log(), l.users.Log())
	})
	l.run(t, func(ctx context.Context) { l.subscriber.Run(ctx, subscription) })
	return l
}

// run runs something until the test ends.
func (l *line) run(t *testing.T, f func(ctx context.Context)) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); f(ctx) }()
	t.Cleanup(func() { stop(); <-done })
}

// hesitate fails at each event the first time.
func (l *line) hesitate(_ context.Context, e promptz.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tries[e.ActorID]++; l.tries[e.ActorID] == 1 {
		return errors.New("not the first time")
	}
	l.done[e.ActorID]++
	return nil
}

// tried tells how often it was tried, and done, to handle somebody's star.
func (l *line) tried(user string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprintf("tried %d, done %d", l.tries[user], l.done[user])
}

// star and copy do so and fail the test otherwise.
func (l *line) star(t *testing.T, user string, item *promptz.Item) {
	t.Helper()
	if err := l.items.StarItem(t.Context(), user, item); err != nil {
		t.Fatal(err)
	}
}

func (l *line) copy(t *testing.T, visitor string, item *promptz.Item) {
	t.Helper()
	e := promptz.ItemEvent(promptz.EventItemCopied, item, l.clock.now())
	if done, err := l.items.CreateInteraction(t.Context(), e, visitor+item.ID, l.clock.now().Add(time.Hour)); err != nil || !done {
		t.Fatalf("copied: %t, %v", done, err)
	}
}

// until waits for what is to become true.
func until[T comparable](t *testing.T, want T, get func() T) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for get() != want {
		if time.Now().After(deadline) {
			t.Fatalf("it is %v, and has to become %v", get(), want)
		}
		time.Sleep(5 * time.Millisecond) // until the others have gone on
	}
}

// counts gives an item's.
func (l *line) counts(t *testing.T, item *promptz.Item) func() promptz.Stats {
	return func() promptz.Stats {
		stats, err := l.items.FindStats(t.Context(), item.ID)
		if err != nil {
			t.Fatal(err)
		}
		return stats
	}
}

// first gives the first on the list by popularity.
func (l *line) first(t *testing.T) func() string {
	return func() string {
		page, err := l.items.FindItems(t.Context(), promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: promptz.SortPopular, Limit: 1})
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("%d items, %v", len(page.Items), err)
		}
		return page.Items[0].ID
	}
}

// executions gives how many there are of the machine that ranks.
func (l *line) executions(t *testing.T, status promptz.ExecutionStatus) func() int {
	return func() int {
		page, err := l.runner.FindExecutions(t.Context(), promptz.ExecutionFilter{Machine: machines.Interaction, Status: status, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Executions)
	}
}

// TestClockSetBack lets things happen, sets the clock back by an hour, to where they
// have happened before, and lets more happen: nothing is skipped, nothing is
// repeated, and what is due waits for its time.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	popular, other := l.createItem(t, "owner", nil), l.createItem(t, "owner", nil)
	begin := l.clock.ms.Load()
	l.star(t, "anna", popular)
	l.copy(t, "one", popular)
	l.copy(t, "one", other)
	until(t, promptz.Stats{Stars: 1, Copies: 1}, l.counts(t, popular))
	until(t, promptz.Stats{Copies: 1}, l.counts(t, other))
	until(t, 2, l.executions(t, promptz.ExecutionRunning))
	until(t, "tried 1, done 0", func() string { return l.tried("anna") })
	l.clock.ms.Add(time.Minute.Milliseconds())
	until(t, 2, l.executions(t, promptz.ExecutionSucceeded))
	until(t, popular.ID, l.first(t))
	until(t, "tried 2, done 1", func() string { return l.tried("anna") })

	l.clock.ms.Store(begin + time.Hour.Milliseconds())
	l.star(t, "berta", popular)
	until(t, "tried 1, done 0", func() string { return l.tried("berta") })
	until(t, 1, l.executions(t, promptz.ExecutionRunning))
	l.clock.ms.Store(begin) // the same windows as in the beginning

	if err := l.items.UnstarItem(t.Context(), "anna", popular); err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		l.star(t, fmt.Sprintf("user%d", n), other)
		l.copy(t, fmt.Sprintf("visitor%d", n), other)
	}
	until(t, promptz.Stats{Stars: 1, Copies: 1}, l.counts(t, popular))
	until(t, promptz.Stats{Stars: 4, Copies: 5}, l.counts(t, other))
	until(t, "tried 1, done 0", func() string { return l.tried("user3") })
	until(t, 3, l.executions(t, promptz.ExecutionRunning)) // one of them begun before
	l.clock.ms.Add(2 * time.Minute.Milliseconds())
	until(t, "tried 2, done 1", func() string { return l.tried("user3") })
	until(t, other.ID, l.first(t))
	if got := l.tried("berta"); got != "tried 1, done 0" {
		t.Errorf("what is due in an hour: %s", got)
	}
	until(t, 1, l.executions(t, promptz.ExecutionRunning)) // as before

	l.clock.ms.Store(begin + time.Hour.Milliseconds() + 2*time.Minute.Milliseconds())
	until(t, "tried 2, done 1", func() string { return l.tried("berta") })
	until(t, 0, l.executions(t, promptz.ExecutionRunning))
	if failed := l.executions(t, promptz.ExecutionFailed)(); failed > 0 {
		t.Errorf("%d executions failed", failed)
	}
	l.checkDense(t, 3+1+1+8)
	if got := l.counts(t, other)(); got != (promptz.Stats{Stars: 4, Copies: 5}) {
		t.Errorf("in the end the counts are %+v", got)
	}
}

// checkDense sees that the feed of interactions has so many events, each once and
// with the next number.
func (l *line) checkDense(t *testing.T, n int) {
	t.Helper()
	found, err := l.items.Log().FindEvents(t.Context(), promptz.FeedActivity, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, e := range found {
		if e.Number != int64(i+1) || seen[e.ID] {
			t.Errorf("number %d stands at %d (seen before: %t)", e.Number, i+1, seen[e.ID])
		}
		seen[e.ID] = true
	}
	if len(found) != n {
		t.Errorf("the log has %d events, want %d", len(found), n)
	}
}

// asItCame takes nothing off a message.
func asItCame(body []byte) ([]byte, error) { return body, nil }
