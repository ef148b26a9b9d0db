package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"promptz/internal/promptz"
	"promptz/internal/server"
)

// chain is the whole middleware as a test sees it.
type chain struct {
	server.Middleware
	logged *bytes.Buffer
}

// newChain makes middleware that answers to promptz.test, trusts 10.0.0.0/8, and
// has no limits.
func newChain(t testing.TB) *chain {
	t.Helper()
	metrics, err := server.NewMetrics()
	if err != nil {
		t.Fatal(err)
	}
	logged := &bytes.Buffer{}
	return &chain{logged: logged, Middleware: server.Middleware{
		Log:     server.NewLogger(logged, "json", slog.LevelDebug),
		Metrics: metrics,
		Caller:  func(*http.Request) string { return "" },
		Proxies: server.Proxies{netip.MustParsePrefix("10.0.0.0/8")},
		Hosts:   []string{"promptz.test"},
		Refuse:  refuse,
	}}
}

// serve sends r through the middleware to h.
func (c *chain) serve(t testing.TB, h http.HandlerFunc, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	return record(c.handler(t, h), r)
}

func (c *chain) handler(t testing.TB, h http.HandlerFunc) http.Handler {
	t.Helper()
	handler, err := c.Middleware.Handler(h)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// lines are the lines logged, each as an object.
func (c *chain) lines(t testing.TB) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for line := range strings.Lines(c.logged.String()) {
		var attrs map[string]any
		if err := json.Unmarshal([]byte(line), &attrs); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		lines = append(lines, attrs)
	}
	return lines
}

// metrics is what a scrape shows.
func (c *chain) metrics(t testing.TB) string {
	t.Helper()
	return record(c.Metrics.Handler(), get("/metrics")).Body.String()
}

// get makes a request to promptz.test from 192.0.2.1 with headers in pairs.
func get(path string, headers ...string) *http.Request {
	return request("GET", path, headers...)
}

func request(method, path string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "http://promptz.test"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// from gives r as it comes from the address.
func from(address string, r *http.Request) *http.Request {
	r.RemoteAddr = net.JoinHostPort(address, "4711")
	return r
}

func ok(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }

var statuses = map[promptz.Code]int{
	server.CodeMisdirected:  http.StatusMisdirectedRequest,
	promptz.CodeRateLimited: http.StatusTooManyRequests,
	promptz.CodeInternal:    http.StatusInternalServerError,
	promptz.CodeUnavailable: http.StatusServiceUnavailable,
}

// refuse answers with the code alone.
func refuse(w http.ResponseWriter, _ *http.Request, code promptz.Code, _ string) {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(statuses[code])
	fmt.Fprint(w, code)
}

func healthy(context.Context) error { return nil }

// record gives what h answers to r.
func record(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
