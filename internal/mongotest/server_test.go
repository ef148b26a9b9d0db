package mongotest_test

import (
	"context"
	"net"
	"net/url"
	"os"
	"strings"
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

func TestMongoEndsWithItsCleanup(t *testing.T) {
	t.Parallel()
	mongotest.Start(t)
	s, cleanup, err := mongotest.Open(t.Context(), os.Getenv(mongotest.FolderVariable))
	if err != nil {
		t.Fatal(err)
	}
	cleanup()
	cleanup()
	if conn, err := net.Dial("tcp", hostOf(t, s)); err == nil {
		_ = conn.Close()
		t.Error("answers after the cleanup")
	}
}

func TestMongoOpenRefusals(t *testing.T) {
	t.Parallel()
	mongotest.Start(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		folder string
		want   string
	}{
		{"relative folder", t.Context(), "cache", "not an absolute path"},
		{"empty folder", t.Context(), t.TempDir(), "ClassNotFoundException"},
		{"no time", ended, os.Getenv(mongotest.FolderVariable), "context canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := mongotest.Open(c.ctx, c.folder)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
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
