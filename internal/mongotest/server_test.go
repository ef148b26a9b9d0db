package mongotest_test

import (
	"net"
	"net/url"
	"testing"

	"promptz/internal/launcher"
	"promptz/internal/mongotest"
)

func TestMongoListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	_, port, err := net.SplitHostPort(hostOf(t, mongotest.Start(t)))
	if err != nil {
		t.Fatal(err)
	}
	launcher.WantLoopbackOnly(t, port)
}

func hostOf(t *testing.T, s *mongotest.Server) string {
	t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
