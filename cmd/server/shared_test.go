package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestServersShareTheWork lets two servers with one data folder work at the same
// time: what one does the other does not do too.
func TestServersShareTheWork(t *testing.T) {
	t.Parallel()
	skipShort(t)
	dir := t.TempDir()
	servers := []*process{startServer(t, dir), startServer(t, dir)}
	const fans = 12 // enough for a milestone
	c := newCrowd(t, dir, servers[0].url, fans)
	c.author.most = mostListed / 2
	c.workFor(2*time.Second, servers[0].url, servers[1].url)
	c.starAll(servers[1].url)
	log := c.settle(dir, servers[0].url, windowsEnd)

	checkOnce(t, dir)
	checkMails(t, dir, fans+1, log)
	for _, server := range servers {
		if err := server.stop(); err != nil {
			t.Error(err)
		}
		if said := server.stderr.String(); strings.Contains(said, `"level":"ERROR"`) || strings.Contains(said, `"level":"WARN"`) {
			t.Errorf("a server complains:\n%s", complaints(said))
		}
	}
}

// starAll has every fan star the first item of the stage.
func (c *crowd) starAll(url string) {
	c.t.Helper()
	id := c.author.stage[0]
	for _, f := range c.fans {
		a := c.ask(client{c.t, url, f.key}, http.StatusOK, http.MethodPut, "/v1/prompts/"+id+"/star", nil)
		if !f.starred[id] {
			c.ledger.note(deed{"starred", id, f.id}, &a)
		}
		f.starred[id] = true
	}
}

// execution is one as `promptz workflows show` prints it.
type execution struct {
	Workflow, Name, Status, StartedAt string
	History                           []struct {
		ID   int
		Type string
	}
}

// mostListed is how many executions a list has at most.
const mostListed = 100

// listExecutions gives those that succeeded of a workflow, without their histories.
func listExecutions(t testing.TB, dir, workflow string) []execution {
	t.Helper()
	out, _ := command(t, "--data", dir, "--json", "workflows", "list", "--machine", workflow, "--status", "succeeded", "--limit", strconv.Itoa(mostListed))
	var list []execution
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(list) == mostListed {
		t.Fatalf("there are more executions of %s than a list has", workflow)
	}
	return list
}

// showExecution gives one with its history.
func showExecution(t testing.TB, dir, workflow, name string) (e execution) {
	t.Helper()
	out, _ := command(t, "--data", dir, "--json", "workflows", "show", workflow, name)
	if err := json.Unmarshal([]byte(out), &e); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return e
}

// checkOnce sees that every execution did each of its tasks once.
func checkOnce(t testing.TB, dir string) {
	t.Helper()
	for _, workflow := range []string{"interaction", "publication", "welcome"} {
		list := listExecutions(t, dir, workflow)
		if len(list) == 0 {
			t.Errorf("there is no execution of %s", workflow)
		}
		for _, e := range list {
			e = showExecution(t, dir, workflow, e.Name)
			happened := map[string]int{}
			for i, h := range e.History {
				happened[h.Type]++
				if h.ID != i+1 {
					t.Errorf("%s %s: event %d stands at %d", workflow, e.Name, h.ID, i+1)
				}
			}
			tasks, failed := happened["TaskStateEntered"], happened["LambdaFunctionFailed"] // that an item is gone, say
			if tasks == 0 || happened["TaskStateExited"] != tasks || happened["LambdaFunctionSucceeded"] > tasks ||
				happened["LambdaFunctionSucceeded"]+failed != happened["LambdaFunctionScheduled"] ||
				happened["ExecutionStarted"] != 1 || happened["ExecutionSucceeded"] != 1 {
				t.Errorf("%s %s did not do each task once: %v", workflow, e.Name, happened)
			}
		}
	}
}

// checkMails sees that each of the users was greeted once, and that one mail tells
// of each milestone in the log.
func checkMails(t testing.TB, dir string, users int, log logged) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "outbox", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	greeted, told, reached := map[string]int{}, 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "10 people") {
			told++
			continue
		}
		_, to, _ := strings.Cut(string(text), "\nTo: ")
		to, _, _ = strings.Cut(to, "\n")
		if greeted[to]++; greeted[to] > 1 {
			t.Errorf("%s was greeted %d times", to, greeted[to])
		}
	}
	for d, n := range log.counts {
		if d.kind != "milestone" {
			continue
		}
		if reached++; n > 1 {
			t.Errorf("%v: it is in the log %d times", d, n)
		}
	}
	if len(greeted) != users || reached == 0 || told != reached {
		t.Errorf("%d of %d were greeted, and %d mails tell of %d milestones", len(greeted), users, told, reached)
	}
}

// complaints are the lines of a log that are warnings or errors.
func complaints(log string) string {
	var kept []string
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"level":"INFO"`) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
