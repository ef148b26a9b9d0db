package server_test

import (
	"net/http"
	"testing"

	"promptz/internal/server"
)

func TestClientAddr(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"direct":                        {"192.0.2.1", nil, "192.0.2.1"},
		"spoofed by a stranger":         {"192.0.2.1", []string{"203.0.113.9"}, "192.0.2.1"},
		"behind a proxy":                {"10.0.0.1", []string{"203.0.113.9"}, "203.0.113.9"},
		"behind two":                    {"10.0.0.1", []string{"203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		"spoofed through a proxy":       {"10.0.0.1", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9"},
		"spoofed as a proxy":            {"10.0.0.1", []string{"10.9.9.9, 203.0.113.9"}, "203.0.113.9"},
		"on two lines":                  {"10.0.0.1", []string{"1.1.1.1", "203.0.113.9"}, "203.0.113.9"},
		"proxy says nothing":            {"10.0.0.1", nil, "10.0.0.1"},
		"proxy says rubbish":            {"10.0.0.1", []string{"203.0.113.9, <script>"}, "10.0.0.1"},
		"proxies all the way":           {"10.0.0.1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"with a port":                   {"10.0.0.1", []string{"203.0.113.9:5000"}, "203.0.113.9"},
		"IPv6":                          {"2001:db8::1", nil, "2001:db8::1"},
		"IPv6 with a zone":              {"fe80::1%eth0", nil, "fe80::1"},
		"IPv6 with a port":              {"10.0.0.1", []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		"IPv4 in IPv6":                  {"::ffff:192.0.2.1", nil, "192.0.2.1"},
		"a proxy's IPv4 in IPv6":        {"::ffff:10.0.0.1", []string{"203.0.113.9"}, "203.0.113.9"},
		"forwarded IPv4 in IPv6":        {"10.0.0.1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"a trusted hop as IPv4 in IPv6": {"10.0.0.1", []string{"203.0.113.9, ::ffff:10.0.0.2"}, "203.0.113.9"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			r := from(test.peer, get("/"))
			r.Header["X-Forwarded-For"] = test.forwarded
			var got string
			c.serve(t, func(_ http.ResponseWriter, r *http.Request) {
				got = server.ClientAddr(r.Context()).String()
			}, r)
			if got != test.want {
				t.Errorf("client = %s, want %s", got, test.want)
			}
			if logged := c.lines(t)[0]["client"]; logged != test.want {
				t.Errorf("logged client = %v, want %s", logged, test.want)
			}
		})
	}
}
