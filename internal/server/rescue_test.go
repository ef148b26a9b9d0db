package server_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPanic(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"identity", "gzip"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			w := c.serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("ETag", `"1"`)
				w.Header().Set("Content-Length", "7000")
				panic("the cause")
			}, get("/", "Accept-Encoding", encoding))
			if w.Code != 500 || w.Body.String() != "internal" {
				t.Errorf("answer = %d %q", w.Code, w.Body)
			}
			if h := w.Header(); h.Get("ETag") != "" || h.Get("Content-Length") != "" || h.Get("X-Request-Id") == "" {
				t.Errorf("header = %v: must hold the request id and nothing of the handler's", h)
			}
			lines := c.lines(t)
			if len(lines) != 2 {
				t.Fatalf("%d lines, want that of the panic and that of the request", len(lines))
			}
			stack, _ := lines[0]["stack"].(string)
			if lines[0]["panic"] != "the cause" || !strings.Contains(stack, "rescue_test.go") || lines[0]["requestId"] == nil {
				t.Errorf("line = %v", lines[0])
			}
			if lines[1]["status"] != 500.0 {
				t.Errorf("status logged = %v", lines[1]["status"])
			}
		})
	}
}

// What began as a 200 can't become a 500: the caller has to see it end early.
func TestPanicAfterHeader(t *testing.T) {
	t.Parallel()
	tests := map[string]http.HandlerFunc{
		"flushed": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Repeat("x", 10))
			http.NewResponseController(w).Flush()
			panic("late")
		},
		"a lot": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Repeat("x", 100_000))
			panic("late")
		},
		"buffered": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "x")
			panic("late")
		},
		"aborted": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(newChain(t).handler(t, handler))
			t.Cleanup(srv.Close)
			res, err := srv.Client().Get(srv.URL)
			if err != nil {
				return // broken before the header was out
			}
			defer res.Body.Close()
			if _, err = io.ReadAll(res.Body); err == nil {
				t.Errorf("the answer, a %d, looks whole", res.StatusCode)
			}
		})
	}
}

func TestAbortIsNoFault(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	defer func() {
		if fault := recover(); fault != http.ErrAbortHandler {
			t.Errorf("panicked with %v, want ErrAbortHandler to go on", fault)
		}
		lines := c.lines(t)
		if len(lines) != 1 || lines[0]["status"] != 0.0 {
			t.Errorf("logged %v, want one line without a status", lines)
		}
	}()
	c.serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, get("/"))
}

func TestPanicWithAnError(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.serve(t, func(http.ResponseWriter, *http.Request) { panic(errors.New("a fault")) }, get("/"))
	if got := c.lines(t)[0]["panic"]; got != "a fault" {
		t.Errorf("logged %v", got)
	}
}
