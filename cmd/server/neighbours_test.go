package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestServersOnOneFolderLoseNothing lets two servers work on the same data at the
// same time.
func TestServersOnOneFolderLoseNothing(t *testing.T) {
	t.Parallel()
	perWriter := 40
	if testing.Short() {
		perWriter = 5
	}
	dir := t.TempDir()
	key := newKey(t, dir, "maria")
	first := client{t, startServer(t, dir).url, key}
	second := client{t, startServer(t, dir).url, key}

	path := first.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Made by the first")).header.Get("Location")
	read := second.expecting(http.StatusOK, http.MethodGet, path, nil)
	if name := read.member(t, "name"); name != "Made by the first" {
		t.Errorf("the second reads %q", name)
	}
	checkOneEditWins(t, path, read.header.Get("ETag"), first, second)

	made := []string{"Edited"}
	var mu sync.Mutex
	var writers sync.WaitGroup
	for w, server := range []client{first, second, first, second} {
		writers.Go(func() {
			for n := range perWriter {
				name := fmt.Sprintf("Writer %d item %d", w, n)
				if a := server.send(http.MethodPost, "/v1/prompts", newPrompt(name)); a.status != http.StatusCreated {
					t.Errorf("create: status %d\n%s", a.status, a.body)
				}
				mu.Lock()
				made = append(made, name)
				mu.Unlock()
			}
		})
	}
	writers.Wait()
	slices.Sort(made)
	for _, server := range []client{first, second} {
		if diff := cmp.Diff(made, slices.Sorted(slices.Values(server.names("/v1/me/items?limit=50")))); diff != "" {
			t.Errorf("what a server lists (-made +listed):\n%s", diff)
		}
	}
}

// checkOneEditWins edits the same state of an item on two servers at once: one of
// them must learn that it is stale.
func checkOneEditWins(t *testing.T, path, tag string, servers ...client) {
	t.Helper()
	statuses := make([]int, len(servers))
	var editors sync.WaitGroup
	for i, server := range servers {
		editors.Go(func() {
			edit := map[string]any{"name": "Edited", "content": fmt.Sprintf("By server %d.", i)}
			statuses[i] = server.send(http.MethodPatch, path, edit, "If-Match", tag).status
		})
	}
	editors.Wait()
	slices.Sort(statuses)
	if want := []int{http.StatusOK, http.StatusPreconditionFailed}; !slices.Equal(statuses, want) {
		t.Errorf("two edits of one state got %v instead of %v", statuses, want)
	}
}

// TestHandleIsClaimedOnce claims one handle in several spellings, by several
// processes at once.
func TestHandleIsClaimedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spellings := []string{"maria", "Maria", "MARIA", "mariA"}
	outcomes := make([]outcome, len(spellings))
	var claims sync.WaitGroup
	for i, handle := range spellings {
		claims.Go(func() { outcomes[i] = runProgram(t, "--data", dir, "users", "create", handle) })
	}
	claims.Wait()
	made := 0
	for _, o := range outcomes {
		if o.status == 0 {
			made++
		} else if o.status != 1 || !strings.Contains(o.stderr, "taken") {
			t.Errorf("status %d: %s", o.status, o.stderr)
		}
	}
	if made != 1 {
		t.Errorf("%d of %d made the account", made, len(spellings))
	}
}

// TestEndingServerLeavesItsNeighboursAddress ends one of two servers on a folder,
// the older and then the newer: the address there is that of the one that lives.
func TestEndingServerLeavesItsNeighboursAddress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	older := startServer(t, dir)
	newer := startServer(t, dir)
	if err := older.stop(); err != nil {
		t.Fatal(err)
	}
	address, err := os.ReadFile(filepath.Join(dir, "address"))
	if got := "http://" + strings.TrimSpace(string(address)); err != nil || got != newer.url {
		t.Errorf("the address is %s, %v; %s serves", got, err, newer.url)
	}
}
