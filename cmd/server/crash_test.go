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
	for id, name := range acknowledged {
		status, item, err := request(t.Context(), http.MethodGet, server.url+"/v1/prompts/"+id, "", nil)
		if err != nil || status != http.StatusOK || item["name"] != name || item["content"] != "Say "+name+"." {
			t.Errorf("acknowledged item %s (%s): status %d, %v, %v", id, name, status, item, err)
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
	for w := range writers {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("round %d writer %d item %d", round, w, n)
				status, item, err := request(ctx, http.MethodPost, server.url+"/v1/prompts", key, newPrompt(name))
				if err != nil {
					return // the server is dead
				}
				if status != http.StatusCreated {
					t.Errorf("create: status %d, %v", status, item)
					return
				}
				mu.Lock()
				made[item["id"].(string)] = name
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
