package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/server"
)

// clock is a time that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// newLimited makes middleware with limits, which takes X-User for the caller.
func newLimited(t *testing.T, perSecond float64) (*chain, *clock) {
	now, c := newClock(), newChain(t)
	c.Limits = server.NewLimits(perSecond, now.Now)
	c.Caller = func(r *http.Request) string { return r.Header.Get("X-User") }
	return c, now
}

func TestLimitHeaders(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		perSecond    float64
		user         string
		policy, rest string
	}{
		"an address":                  {0, "", `"default";q=100;w=5`, `"default";r=99;t=1`},
		"a user":                      {0, "maria", `"default";q=100;w=2`, `"default";r=99;t=1`},
		"a user, slow":                {0.5, "maria", `"default";q=100;w=200`, `"default";r=99;t=2`},
		"an address, slow":            {0.5, "", `"default";q=100;w=200`, `"default";r=99;t=2`},
		"an address, fast for a user": {1000, "", `"default";q=100;w=5`, `"default";r=99;t=1`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newLimited(t, test.perSecond)
			h := c.serve(t, ok, get("/", "X-User", test.user)).Header()
			if got := h.Get("RateLimit-Policy"); got != test.policy {
				t.Errorf("RateLimit-Policy: %s, want %s", got, test.policy)
			}
			if got := h.Get("RateLimit"); got != test.rest {
				t.Errorf("RateLimit: %s, want %s", got, test.rest)
			}
		})
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	c, now := newLimited(t, 0)
	h := c.handler(t, ok)
	send := func(r *http.Request) int { return record(h, r).Code }
	for i := range 100 {
		if code := send(get("/")); code != http.StatusOK {
			t.Fatalf("request %d of a burst of 100: %d", i+1, code)
		}
	}
	w := record(h, get("/"))
	got := []string{w.Body.String(), w.Header().Get("Retry-After"), w.Header().Get("RateLimit")}
	if diff := cmp.Diff([]string{"rate_limited", "1", `"default";r=0;t=5`}, got); diff != "" {
		t.Errorf("over the limit (-want +got):\n%s", diff)
	}
	if !strings.Contains(c.metrics(t), "promptz_http_requests_limited_total 1\n") {
		t.Error("the refusal is not counted")
	}
	if code := send(from("192.0.2.2", get("/"))); code != http.StatusOK {
		t.Errorf("another address: %d", code)
	}
	if code := send(get("/", "X-User", "192.0.2.1")); code != http.StatusOK {
		t.Errorf("a user named like the address: %d", code)
	}
	now.advance(time.Second)
	passed := 0
	for range 50 {
		if send(get("/")) == http.StatusOK {
			passed++
		}
	}
	if passed != 20 {
		t.Errorf("%d passed a second later, want 20", passed)
	}
}

func TestRetryAfterOfSlowLimits(t *testing.T) {
	t.Parallel()
	c, now := newLimited(t, 0.1)
	h := c.handler(t, ok)
	for range 100 {
		record(h, get("/"))
	}
	if got := record(h, get("/")).Header().Get("Retry-After"); got != "10" {
		t.Errorf("Retry-After: %s, want 10", got)
	}
	now.advance(10 * time.Second)
	if code := record(h, get("/")).Code; code != http.StatusOK {
		t.Errorf("after as long as Retry-After says: %d", code)
	}
}

func TestLimitTakesANetworkForOne(t *testing.T) {
	t.Parallel()
	c, _ := newLimited(t, 0)
	h := c.handler(t, ok)
	for i := range 100 {
		record(h, from(fmt.Sprintf("2001:db8:0:1::%x", i), get("/")))
	}
	if code := record(h, from("2001:db8:0:1:ffff::1", get("/"))).Code; code != http.StatusTooManyRequests {
		t.Errorf("the same /64: %d", code)
	}
	if code := record(h, from("2001:db8:0:2::1", get("/"))).Code; code != http.StatusOK {
		t.Errorf("another /64: %d", code)
	}
}

// Who is not behind a trusted proxy must not get a new bucket by a new header.
func TestLimitIsNotSpoofed(t *testing.T) {
	t.Parallel()
	c, _ := newLimited(t, 0)
	h := c.handler(t, ok)
	code := 0
	for i := range 101 {
		code = record(h, get("/", "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i))).Code
	}
	if code != http.StatusTooManyRequests {
		t.Errorf("status = %d after 101 requests of one peer", code)
	}
}

func TestNoLimitHeadersOnPublicAnswers(t *testing.T) {
	t.Parallel()
	for cacheControl, want := range map[string]bool{"public, max-age=0": false, "private, no-store": true, "": true} {
		for name, write := range map[string]func(http.ResponseWriter){
			"nothing": func(http.ResponseWriter) {},
			"header":  func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotModified) },
			"little":  func(w http.ResponseWriter) { w.Write([]byte("x")) },
			"much":    func(w http.ResponseWriter) { w.Write(make([]byte, 5000)) },
		} {
			t.Run(name+" "+cacheControl, func(t *testing.T) {
				t.Parallel()
				c, _ := newLimited(t, 0)
				w := c.serve(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Cache-Control", cacheControl)
					write(w)
				}, get("/", "Accept-Encoding", "gzip"))
				h := w.Result().Header // as it was sent
				if got := [2]bool{h.Get("RateLimit") != "", h.Get("RateLimit-Policy") != ""}; got != [2]bool{want, want} {
					t.Errorf("has RateLimit, RateLimit-Policy: %v, want %v", got, want)
				}
			})
		}
	}
}

func TestLimitsOff(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	h := c.handler(t, ok)
	for range 200 {
		w := record(h, get("/"))
		if w.Code != http.StatusOK || w.Header().Get("RateLimit") != "" {
			t.Fatalf("status = %d, header = %v", w.Code, w.Header())
		}
	}
}

// A million callers must not fill the memory, nor wash away the bucket of one
// that goes on asking.
func TestLimitsForget(t *testing.T) {
	t.Parallel()
	limits := server.NewLimits(0, newClock().Now)
	for range 100 {
		limits.Take("greedy")
	}
	for i := range 5 * server.MaxCallers {
		limits.Take(fmt.Sprint("caller ", i))
		if i%1000 == 0 && limits.Take("greedy") {
			t.Fatalf("a spent bucket was forgotten after %d others", i)
		}
	}
	if got := limits.Remembered(); got > 2*server.MaxCallers {
		t.Errorf("%d buckets are kept, want at most %d", got, 2*server.MaxCallers)
	}
}

func TestLimitsAtOnce(t *testing.T) {
	t.Parallel()
	limits := server.NewLimits(0, newClock().Now)
	var wg sync.WaitGroup
	passed := make([]int, 8)
	for i := range passed {
		wg.Go(func() {
			for range 50 {
				if limits.Take("maria") {
					passed[i]++
				}
			}
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range passed {
		sum += n
	}
	if sum != 100 {
		t.Errorf("%d passed, want 100", sum)
	}
}
