package storetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"promptz/internal/promptz"
)

// Limits hold across processes: of many at once exactly as many pass as may.
func testLimits(t *testing.T, f *fixture) {
	rate := promptz.Rate{Burst: 5, Window: time.Minute}
	var passed atomic.Int64
	for i, err := range inParallel(20, func(int) error {
		wait, err := f.ephemeral.Take(context.WithoutCancel(t.Context()), "key", rate)
		if err == nil && wait == 0 {
			passed.Add(1)
		}
		return err
	}) {
		if err != nil && promptz.ErrorCode(err) != promptz.CodeUnavailable { // contention may outlast the deadline
			t.Errorf("caller %d: %v", i, err)
		}
	}
	if passed.Load() != 5 {
		t.Errorf("%d of 20 passed, want 5", passed.Load())
	}
	wait, err := f.ephemeral.Take(t.Context(), "key", rate)
	if err != nil || wait <= 0 || wait > 12*time.Second {
		t.Errorf("the next waits %v, %v", wait, err)
	}
	if wait, err := f.ephemeral.Take(t.Context(), "another", rate); err != nil || wait != 0 {
		t.Errorf("another key waits %v, %v", wait, err)
	}
	f.clock.advance(12 * time.Second)
	if wait, err := f.ephemeral.Take(t.Context(), "key", rate); err != nil || wait != 0 {
		t.Errorf("after a fifth of the window it waits %v, %v", wait, err)
	}
	f.clock.advance(-time.Hour) // a clock that jumps back lets nobody through sooner
	if wait, err := f.ephemeral.Take(t.Context(), "key", rate); err != nil || wait <= 0 {
		t.Errorf("after the clock jumped back it waits %v, %v", wait, err)
	}
}

func testLeases(t *testing.T, f *fixture) {
	acquire := func(holder string) bool {
		t.Helper()
		ok, err := f.ephemeral.AcquireLease(context.WithoutCancel(t.Context()), "work", holder, time.Minute)
		if err != nil {
			t.Errorf("%s: %v", holder, err)
		}
		return ok
	}
	var got atomic.Int64
	inParallel(10, func(i int) error {
		if acquire(string(rune('a' + i))) {
			got.Add(1)
		}
		return nil
	})
	if got.Load() != 1 {
		t.Fatalf("%d have the lease", got.Load())
	}
	f.clock.advance(time.Minute)
	if !acquire("first") || acquire("second") || !acquire("first") {
		t.Error("after its end it is not the first's alone")
	}
	if err := f.ephemeral.ReleaseLease(t.Context(), "work", "second"); err != nil {
		t.Fatal(err)
	}
	if acquire("second") {
		t.Error("somebody else gave it back")
	}
	if err := f.ephemeral.ReleaseLease(t.Context(), "work", "first"); err != nil {
		t.Fatal(err)
	}
	if !acquire("second") {
		t.Error("it was not given back")
	}
}

func testEphemeralExpiry(t *testing.T, f *fixture) {
	if f.ttl {
		t.Skip("the store removes what has expired itself")
	}
	if _, err := f.ephemeral.Take(t.Context(), "key", promptz.Rate{Burst: 1, Window: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if swept, err := f.ephemeral.Sweep(t.Context()); err != nil || swept.Expired != 0 {
		t.Errorf("too early: %+v, %v", swept, err)
	}
	f.clock.advance(2 * time.Minute)
	if swept, err := f.ephemeral.Sweep(t.Context()); err != nil || swept.Expired != 1 {
		t.Errorf("swept %+v, %v", swept, err)
	}
}
