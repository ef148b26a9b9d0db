package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/datatest"
)

// TestTenfoldDeliveryIsOneEffect sends every message of the topic ten times more, in
// another order, once all of them have had their effects.
func TestTenfoldDeliveryIsOneEffect(t *testing.T) {
	t.Parallel()
	skipShort(t)
	dir := t.TempDir()
	server := startServer(t, dir)
	events := datatest.OpenEvents(t, dir)
	events.Listen(t)
	const fans = 12 // enough for a milestone
	c := newCrowd(t, dir, server.url, fans)
	c.author.most = mostListed / 2
	c.workFor(time.Second, server.url)
	c.starAll(server.url)
	before := c.settle(dir, server.url, windowsEnd)
	publications := listExecutions(t, dir, "publication")

	messages := events.Heard()
	if len(messages) < before.events {
		t.Fatalf("the log has %d events, and %d were sent", before.events, len(messages))
	}
	slices.Reverse(messages)
	for range 10 {
		events.Send(t, messages...)
	}
	eventually(t, windowsEnd, func() (err error) {
		if n := events.Waiting(t); n > 0 {
			err = fmt.Errorf("the queue holds %d messages", n)
		}
		return err
	})
	after := c.settle(dir, server.url, windowsEnd)
	if diff := cmp.Diff(before.counts, after.counts, cmp.AllowUnexported(deed{})); diff != "" {
		t.Errorf("the log changed (-before +after)\n%s", diff)
	}
	checkMails(t, dir, fans+1, after)
	checkOnce(t, dir)
	if n := len(listExecutions(t, dir, "welcome")); n != fans+1 {
		t.Errorf("%d executions greet, want %d", n, fans+1)
	}
	// A draft that is public again is written anew for an event that it was taken
	// back by, once for each.
	late := 0
	for _, id := range c.author.drafts {
		late += after.counts[deed{"unpublished", id, ""}]
	}
	if n := len(listExecutions(t, dir, "publication")); n > len(publications)+late {
		t.Errorf("%d executions publish, and %d did before", n, len(publications))
	}
}
