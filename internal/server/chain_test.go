package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/server"
)

// Whatever refuses a request, the refusal has an id, a line of log and a count.
func TestRefusalsAreSeen(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(c *chain, r *http.Request)
		status  int
	}{
		"misdirected": {func(_ *chain, r *http.Request) { r.Host = "evil.test" }, 421},
		"limited": {func(c *chain, _ *http.Request) {
			for range 1000 {
				c.Limits.Take("greedy")
			}
			c.Caller = func(*http.Request) string { return "greedy" }
		}, 429},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, r := newChain(t), get("/")
			c.Limits = server.NewLimits(0, newClock().Now)
			test.prepare(c, r)
			w := c.serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the handler was reached") }, r)
			line := c.lines(t)[0]
			got := []any{w.Code, line["status"], line["requestId"]}
			want := []any{test.status, float64(test.status), w.Header().Get("X-Request-Id")}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("status, status logged, id logged (-want +got):\n%s", diff)
			}
		})
	}
}

// BenchmarkMiddleware is what the middleware adds to a handler.
func BenchmarkMiddleware(b *testing.B) {
	c := newChain(b)
	c.Limits, c.Caller = server.NewLimits(1e9, time.Now), func(*http.Request) string { return "maria" }
	h := c.handler(b, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	r := get("/")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
		c.logged.Reset()
	}
}
