package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/server"
)

func TestLiveness(t *testing.T) {
	t.Parallel()
	h := server.NewHealth(func(context.Context) error { return errors.New("down") }, refuse, time.Now)
	w := record(http.HandlerFunc(h.Liveness), get("/healthz/liveness"))
	if w.Code != http.StatusOK || w.Body.String() != `{"status":"ok"}` || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("answer = %d %s %v", w.Code, w.Body, w.Header())
	}
}

func TestReadinessFollowsTheProcess(t *testing.T) {
	t.Parallel()
	h := server.NewHealth(healthy, refuse, time.Now)
	got := []int{readiness(h)}
	h.SetServing(true)
	got = append(got, readiness(h))
	h.SetServing(false)
	got = append(got, readiness(h))
	if diff := cmp.Diff([]int{503, 200, 503}, got); diff != "" {
		t.Errorf("starting, serving, draining (-want +got):\n%s", diff)
	}
}

func TestReadinessAsksOnceASecond(t *testing.T) {
	t.Parallel()
	now, asked := newClock(), 0
	var found error
	h := server.NewHealth(func(context.Context) error { asked++; return found }, refuse, now.Now)
	h.SetServing(true)
	steps := []struct {
		after  time.Duration
		found  error
		status int
		asked  int
	}{
		{0, nil, 200, 1},
		{999 * time.Millisecond, errors.New("down"), 200, 1},
		{time.Millisecond, errors.New("down"), 503, 2},
		{0, nil, 503, 2},
		{time.Second, nil, 200, 3},
		{-time.Hour, nil, 200, 4}, // somebody set the clock
	}
	for i, step := range steps {
		now.advance(step.after)
		found = step.found
		if status := readiness(h); status != step.status || asked != step.asked {
			t.Errorf("step %d: %d, asked %d times, want %d and %d", i, status, asked, step.status, step.asked)
		}
	}
}

// What failed is for the log; callers learn nothing of what we are made of.
func TestReadinessTellsTheLog(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	h := server.NewHealth(server.Checks{
		"library":  healthy,
		"identity": func(context.Context) error { return errors.New("db.internal is down") },
	}.Run, refuse, time.Now)
	h.SetServing(true)
	for range 2 { // found, and remembered
		w := c.serve(t, h.Readiness, get("/healthz/readiness"))
		if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "db.internal") {
			t.Errorf("answer = %d %s", w.Code, w.Body)
		}
	}
	for _, line := range c.lines(t) {
		if line["error"] != "check readiness: identity: db.internal is down" {
			t.Errorf("error logged = %v", line["error"])
		}
	}
}

func TestReadinessBoundsChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		defer close(stuck)
		h := server.NewHealth(server.Checks{
			"stuck": func(context.Context) error { <-stuck; return nil },
			"slow":  func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		}.Run, refuse, time.Now)
		h.SetServing(true)
		begin := time.Now()
		if status := readiness(h); status != http.StatusServiceUnavailable {
			t.Errorf("status = %d", status)
		}
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("took %v, want 2s", took)
		}
	})
}

// A caller that goes away must not make the next one see a failure.
func TestReadinessOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	h := server.NewHealth(func(ctx context.Context) error { return ctx.Err() }, refuse, time.Now)
	h.SetServing(true)
	gone, leave := context.WithCancel(t.Context())
	leave()
	record(http.HandlerFunc(h.Readiness), get("/healthz/readiness").WithContext(gone))
	if status := readiness(h); status != http.StatusOK {
		t.Errorf("status = %d", status)
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	down := func(context.Context) error { return errors.New("down") }
	tests := map[string]struct {
		checks server.Checks
		want   string
	}{
		"none":   {nil, ""},
		"well":   {server.Checks{"a": healthy, "b": healthy}, ""},
		"one":    {server.Checks{"a": healthy, "b": down}, "b: down"},
		"sorted": {server.Checks{"c": down, "a": down, "b": healthy}, "a: down\nc: down"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := test.checks.Run(t.Context()); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

func readiness(h *server.Health) int {
	return record(http.HandlerFunc(h.Readiness), get("/healthz/readiness")).Code
}
