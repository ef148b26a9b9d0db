package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"promptz/internal/api"
	"promptz/internal/promptz"
)

// waited is how a request for changes was answered, by the bubble's clock.
type waited struct {
	*httptest.ResponseRecorder
	after time.Duration
}

// ask sends a request for changes that may take as long as one may, unless limit
// says another time.
func ask(t *testing.T, h http.Handler, path string, limit time.Duration, headers ...string) waited {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	r := httptest.NewRequest("GET", path, nil).WithContext(ctx)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	begun, w := time.Now(), httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return waited{w, time.Since(begun)}
}

// requestTime is what package server gives a request.
const requestTime = 30 * time.Second

// TestHowLongAnAnswerWaits asks when nothing happens.
func TestHowLongAnAnswerWaits(t *testing.T) {
	for _, test := range []struct {
		name, path string
		limit      time.Duration
		status     int
		after      time.Duration
	}{
		{"not at all by default", "/v1/changes", requestTime, 200, 0},
		{"not at all", "/v1/changes?wait=0", requestTime, 200, 0},
		{"as long as it is asked to", "/v1/changes?wait=7", requestTime, 200, 7 * time.Second},
		{"the longest", "/v1/changes?wait=25", requestTime, 200, 25 * time.Second},
		{"longer than that", "/v1/changes?wait=26", requestTime, 400, 0},
		{"a negative time", "/v1/changes?wait=-1", requestTime, 400, 0},
		{"no number", "/v1/changes?wait=soon", requestTime, 400, 0},
		{"a fraction", "/v1/changes?wait=1.5", requestTime, 400, 0},
		{"nothing", "/v1/changes?wait=", requestTime, 400, 0},
		{"in time for an answer", "/v1/changes?wait=25", 10 * time.Second, 200, 7 * time.Second},
		{"not when there is something", "/v1/changes?wait=25&cursor=2", requestTime, 200, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				seed(f)
				threeEvents(f)
				path := test.path
				if !strings.Contains(path, "cursor=") && test.after > 0 {
					path += "&cursor=3"
				}
				w := ask(t, newHandler(t, f), path, test.limit)
				if w.Code != test.status || w.after != test.after {
					t.Errorf("status %d after %s, want %d after %s: %s", w.Code, w.after, test.status, test.after, w.Body)
				}
				if test.after > 0 && !strings.Contains(w.Body.String(), `{"cursor":"3","items":[]}`) {
					t.Errorf("an empty page without the cursor to go on from: %s", w.Body)
				}
			})
		})
	}
}

// TestWaitingEndsWithTheCaller lets a caller go away who waits.
func TestWaitingEndsWithTheCaller(t *testing.T) {
	for _, accept := range []string{"application/json", "text/event-stream"} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			seed(f)
			h := newHandler(t, f)
			ctx, leave := context.WithCancel(t.Context())
			ended := make(chan time.Time)
			go func() {
				r := httptest.NewRequest("GET", "/v1/changes?wait=25", nil).WithContext(ctx)
				r.Header.Set("Accept", accept)
				h.ServeHTTP(httptest.NewRecorder(), r)
				ended <- time.Now()
			}()
			time.Sleep(3 * time.Second) // of the bubble's
			left := time.Now()
			leave()
			if end := <-ended; end.Sub(left) > 10*time.Millisecond {
				t.Errorf("%s: it waited for %s more", accept, end.Sub(left))
			}
		})
	}
}

// TestSilentStreamSaysThatItIsThere reads a stream on which nothing happens: it
// says so again and again, ends in time, and the browser goes on where it was.
func TestSilentStreamSaysThatItIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		seed(f)
		threeEvents(f)
		w := ask(t, newHandler(t, f), "/v1/changes?cursor=3", requestTime, "Accept", "text/event-stream")
		if want := "retry: 1000\n\nid: 3\n\nid: 3\n\nid: 3\n\nid: 3\n\n"; w.Body.String() != want {
			t.Errorf("got\n%s", w.Body)
		}
		if w.after != requestTime-3*time.Second || !w.Flushed {
			t.Errorf("it ended after %s, flushed %t", w.after, w.Flushed)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff", "Content-Length": "",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
	})
}

// TestStreamsLoseNothing drains the server again and again while events happen: a
// browser that goes on after the last number it got sees every event once.
func TestStreamsLoseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const all = 200
		f := newFake()
		seed(f)
		var happening sync.WaitGroup
		happening.Go(func() {
			for range all {
				f.happen(promptz.EventItemUpdated, f.items[publicPrompt])
				time.Sleep(10 * time.Millisecond)
			}
		})
		last, seen := "0", 0
		for round := 0; seen < all; round++ {
			w := drainUnder(t, f, last, time.Duration(37*(1+round%5))*time.Millisecond)
			for _, line := range strings.Split(w.Body.String(), "\n") {
				if id, ok := strings.CutPrefix(line, "id: "); ok {
					last = id
				}
				if strings.HasPrefix(line, "data: ") {
					if seen++; fmt.Sprint(seen) != last {
						t.Fatalf("event %d has the id %s", seen, last)
					}
				}
			}
			if round > all {
				t.Fatalf("%d of %d events came in %d streams", seen, all, round)
			}
		}
		happening.Wait()
	})
}

// drainUnder reads a stream after the last event that was got, on a server that
// drains after a while.
func drainUnder(t *testing.T, f *fake, last string, after time.Duration) waited {
	t.Helper()
	draining := make(chan struct{})
	deps := depsOn(t, f, f, &f.signIn)
	deps.Draining = draining
	h, err := api.NewHandler(deps)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(after, func() { close(draining) })
	w := ask(t, h, "/v1/changes", requestTime, "Accept", "text/event-stream", "Last-Event-ID", last)
	if w.after > after+10*time.Millisecond {
		t.Errorf("it ended %s after the server began to drain", w.after-after)
	}
	return w
}
