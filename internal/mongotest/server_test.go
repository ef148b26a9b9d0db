package mongotest_test

import (
	"net"
	"net/url"
	"testing"
	"time"

	"promptz/internal/mongotest"
)

func TestMongoListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	_, port, err := net.SplitHostPort(hostOf(t, mongotest.Start(t)))
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip := a.(*net.IPNet).IP
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(ip.String(), port), time.Second)
		if err == nil {
			_ = conn.Close()
		}
		if want := ip.String() == "127.0.0.1"; (err == nil) != want {
			t.Errorf("%s answers: %t, want %t", ip, err == nil, want)
		}
	}
}

func hostOf(t *testing.T, s *mongotest.Server) string {
	t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
