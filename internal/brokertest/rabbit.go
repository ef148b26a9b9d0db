package brokertest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// RabbitVariable is the environment variable that holds the folder which
// rabbitmq/fetch.sh has filled with RabbitMQ.
const RabbitVariable = "PROMPTZ_TEST_RABBITMQ"

// Rabbit is a RabbitMQ (https://www.rabbitmq.com) in processes of its own.
type Rabbit struct {
	Address string // host:port
	data    string
	server  *exec.Cmd
	// lifeline is the launcher's standard input. The system closes it when this
	// process dies, by whatever cause, and then the launcher ends all it started.
	lifeline io.Closer
}

// StartRabbit starts a node with the user [User]. It skips t when RabbitVariable is
// not set.
func StartRabbit(t testing.TB) *Rabbit {
	t.Helper()
	if os.Getenv(RabbitVariable) == "" {
		t.Skipf("%s is not set: see make test-brokers", RabbitVariable)
	}
	r := &Rabbit{Address: freeAddress(t), data: t.TempDir()}
	config := strings.Join([]string{
		"listeners.tcp.default = " + r.Address, "default_user = " + User, "default_pass = " + Password,
		"log.console = true", "log.file = false", "",
	}, "\n")
	for name, text := range map[string]string{"rabbitmq.conf": config, "enabled_plugins": "", "none": ""} {
		if err := os.WriteFile(filepath.Join(r.data, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.Start(t)
	t.Cleanup(r.Stop)
	return r
}

// Start starts the node after Stop.
func (r *Rabbit) Start(t testing.TB) {
	t.Helper()
	launcher, err := filepath.Abs(filepath.Join(os.Getenv(RabbitVariable), "start.sh"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/bin/sh", launcher, r.data, port(freeAddress(t)), port(freeAddress(t)))
	lifeline, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r.server, r.lifeline = c, lifeline
	if err := awaitLine(said, "Server startup complete"); err != nil {
		r.Stop()
		t.Fatal(err)
	}
}

// awaitLine reads until a line holds the words, and goes on reading so that whoever
// writes never blocks.
func awaitLine(said io.Reader, words string) error {
	found := make(chan error, 1)
	go func() {
		var all strings.Builder
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			if strings.Contains(lines.Text(), words) {
				found <- nil
				_, _ = io.Copy(io.Discard, said)
				return
			}
			fmt.Fprintln(&all, lines.Text())
		}
		found <- fmt.Errorf("it ended before it was ready; it said:\n%s", &all)
	}()
	select {
	case err := <-found:
		return err
	case <-time.After(startWithin):
		return fmt.Errorf("it was not ready within %s", startWithin)
	}
}

// Stop ends the node and waits for its end.
func (r *Rabbit) Stop() {
	_ = r.lifeline.Close()
	_ = r.server.Wait()
}

// freeAddress is an address on which nobody listened a moment ago.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}
