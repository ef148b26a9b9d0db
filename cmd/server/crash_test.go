package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
)

// TestAcknowledgedWritesSurviveKill kills the server with SIGKILL at a random
// moment under load, again and again: whatever was answered 201 must be there
// afterwards, whole.
func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 2
	}
	dir := t.TempDir()
	key := newKey(t, dir, "maria")
	acknowledged := map[string]string{} // id to name
	for round := range rounds {
		server := startServer(t, dir)
		maps.Copy(acknowledged, loadUntilKilled(t, server, key, round))
	}
	server := startServer(t, dir)
	anybody := client{t: t, url: server.url}
	for id, name := range acknowledged {
		item := anybody.expecting(http.StatusOK, http.MethodGet, "/v1/prompts/"+id, nil)
		if item.member(t, "name") != name || item.member(t, "content") != "Say "+name+"." {
			t.Errorf("acknowledged item %s (%s) is\n%s", id, name, item.body)
		}
	}
	t.Logf("%d acknowledged writes in %d rounds", len(acknowledged), rounds)
}

// loadUntilKilled lets eight writers create items, kills the server after a
// random number of answers, and gives what was acknowledged.
func loadUntilKilled(t *testing.T, server *process, key string, round int) map[string]string {
	t.Helper()
	const writers = 8
	enough := 20 + rand.IntN(200)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var (
		mu   sync.Mutex
		made = map[string]string{}
		wg   sync.WaitGroup
	)
	author := client{t, server.url, key}
	for w := range writers {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("round %d writer %d item %d", round, w, n)
				a, err := author.try(ctx, http.MethodPost, "/v1/prompts", newPrompt(name))
				if err != nil {
					return // the server is dead
				}
				id, ok := a.created()
				if !ok {
					t.Errorf("create: status %d\n%s", a.status, a.body)
					return
				}
				mu.Lock()
				made[id] = name
				if len(made) == enough {
					server.kill()
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(made) < enough {
		t.Errorf("round %d: the server died after %d answers\n%s", round, len(made), server.stderr)
	}
	return made
}
