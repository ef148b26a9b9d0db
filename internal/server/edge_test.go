package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"promptz/internal/server"
)

// Who calls is what the edge says only when it brings the secret, which nobody
// behind it gets to see.
func TestEdge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edge, secret, viewer, want string
	}{
		"IPv4":            {"s3cret-s3cret", "s3cret-s3cret", "198.51.100.10:46532", "198.51.100.10"},
		"IPv6":            {"s3cret-s3cret", "s3cret-s3cret", "2001:db8::1:443", "2001:db8::1"},
		"IPv6, brackets":  {"s3cret-s3cret", "s3cret-s3cret", "[2001:db8::1]:443", "2001:db8::1"},
		"wrong secret":    {"s3cret-s3cret", "s3cret-s3cre", "198.51.100.10:46532", "192.0.2.1"},
		"no secret":       {"s3cret-s3cret", "", "198.51.100.10:46532", "192.0.2.1"},
		"no edge":         {"", "", "198.51.100.10:46532", "192.0.2.1"},
		"no viewer":       {"s3cret-s3cret", "s3cret-s3cret", "", "192.0.2.1"},
		"no address":      {"s3cret-s3cret", "s3cret-s3cret", "somebody:1", "192.0.2.1"},
		"without a port":  {"s3cret-s3cret", "s3cret-s3cret", "198.51.100.10", "192.0.2.1"},
		"edge, no secret": {"", "s3cret-s3cret", "198.51.100.10:46532", "192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got, seen string
			m := newChain(t)
			m.Edge = server.Edge(test.edge)
			h, err := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, seen = server.ClientAddr(r.Context()).String(), r.Header.Get("X-Origin-Secret")
			}))
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "http://promptz.test/", nil)
			r.RemoteAddr = "192.0.2.1:1234"
			r.Header.Set("X-Origin-Secret", test.secret)
			r.Header.Set("CloudFront-Viewer-Address", test.viewer)
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got != test.want || seen != "" {
				t.Errorf("the caller is %s, want %s; the handler sees the secret %q", got, test.want, seen)
			}
		})
	}
}
