package server_test

import (
	"context"
	"net"
	"net/http"
	"testing"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	const public, loopback, loopback6 = "192.0.2.80:8080", "127.0.0.1:8080", "[::1]:8080"
	tests := map[string]struct {
		local, host, path string
		want              int
	}{
		"ours":                           {public, "promptz.test", "/", 200},
		"ours in capitals":               {public, "PROMPTZ.Test", "/", 200},
		"ours at any port":               {public, "promptz.test:8080", "/", 200},
		"with a port":                    {public, "other.test:8443", "/", 200},
		"with a port, at another":        {public, "other.test:9000", "/", 421},
		"with a port, at none":           {public, "other.test", "/", 421},
		"another's":                      {public, "evil.test", "/", 421},
		"another's, on loopback":         {loopback, "evil.test:8080", "/", 421},
		"ours as a part":                 {public, "promptz.test.evil.test", "/", 421},
		"none":                           {public, "", "/", 421},
		"health":                         {public, "192.0.2.80", "/healthz/readiness", 200},
		"not quite health":               {public, "192.0.2.80", "/healthzzz", 421},
		"localhost on loopback":          {loopback, "localhost:1", "/", 200},
		"localhost on loopback, no port": {loopback, "localhost", "/", 200},
		"127.0.0.1 on loopback":          {loopback, "127.0.0.1:9999", "/", 200},
		"::1 on loopback":                {loopback6, "[::1]:9999", "/", 200},
		"::1 on loopback, no port":       {loopback6, "[::1]", "/", 200},
		"localhost from outside":         {public, "localhost:8080", "/", 421},
		"127.0.0.1 from outside":         {public, "127.0.0.1:8080", "/", 421},
		"127.0.0.1 as a part":            {loopback, "127.0.0.1.evil.test", "/", 421},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			c.Hosts = append(c.Hosts, "other.test:8443")
			local, err := net.ResolveTCPAddr("tcp", test.local)
			if err != nil {
				t.Fatal(err)
			}
			r := get(test.path)
			r.Host = test.host
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
			if w := c.serve(t, ok, r); w.Code != test.want {
				t.Errorf("%s to %s: %d, want %d", test.host, test.local, w.Code, test.want)
			}
		})
	}
}

func TestHostOfNoListener(t *testing.T) {
	t.Parallel()
	r := get("/")
	r.Host = "localhost"
	if w := newChain(t).serve(t, ok, r); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("status = %d: where nothing says that it is loopback, it is not", w.Code)
	}
}
