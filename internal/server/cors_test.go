package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"promptz/internal/server"
)

func TestCORS(t *testing.T) {
	t.Parallel()
	const ours = "https://app.example.com"
	for _, test := range []struct {
		name    string
		origins server.Origins
		method  string
		origin  string
		allowed string // Access-Control-Allow-Origin
		exposed bool
		handled bool // whether the request reaches the handler
	}{
		{"off", nil, http.MethodGet, ours, "", false, true},
		{"a page of ours", server.Origins{ours}, http.MethodGet, ours, ours, true, true},
		{"another page", server.Origins{ours}, http.MethodGet, "https://evil.example", "", false, true},
		{"a look-alike", server.Origins{ours}, http.MethodGet, ours + ".evil.example", "", false, true},
		{"a preflight of ours", server.Origins{ours}, http.MethodOptions, ours, ours, false, false},
		{"another's preflight", server.Origins{ours}, http.MethodOptions, "https://evil.example", "", false, false},
		{"no page", server.Origins{ours}, http.MethodGet, "", "", false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			handled := false
			h := server.Share(test.origins, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { handled = true }))
			r := httptest.NewRequest(test.method, "/v1/prompts", nil)
			if test.origin != "" {
				r.Header.Set("Origin", test.origin)
			}
			if test.method == http.MethodOptions {
				r.Header.Set("Access-Control-Request-Method", http.MethodPut)
				r.Header.Set("Access-Control-Request-Headers", "authorization,if-match")
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != test.allowed {
				t.Errorf("allows origin %q, want %q", got, test.allowed)
			}
			if got := w.Header().Get("Access-Control-Expose-Headers") != ""; got != test.exposed {
				t.Errorf("exposes headers: %t, want %t", got, test.exposed)
			}
			if w.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Error("allows cookies")
			}
			if handled != test.handled {
				t.Errorf("reached the handler: %t, want %t", handled, test.handled)
			}
		})
	}
}
