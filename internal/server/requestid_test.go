package server_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"promptz/internal/server"
)

func TestRequestID(t *testing.T) {
	t.Parallel()
	const proxy, stranger = "10.1.2.3", "192.0.2.1"
	tests := map[string]struct {
		from, sent string
		taken      bool
	}{
		"of a trusted proxy":   {proxy, "aZ0._-aZ0", true},
		"of a stranger":        {stranger, "aZ0._-aZ0", false},
		"none":                 {proxy, "", false},
		"too short":            {proxy, "1234567", false},
		"shortest":             {proxy, "12345678", true},
		"longest":              {proxy, strings.Repeat("a", 64), true},
		"too long":             {proxy, strings.Repeat("a", 65), false},
		"a line break":         {proxy, "12345678\n{\"level\":\"ERROR\"}", false},
		"ends in a line break": {proxy, "12345678\n", false},
		"a quote":              {proxy, `12345678"`, false},
	}
	made := regexp.MustCompile(`^[a-z0-9]{16}$`)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			var inContext string
			w := c.serve(t, func(_ http.ResponseWriter, r *http.Request) {
				inContext = server.RequestID(r.Context())
			}, from(test.from, get("/", "X-Request-Id", test.sent)))
			id := w.Header().Get("X-Request-Id")
			if taken := id == test.sent; taken != test.taken {
				t.Errorf("id = %q for %q sent, taken = %v", id, test.sent, taken)
			}
			if !test.taken && !made.MatchString(id) {
				t.Errorf("id = %q: not of the made form", id)
			}
			if inContext != id {
				t.Errorf("context has %q, response %q", inContext, id)
			}
			if lines := c.lines(t); len(lines) != 1 || lines[0]["requestId"] != id {
				t.Errorf("logged %v, want one line with %s", lines, id)
			}
		})
	}
}

func TestRequestIDsDiffer(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	seen := map[string]bool{}
	for range 1000 {
		seen[c.serve(t, ok, get("/")).Header().Get("X-Request-Id")] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d ids for 1000 requests", len(seen))
	}
}

func TestOutsideARequest(t *testing.T) {
	t.Parallel()
	server.Route(t.Context(), "/nowhere") // must not panic
	if id := server.RequestID(t.Context()); id != "" {
		t.Errorf("id = %q", id)
	}
	if addr := server.ClientAddr(t.Context()); addr.IsValid() {
		t.Errorf("address = %v", addr)
	}
}

// A transport that names its requests is believed, and a caller's name is not.
func TestRequestIDOfTheTransport(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	r := get("/", "X-Request-Id", "somebody-elses")
	r = r.WithContext(server.WithRequestID(r.Context(), "8476a536-e9f4-11e8-9739-2dfe598c3fcd"))
	var inContext string
	w := c.serve(t, func(_ http.ResponseWriter, r *http.Request) { inContext = server.RequestID(r.Context()) }, r)
	if id := w.Header().Get("X-Request-Id"); id != "8476a536-e9f4-11e8-9739-2dfe598c3fcd" || inContext != id {
		t.Errorf("answered %q, in context %q", id, inContext)
	}
}
