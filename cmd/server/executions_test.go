package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"promptz/internal/datatest"
)

// TestLookingCommandsOnNothing runs the commands that look at events, workflows and
// counts where no data folder is yet: they say that there is nothing, or that what is
// asked for is not there.
func TestLookingCommandsOnNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args                 string
		stdout, json, stderr string
	}{
		{"workflows list", "WORKFLOW  NAME  STATUS  STARTED  ERROR\n", "[]\n", ""},
		{"events dead", "ID  TYPE  SUBJECT  ATTEMPTS  FAILED  REASON\n", "[]\n", ""},
		{"events redrive --all", "", `{"redriven":0}` + "\n", "0 redriven\n"},
		{"stats rebuild", "", `{"items":0,"corrected":[],"deviations":[]}` + "\n", "0 items counted, 0 corrected\n"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			for _, given := range []string{"", "--json "} {
				want := outcome{0, tt.stdout, tt.stderr}
				if given != "" {
					want = outcome{0, tt.json, ""}
				}
				dir := filepath.Join(t.TempDir(), "data")
				if got := runProgram(t, strings.Fields("--data "+dir+" "+given+tt.args)...); got != want {
					t.Errorf("%s%s: %+v, want %+v", given, tt.args, got, want)
				}
			}
		})
	}
}

// TestLookingCommandsRefuse gives them what can't be.
func TestLookingCommandsRefuse(t *testing.T) {
	t.Parallel()
	served := t.TempDir()
	startServer(t, served)
	for _, tt := range []struct{ args, words string }{
		{"workflows list --machine nothing", "nothing"},
		{"workflows list --status done", "running, succeeded, failed and timed_out"},
		{"workflows list --limit 0", "from 1 to 100"},
		{"workflows list --limit 101", "from 1 to 100"},
		{"workflows list interaction", "interaction"},
		{"workflows show interaction", "2 arg"},
		{"workflows show nothing of", "no such execution"},
		{"workflows show interaction none", "no such execution"},
		{"workflows retry nothing of", "nothing"},
		{"workflows retry interaction none", "no such execution"},
		{"events dead --limit 0", "from 1 to 1000"},
		{"events dead --limit 1001", "from 1 to 1000"},
		{"events redrive", "--all"},
		{"events redrive count/none --all", "--all"},
		{"events redrive count/none", `no dead letter "count/none"`},
		{"events redrive none", `no dead letter "none"`},
		{"events redrive queue/none", `no dead letter "queue/none"`},
		{"events redrive queue/7", `no dead letter "queue/7"`},
		{"stats rebuild all", "all"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			for _, dir := range []string{served, filepath.Join(t.TempDir(), "data")} {
				mustFail(t, strings.Fields("--data "+dir+" "+tt.args), tt.words)
				mustFail(t, strings.Fields("--data "+dir+" --json "+tt.args), tt.words)
			}
		})
	}
}

// TestExecutionIsShownAndRetried looks at an execution and has one that failed tried
// again, beside the server and without it.
func TestExecutionIsShownAndRetried(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := newKey(t, dir, "maria")
	server := startServer(t, dir)
	maria := client{t, server.url, key}
	id := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Published")).member(t, "id")
	file := filepath.Join(dir, "blobs", "exports", "prompts", id+".md")
	name := awaitExecution(t, dir, "publication")
	shown := showExecution(t, dir, "publication", name)
	if shown.Status != "succeeded" || shown.Name != name || shown.Workflow != "publication" || len(shown.History) < 5 {
		t.Errorf("it is shown as %+v", shown)
	}
	mustFail(t, []string{"--data", dir, "workflows", "retry", "publication", name}, name, "succeeded")

	// As it would be had it failed where it begins.
	execution := "exec#publication#" + name
	frame := fmt.Appendf(nil, `{"state":"Inspect","since":%q}`, shown.StartedAt)
	fail := func() {
		datatest.Falsify(t, dir, "library", execution, map[string]any{
			"status": "failed", "execsOf": "publication#failed", "frame": frame, "error": "States.TaskFailed", "cause": "disk full",
		})
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	fail()
	list := mustRun(t, "--data", dir, "workflows", "list", "--status", "failed", "--machine", "publication")
	if !strings.Contains(list.stdout, name) || !strings.Contains(list.stdout, "States.TaskFailed") {
		t.Errorf("the list is\n%s", list.stdout)
	}
	if o := mustRun(t, "--data", dir, "workflows", "retry", "publication", name); o.stdout != "" || o.stderr != name+" goes on\n" {
		t.Errorf("retry says %q and %q", o.stdout, o.stderr)
	}
	awaitFile(t, file)

	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	fail()
	if o := mustRun(t, "--data", dir, "--json", "workflows", "retry", "publication", name); o.stdout != fmt.Sprintf("{\"retried\":%q}\n", name) {
		t.Errorf("retry says %q", o.stdout)
	}
	mustFail(t, []string{"--data", dir, "workflows", "retry", "publication", name}, name, "running")
	startServer(t, dir)
	awaitFile(t, file)
	awaitExecution(t, dir, "publication")
}

// TestStatsAreRebuilt falsifies counts in the file: a rebuild puts them right, beside
// the server and without it, and tells what was wrong.
func TestStatsAreRebuilt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := newKey(t, dir, "maria")
	server := startServer(t, dir)
	maria := client{t, server.url, key}
	made := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Counted"))
	id, path := made.member(t, "id"), made.header.Get("Location")
	maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Left alone"))
	maria.expecting(http.StatusOK, http.MethodPut, path+"/star", nil)
	maria.expecting(http.StatusOK, http.MethodPost, path+"/copies", nil)
	maria.awaitCopies(path, 1)
	right := maria.expecting(http.StatusOK, http.MethodGet, path+"/stats", nil).body

	falsify := func() {
		datatest.Falsify(t, dir, "library", "stats#"+id, map[string]any{"stars": 9, "copies": 0})
	}
	falsify()
	if wrong := maria.expecting(http.StatusOK, http.MethodGet, path+"/stats", nil).body; wrong == right {
		t.Fatal("nothing was falsified")
	}
	o := mustRun(t, "--data", dir, "--json", "stats", "rebuild")
	want := fmt.Sprintf(`"item":%q,"was":{"stars":9,"copies":0,"downloads":0,"views":0},"is":{"stars":1,"copies":1,"downloads":0,"views":0}`, id)
	if !strings.Contains(o.stdout, `"items":2`) || !strings.Contains(o.stdout, want) || !json.Valid([]byte(o.stdout)) {
		t.Errorf("it says\n%s%s", o.stdout, o.stderr)
	}
	if now := maria.expecting(http.StatusOK, http.MethodGet, path+"/stats", nil).body; now != right {
		t.Errorf("the counts are %s, and were %s", now, right)
	}
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	falsify()
	o = mustRun(t, "--data", dir, "stats", "rebuild")
	if !strings.Contains(o.stderr, "corrected "+id) || !strings.HasSuffix(o.stderr, "2 items counted, 1 corrected\n") || o.stdout != "" {
		t.Errorf("it says %q and\n%s", o.stdout, o.stderr)
	}
	if o = mustRun(t, "--data", dir, "stats", "rebuild"); o.stderr != "2 items counted, 0 corrected\n" {
		t.Errorf("once more it says %s", o.stderr)
	}
	maria.url = startServer(t, dir).url
	if now := maria.expecting(http.StatusOK, http.MethodGet, path+"/stats", nil).body; now != right {
		t.Errorf("the counts are %s, and were %s", now, right)
	}
}

// awaitExecution waits until one execution of a workflow succeeded, and gives its name.
func awaitExecution(t testing.TB, dir, workflow string) (name string) {
	t.Helper()
	eventually(t, carriedWithin, func() error {
		list := listExecutions(t, dir, workflow)
		if len(list) != 1 {
			return fmt.Errorf("there are %d executions of %s", len(list), workflow)
		}
		name = list[0].Name
		return nil
	})
	return name
}

func awaitFile(t testing.TB, file string) {
	t.Helper()
	eventually(t, carriedWithin, func() error { _, err := os.Stat(file); return err })
}
