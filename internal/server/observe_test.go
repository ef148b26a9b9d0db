package server_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/server"
)

func TestOneLineARequest(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	w := c.serve(t, func(w http.ResponseWriter, r *http.Request) {
		server.Route(r.Context(), "/v1/{items}/{ref}")
		w.WriteHeader(http.StatusCreated)
		w.Write([]byte("12345"))
	}, get("/v1/prompts/x"))
	lines := c.lines(t)
	if len(lines) != 1 {
		t.Fatalf("%d lines: %v", len(lines), lines)
	}
	line := lines[0]
	if _, ok := line["took"].(float64); !ok {
		t.Errorf("took = %v", line["took"])
	}
	delete(line, "time")
	delete(line, "took")
	want := map[string]any{
		"level": "INFO", "msg": "request", "method": "GET", "route": "/v1/{items}/{ref}",
		"status": 201.0, "bytes": 5.0, "client": "192.0.2.1", "requestId": w.Header().Get("X-Request-Id"),
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
}

func TestStatusWhereNothingIsWritten(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.serve(t, func(http.ResponseWriter, *http.Request) {}, get("/"))
	if status := c.lines(t)[0]["status"]; status != 200.0 {
		t.Errorf("status = %v, want what net/http sends", status)
	}
}

func TestInformationalIsNoStatus(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
	}, get("/"))
	if status := c.lines(t)[0]["status"]; status != 418.0 {
		t.Errorf("status = %v, want 418", status)
	}
}

func TestLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.serve(t, func(w http.ResponseWriter, r *http.Request) {
		server.Route(r.Context(), "/v1/auth/link/{token}")
	}, get("/v1/auth/link/secret?code=secret", "Authorization", "Bearer secret", "Cookie", "session=secret"))
	if strings.Contains(c.logged.String(), "secret") {
		t.Errorf("logged %s", c.logged)
	}
}

// A caller must not be able to write lines of log.
func TestLogInjection(t *testing.T) {
	t.Parallel()
	const forged = "x\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\r\nlevel=ERROR msg=forged"
	for _, format := range []string{"json", "text"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			c.Log = server.NewLogger(c.logged, format, 0)
			r := httptest.NewRequest("GET", "http://promptz.test/", nil)
			r.URL = &url.URL{Path: "/" + forged, RawQuery: forged}
			r.Method, r.RemoteAddr = forged, forged
			r.Header.Set("X-Forwarded-For", forged)
			c.serve(t, func(http.ResponseWriter, *http.Request) { panic(forged) }, r)
			lines := strings.Split(strings.TrimSpace(c.logged.String()), "\n")
			if len(lines) != 2 { // that of the panic, that of the request
				t.Errorf("%d lines:\n%s", len(lines), c.logged)
			}
			for _, line := range lines {
				if strings.HasPrefix(line, "level=") || strings.HasPrefix(line, `{"level"`) {
					t.Errorf("forged: %s", line)
				}
			}
		})
	}
}
