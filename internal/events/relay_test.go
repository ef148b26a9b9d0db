package events_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"promptz/internal/events"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// failingOutbox is an outbox that fails at first.
type failingOutbox struct {
	*store.Log
	fails atomic.Int32 // how often, still
}

func (o *failingOutbox) AppendEvents(ctx context.Context, ids []string) ([]promptz.Event, error) {
	if o.fails.Add(-1) >= 0 {
		return nil, errors.New("the store does not answer")
	}
	return o.Log.AppendEvents(ctx, ids)
}

func TestRelayNumbersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		library := newShared(t).process()
		watch := events.NewWatch(silent(), library.Log())
		start(t, events.NewRelay(library.Log(), watch, silent()).Run)
		begun := time.Now()
		for n := range int64(3) {
			write(t, library, 1)
			if err := watch.Wait(t.Context(), promptz.FeedActivity, n); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("it took %s", waited)
		}
		wantHead(t, library, 3)
	})
}

// TestRelaySweepsWhatOthersLeft lets another process write, which dies before it
// relays anything, before and after this one starts.
func TestRelaySweepsWhatOthersLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		docs := newShared(t)
		dead, library := docs.process(), docs.process()
		write(t, dead, 5)
		start(t, events.NewRelay(library.Log(), events.NewWatch(silent(), library.Log()), silent()).Run)
		synctest.Wait()
		wantHead(t, library, 5)
		write(t, dead, 5)
		time.Sleep(9 * time.Second)
		wantHead(t, library, 5)
		time.Sleep(2 * time.Second)
		wantHead(t, library, 10)
	})
}

// TestRelaySweepsMoreThanAPage leaves more events of one item, which all are in one
// shard, than one look at the outbox gives.
func TestRelaySweepsMoreThanAPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const left = 350
		docs := newShared(t)
		dead, library := docs.process(), docs.process()
		for range left {
			writeOf(t, dead, "7k3mz9q2w4xa")
		}
		relay := events.NewRelay(library.Log(), events.NewWatch(silent(), library.Log()), silent())
		if err := relay.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantHead(t, library, left)
	})
}

// TestRelayGoesOnAfterFailure fails to number events that this process wrote.
func TestRelayGoesOnAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		library := newShared(t).process()
		outbox := &failingOutbox{Log: library.Log()}
		start(t, events.NewRelay(outbox, events.NewWatch(silent(), library.Log()), silent()).Run)
		synctest.Wait()
		outbox.fails.Store(3) // it may look at any of them alone
		write(t, library, 3)
		synctest.Wait()
		outbox.fails.Store(0)
		wantHead(t, library, 0)
		write(t, library, 1)
		synctest.Wait()
		wantHead(t, library, 1)
		time.Sleep(11 * time.Second)
		wantHead(t, library, 4)
	})
}

// TestRelaysRace lets three processes relay what all of them write.
func TestRelaysRace(t *testing.T) {
	t.Parallel()
	const processes, each = 3, 60
	docs := newShared(t)
	for range processes {
		library := docs.process()
		start(t, events.NewRelay(library.Log(), events.NewWatch(silent(), library.Log()), silent()).Run)
		go write(t, library, each)
	}
	library := docs.process()
	watch := events.NewWatch(silent(), library.Log())
	start(t, watch.Run)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := watch.Wait(ctx, promptz.FeedActivity, processes*each-1); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for after := int64(0); after < processes*each; {
		some, err := library.Log().FindEvents(t.Context(), promptz.FeedActivity, after, 50)
		if err != nil || len(some) == 0 {
			t.Fatalf("after %d: %d events, %v", after, len(some), err)
		}
		for _, e := range some {
			if after++; e.Number != after || ids[e.ID] {
				t.Errorf("event %s is %d, want %d and once", e.ID, e.Number, after)
			}
			ids[e.ID] = true
		}
	}
	wantHead(t, library, processes*each)
}
