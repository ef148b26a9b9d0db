package launcher

import (
	"net"
	"testing"
	"time"
)

// WantLoopbackOnly fails t unless of all this machine's addresses only 127.0.0.1
// answers on port.
func WantLoopbackOnly(t testing.TB, port string) {
	t.Helper()
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
		if answers, loopback := err == nil, ip.String() == "127.0.0.1"; answers != loopback {
			t.Errorf("answers on %s: %t, want %t", ip, answers, loopback)
		}
	}
}
