package brokertest_test

import (
	"net"
	"testing"

	"promptz/internal/brokertest"
)

// TestRabbitStartsAgain stops a node and starts it again, on the same address.
func TestRabbitStartsAgain(t *testing.T) {
	t.Parallel()
	r := brokertest.StartRabbit(t)
	mustAnswer(t, r.Address)
	r.Stop()
	if conn, err := net.Dial("tcp", r.Address); err == nil {
		conn.Close()
		t.Error("it answers after its end")
	}
	r.Start(t)
	mustAnswer(t, r.Address)
}

func mustAnswer(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
