package api_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestWhatCountsAsADownload asks for a file in every way that HTTP has: what is
// sent whole to a GET counts, and nothing else.
func TestWhatCountsAsADownload(t *testing.T) {
	t.Parallel()
	const path = "/v1/prompts/" + publicPrompt + "/download"
	tag := func(t *testing.T, h http.Handler) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("HEAD", path, nil))
		return w.Header().Get("ETag")
	}
	for _, test := range []struct {
		name, method string
		header       func(tag string) (name, value string)
		status       int
		counts       bool
	}{
		{"GET", "GET", nil, 200, true},
		{"HEAD", "HEAD", nil, 200, false},
		{"a part, which nobody is sent", "GET", func(string) (string, string) { return "Range", "bytes=0-3" }, 200, true},
		{"known", "GET", func(tag string) (string, string) { return "If-None-Match", tag }, 304, false},
		{"known, compressed", "GET", func(tag string) (string, string) { return "If-None-Match", strings.TrimSuffix(tag, `"`) + `-gz"` }, 304, false},
		{"known, weakly", "GET", func(tag string) (string, string) { return "If-None-Match", "W/" + tag }, 304, false},
		{"known among others", "GET", func(tag string) (string, string) { return "If-None-Match", `"other", ` + tag }, 304, false},
		{"whatever it is", "GET", func(string) (string, string) { return "If-None-Match", "*" }, 304, false},
		{"known otherwise", "GET", func(string) (string, string) { return "If-None-Match", `"other"` }, 200, true},
		{"known by nonsense", "GET", func(string) (string, string) { return "If-None-Match", "nonsense" }, 200, true},
		{"since a time", "GET", func(string) (string, string) { return "If-Modified-Since", "Mon, 23 Nov 2026 08:00:00 GMT" }, 200, true},
		{"HEAD of what is known", "HEAD", func(tag string) (string, string) { return "If-None-Match", tag }, 304, false},
		{"POST", "POST", nil, 405, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			seed(f)
			h := newHandler(t, f)
			r := httptest.NewRequest(test.method, path, nil)
			if test.header != nil {
				r.Header.Set(test.header(tag(t, h)))
			}
			f.calls = nil
			w := do(t, h, r)
			if counted := slices.Contains(f.calls, "Interact download"); w.Code != test.status || counted != test.counts {
				t.Errorf("status %d, counted %t; want %d, %t", w.Code, counted, test.status, test.counts)
			}
			if whole := strings.Contains(w.Body.String(), "# Content of"); whole != (test.counts && w.Code == 200) {
				t.Errorf("the file was sent: %t", whole)
			}
		})
	}
}

// TestDownloadIsNotCountedBeforeItIsSeen asks for what the caller may not read.
func TestDownloadIsNotCountedBeforeItIsSeen(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{name: "a draft", method: "GET", path: "/v1/prompts/" + privatePrompt + "/download", status: 404, wantCalls: []string{"FindItem"}},
		{name: "its owner's", as: "maria", method: "GET", path: "/v1/prompts/" + privatePrompt + "/download", status: 200, wantCalls: []string{"FindItem", "Interact download"}},
		{name: "nothing", method: "GET", path: "/v1/prompts/zzzzzzzzzzzz/download", status: 404, wantCalls: []string{"FindItem"}},
	})
}
