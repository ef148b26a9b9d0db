package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"promptz/internal/brokertest"
)

// carriedWithin bounds how long an event may take to be counted, on a busy machine,
// also where a message that got lost on the way comes again after a minute.
const carriedWithin = 2 * time.Minute

// TestCopiesAreCountedThroughABroker runs the program with its events at a broker
// that is somebody else's: a copy travels there and back, and is counted once. The
// broker is stopped for some of them, which changes nothing for who asks.
func TestCopiesAreCountedThroughABroker(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		open func(t *testing.T) (u string, stop func(), start func(testing.TB))
	}{
		{"NATS", func(t *testing.T) (string, func(), func(testing.TB)) {
			n := brokertest.StartNATS(t, true)
			return brokerURL("nats", n.Address), n.Stop, n.Start
		}},
		{"Kafka", func(t *testing.T) (string, func(), func(testing.TB)) {
			k := brokertest.StartKafka(t, "events")
			return "kafka://" + k.Address + "/events", k.Stop, k.Start
		}},
		{"Rabbit", func(t *testing.T) (string, func(), func(testing.TB)) {
			r := brokertest.StartRabbit(t)
			return brokerURL("rabbit", r.Address), r.Stop, r.Start
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, stop, start := tt.open(t)
			countThrough(t, u, stop, start)
		})
	}
}

func brokerURL(scheme, address string) string {
	return fmt.Sprintf("%s://%s:%s@%s/events", scheme, brokertest.User, brokertest.Password, address)
}

func countThrough(t *testing.T, u string, stop func(), start func(testing.TB)) {
	t.Helper()
	dir := t.TempDir()
	key := newKey(t, dir, "maria")
	server := startServer(t, dir, ends(u, u)...)
	maria, anybody := client{t, server.url, key}, client{t: t, url: server.url}
	path := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("To be copied")).header.Get("Location")

	anybody.expecting(http.StatusOK, http.MethodPost, path+"/copies", nil)
	anybody.awaitCopies(path, 1)
	stop()
	maria.expecting(http.StatusOK, http.MethodPost, path+"/copies", nil)
	start(t)
	anybody.awaitCopies(path, 2)

	server.stop()
	if said := server.stderr.String(); strings.Contains(said, brokertest.Password) {
		t.Errorf("the log tells the password:\n%s", said)
	}
}

// awaitCopies waits until an item was copied n times.
func (c client) awaitCopies(path string, n int) {
	c.t.Helper()
	eventually(c.t, carriedWithin, func() error {
		a := c.expecting(http.StatusOK, http.MethodGet, path, nil)
		stats, _ := a.json(c.t)["stats"].(map[string]any)
		if got := fmt.Sprint(stats["copies"]); got != fmt.Sprint(n) {
			return fmt.Errorf("it was copied %s times instead of %d", got, n)
		}
		return nil
	})
}
