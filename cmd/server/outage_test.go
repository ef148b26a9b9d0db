package main

import (
	"syscall"
	"testing"
	"time"

	"promptz/internal/brokertest"
)

// loggedWithin is how long after its answer an event may take to be in the log, also
// if it is not relayed at once.
const loggedWithin = 15 * time.Second

// TestBrokerOutageLosesNothing stops the broker under load, starts a server while it
// is down, ends the first, and starts the broker again: requests are answered all the
// time, what happened is in the log soon, and what follows from it comes after.
func TestBrokerOutageLosesNothing(t *testing.T) {
	t.Parallel()
	skipShort(t)
	dir := t.TempDir()
	broker := brokertest.StartNATS(t, true)
	url := brokerURL("nats", broker.Address)
	first := startServer(t, dir, ends(url, url)...)
	c := newCrowd(t, dir, first.url, 3)
	c.workFor(time.Second, first.url)

	broker.Stop()
	c.workFor(2*time.Second, first.url)
	maria := client{t, first.url, c.author.key}
	eventually(t, loggedWithin, func() error {
		log, err := readLog(maria)
		if err != nil {
			return err
		}
		return c.ledger.check(log)
	})
	second := startServer(t, dir, ends(url, url)...)
	c.workFor(2*time.Second, first.url, second.url)
	first.signal(t, syscall.SIGTERM) // with what it could not send
	if err := first.wait(t, drainedWithin); err != nil {
		t.Errorf("the server ended with %v\n%s", err, first.stderr)
	}

	broker.Start(t)
	c.workFor(time.Second, second.url)
	c.settle(dir, second.url, windowsEnd)
}
