package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

// windowsEnd is how long after the last interaction everything that follows from it
// may take: what a dead process had received comes again after 30 seconds, a window
// of ranking is at most 35, and an execution that a dead process held is left alone
// for 10. The rest is for a busy machine.
const windowsEnd = 120 * time.Second

// skipShort leaves out a test that waits for windows to end.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it waits for windows of half a minute to end")
	}
}

// TestEventsSurviveKill kills the server with SIGKILL at a random moment under load,
// again and again: whatever was acknowledged is in the log then, once, counts are
// those of the log, and nothing hangs.
func TestEventsSurviveKill(t *testing.T) {
	t.Parallel()
	rounds := 50
	if testing.Short() {
		rounds = 4
	}
	dir := t.TempDir()
	server := startServer(t, dir)
	c := newCrowd(t, dir, server.url, 4)
	for round := range rounds {
		if round > 0 {
			server = startServer(t, dir)
		}
		c.begin(nil, server.url)
		life := time.Duration(50+rand.IntN(400)) * time.Millisecond
		if round%10 == 3 {
			// Longer than a dead process keeps its place as publisher: this one
			// publishes and consumes.
			life = 4*time.Second + time.Duration(rand.IntN(1000))*time.Millisecond
		}
		timer := time.AfterFunc(life, func() { server.cmd.Process.Kill() })
		c.callers.Wait()
		if timer.Stop() {
			t.Fatalf("round %d: the callers gave up before the server was killed\n%s", round, server.stderr)
		}
		server.kill()
	}
	server = startServer(t, dir)
	c.settle(dir, server.url, windowsEnd)
	done := 0
	for _, n := range c.ledger.done {
		done += n
	}
	t.Logf("%d acknowledged in %d rounds", done, rounds)
}
