package lambda_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

func TestResponse(t *testing.T) {
	t.Parallel()
	text := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	nosniff := []string{"nosniff"} // where the gateway would choose a type
	for _, tt := range []struct {
		name   string
		method string
		handle http.HandlerFunc
		want   answer
	}{
		{"nothing", "GET", func(http.ResponseWriter, *http.Request) {}, answer{Status: 200, Header: http.Header{"X-Content-Type-Options": nosniff}}},
		{"text", "GET", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "a <b> & “c”") },
			answer{Status: 200, Header: text, Body: "a <b> & “c”"}},
		{"in pieces", "GET", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "a")
			http.NewResponseController(w).Flush()
			io.WriteString(w, "b")
		}, answer{Status: 200, Header: text, Body: "ab"}},
		{"bytes", "GET", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte{0xff, 0xfe, 0}) },
			answer{Status: 200, Header: http.Header{"Content-Type": {"application/octet-stream"}}, Body: "\xff\xfe\x00"}},
		{"a type", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{}`)
		}, answer{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{}`}},
		{"no type, on purpose", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			io.WriteString(w, `{}`)
		}, answer{Status: 200, Header: http.Header{"X-Content-Type-Options": nosniff}, Body: `{}`}},
		{"a status", "POST", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusTeapot)
			w.WriteHeader(http.StatusOK)
			w.Header().Set("Too", "late")
		}, answer{Status: 418, Header: http.Header{"X-Content-Type-Options": nosniff}}},
		{"fields", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Link"] = []string{"<a>", "<b>"}
			w.Header()["Set-Cookie"] = []string{"a=1; Path=/", "b=2"}
			w.Header().Set("Connection", "close")
			w.Header().Set("Content-Length", "0")
		}, answer{Status: 200, Header: http.Header{"Link": {"<a>, <b>"}, "X-Content-Type-Options": nosniff}, Cookies: []string{"a=1; Path=/", "b=2"}}},
		{"to HEAD", "HEAD", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2")
			w.Header().Set("Content-Type", "application/json")
			n, err := io.WriteString(w, `{}`)
			if n != 2 || err != nil {
				panic(fmt.Sprint(n, err))
			}
		}, answer{Status: 200, Header: http.Header{"Content-Type": {"application/json"}, "Content-Length": {"2"}}}},
		{"to HEAD, with no length of its own", "HEAD", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "abc") },
			answer{Status: 200, Header: http.Header{"Content-Type": text["Content-Type"], "Content-Length": {"3"}}}},
		{"not modified", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(http.StatusNotModified)
			io.WriteString(w, "never")
		}, answer{Status: 304, Header: http.Header{"Etag": {`"1"`}, "X-Content-Type-Options": nosniff}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := httpEvent(t, func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.Method = tt.method })
			if diff := cmp.Diff(tt.want, invoke(t.Context(), t, adapter(tt.handle), e)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is compressed is no text, though its bytes may look like some.
func TestEncodedBodiesAreBytes(t *testing.T) {
	t.Parallel()
	for coding, wantBytes := range map[string]bool{"gzip": true, "identity": false} {
		h := adapter(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", coding)
			io.WriteString(w, "abc")
		})
		text, err := h.Invoke(t.Context(), marshal(t, httpEvent(t, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if isBytes := strings.Contains(string(text), `"isBase64Encoded":true`); isBytes != wantBytes {
			t.Errorf("%s: %s", coding, text)
		}
		if got := gatewayAnswer(t, text); got.Body != "abc" {
			t.Errorf("%s: the body arrives as %q", coding, got.Body)
		}
	}
}

// An answer may be as large as Lambda takes, counted as it is sent, and not a byte
// larger.
func TestLargeAnswers(t *testing.T) {
	t.Parallel()
	const limit = 6 << 20
	serve := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("ETag", `"1"`)
			w.Header().Add("Set-Cookie", "a=1")
			io.WriteString(w, body)
		}
	}
	invokeRaw := func(body string) []byte {
		text, err := adapter(serve(body)).Invoke(t.Context(), marshal(t, httpEvent(t, nil)))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	around := len(invokeRaw("a")) - 1
	for _, tt := range []struct {
		name, body string
		status     int
	}{
		{"as large as may be", strings.Repeat("a", limit-around), 200},
		{"a byte larger", strings.Repeat("a", limit-around+1), 413},
		{"quotes count twice", strings.Repeat(`"`, limit/2), 413},
		{"markup counts once", strings.Repeat(`<`, limit-around), 200},
		{"bytes grow by a third", strings.Repeat("\xff", limit*3/4), 413},
		{"bytes that fit", strings.Repeat("\xff", limit*3/4-around), 200},
	} {
		text := invokeRaw(tt.body)
		got := gatewayAnswer(t, text)
		if got.Status != tt.status || len(text) > limit {
			t.Errorf("%s: status %d in %d bytes, want %d in at most %d", tt.name, got.Status, len(text), tt.status, limit)
		}
		if tt.status == 413 {
			want := answer{Status: 413, Header: http.Header{"Content-Type": {"application/problem+json"}}, Body: "too_large"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
		} else if got.Body != tt.body {
			t.Errorf("%s: the body does not arrive as it was", tt.name)
		}
	}
}
