package brokertest

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startWithin bounds how long a broker may take to start, on a busy machine.
const startWithin = 60 * time.Second

// NATS is a NATS server (https://github.com/nats-io/nats-server) in this process.
type NATS struct {
	Address string // host:port
	options *server.Options
	server  *server.Server
}

// StartNATS starts a server, with JetStream or without.
func StartNATS(t testing.TB, jetStream bool) *NATS {
	t.Helper()
	n := &NATS{options: &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
		JetStream: jetStream, StoreDir: t.TempDir(), Username: User, Password: Password,
	}}
	n.Start(t)
	t.Cleanup(n.Stop)
	return n
}

// Credentials at the brokers that want some.
const (
	User     = "promptz"
	Password = "not-to-be-seen"
)

// Start starts the server after Stop.
func (n *NATS) Start(t testing.TB) {
	t.Helper()
	s, err := server.NewServer(n.options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(startWithin) {
		t.Fatal("the NATS server is not ready")
	}
	n.server, n.Address = s, s.Addr().String()
	_, port, _ := net.SplitHostPort(n.Address)
	n.options.Port, _ = strconv.Atoi(port)
}

// Stop ends the server and waits for its end.
func (n *NATS) Stop() {
	n.server.Shutdown()
	n.server.WaitForShutdown()
}
