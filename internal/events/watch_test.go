package events_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"promptz/internal/events"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// countedFeeds is a log that counts how often somebody looks how far it is.
type countedFeeds struct {
	*store.Log
	looks atomic.Int64
	fails atomic.Bool
}

func (f *countedFeeds) Head(ctx context.Context, feed promptz.Feed) (int64, error) {
	f.looks.Add(1)
	if f.fails.Load() {
		return 0, errors.New("the store does not answer")
	}
	return f.Log.Head(ctx, feed)
}

// TestManyWaitersCostOneLook lets a thousand wait for what another process writes:
// one looks for all of them, nobody looks when none waits, and all are told.
func TestManyWaitersCostOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const waiters = 1000
		docs := newShared(t)
		other, feeds := docs.process(), &countedFeeds{Log: docs.process().Log()}
		watch := events.NewWatch(silent(), feeds)
		start(t, watch.Run)
		time.Sleep(time.Minute)
		if n := feeds.looks.Load(); n > 0 {
			t.Errorf("it looked %d times for nobody", n)
		}
		var waiting sync.WaitGroup
		var told atomic.Int64
		for range waiters {
			waiting.Go(func() {
				if err := watch.Wait(t.Context(), promptz.FeedActivity, 0); err == nil {
					told.Add(1)
				}
			})
		}
		time.Sleep(10*time.Second + time.Millisecond)
		if n := feeds.looks.Load(); n == 0 || n > 11*int64(len(feeds.Feeds())) {
			t.Errorf("it looked %d times in ten seconds", n)
		}
		write(t, other, 1)
		if err := events.NewRelay(other.Log(), events.NewWatch(silent(), other.Log()), silent()).Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		waiting.Wait()
		if waited := time.Since(begun); told.Load() != waiters || waited > time.Second {
			t.Errorf("%d of %d were told, the last after %s", told.Load(), waiters, waited)
		}
		looks := feeds.looks.Load()
		time.Sleep(time.Minute)
		if n := feeds.looks.Load(); n > looks {
			t.Errorf("it looked %d times more for nobody", n-looks)
		}
	})
}

func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feeds := &countedFeeds{Log: newShared(t).process().Log()}
		watch := events.NewWatch(silent(), feeds)
		start(t, watch.Run)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		feeds.fails.Store(true) // which ends no waiting
		if err := watch.Wait(ctx, promptz.FeedItems, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting in vain ends with %v", err)
		}
		watch.Moved(promptz.FeedActivity, 7)
		if err := watch.Wait(t.Context(), promptz.FeedActivity, 6); err != nil {
			t.Errorf("what is there already: %v", err)
		}
		watch.Moved(promptz.FeedActivity, 3) // who looked was late
		if err := watch.Wait(t.Context(), promptz.FeedActivity, 6); err != nil {
			t.Errorf("a feed never goes back: %v", err)
		}
		ended, leave := context.WithCancel(t.Context())
		leave()
		if err := watch.Wait(ended, promptz.FeedActivity, 7); !errors.Is(err, context.Canceled) {
			t.Errorf("who has left waits until %v", err)
		}
	})
}
