package app

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/workflow/machines"
)

// The backlog tells of events without a number, of those that are not sent, and of
// what was given up.
func TestBacklog(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	waiting := newBacklog(f.items, f.users, &DeadLetters{retries: f.items}, f.runner, f.clock.now, slog.New(slog.DiscardHandler))
	want := Backlog{
		OutboxAge:        map[string]time.Duration{store.LibraryCollection: 0, store.IdentityCollection: 0},
		FollowerLag:      map[promptz.Feed]int64{promptz.FeedItems: 0, promptz.FeedActivity: 0, promptz.FeedAccounts: 0},
		ExecutionsFailed: map[string]int{machines.Interaction: 0, machines.Publication: 0, machines.Welcome: 0},
	}
	compare := func(when string) {
		t.Helper()
		got, err := waiting.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for collection, age := range got.OutboxAge {
			got.OutboxAge[collection] = age.Round(time.Minute) // the clock ticks at each look
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", when, diff)
		}
	}
	compare("at first")
	item := f.createItem(t, "owner", nil)
	created := f.clock.now()
	f.clock.ms.Add(item.UpdatedAt.Add(2 * time.Hour).Sub(created).Milliseconds())
	want.OutboxAge[store.LibraryCollection] = f.clock.now().Sub(created).Round(time.Minute)
	compare("with an event in the outbox")

	appended, err := f.items.Log().AppendEvents(t.Context(), f.items.Log().TakeFresh(10))
	if err != nil {
		t.Fatal(err)
	}
	want.OutboxAge[store.LibraryCollection], want.FollowerLag[promptz.FeedItems] = 0, int64(len(appended))
	compare("with events that were not sent")

	dead := promptz.Retry{Consumer: "count", Event: appended[0], Attempts: 8, FailedAt: f.clock.now(), Dead: true}
	if err := f.items.CreateRetry(t.Context(), dead); err != nil {
		t.Fatal(err)
	}
	failed := &promptz.Execution{
		Machine: machines.Welcome, Name: "failed", Status: promptz.ExecutionTimedOut, Input: []byte("{}"),
		StartedAt: f.clock.now(), StoppedAt: f.clock.now(),
	}
	if _, err := f.items.CreateExecution(t.Context(), failed, nil); err != nil {
		t.Fatal(err)
	}
	want.DeadLetters, want.ExecutionsFailed[machines.Welcome] = 1, 1
	compare("with a dead letter and a failed execution")
}
