package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/archive"
)

// source is a folder of everything that an import takes, and one file that it
// must refuse.
var source = map[string]string{
	"prompts/review.md": "---\ntitle: Review a pull request\ndescription: Reads a change the way a stranger would.\ntags: [Review, Go]\n---\nRead the diff.\n",
	"prompts/plain.md":  "# A plain prompt\n\nSay what you see. Then say what you think of it.\n",
	"prompts/draft.md":  "---\ntitle: Not yet for all\ndescription: Somebody is still writing this one.\ndraft: true\n---\nTo be written.\n",
	"prompts/broken.md": "---\ntitle: [broken\n---\nIts front matter can't be read.\n",
	"rules/naming.md":   "---\ntitle: Names of packages\ndescription: How packages are called here.\n---\nNo util.\n",
	"agents/helper.json": `{"name":"helper","description":"Helps with whatever there is to do.","prompt":"You help.",` +
		`"tools":["fs_read"]}`,
	"prompts.csv": "act,prompt\nLinux terminal,Act as a Linux terminal and answer with its output only.\n",
}

// TestImportTakesAFolderTwice imports a folder, again, and again after a change:
// the second run changes nothing, the third makes one version.
func TestImportTakesAFolderTwice(t *testing.T) {
	t.Parallel()
	dir, folder := t.TempDir(), writeFiles(t, source)
	rejects := filepath.Join(t.TempDir(), "rejects.jsonl")
	server := startServer(t, dir)
	maria := client{t, server.url, newKey(t, dir, "maria")}
	run := func() archive.Counts {
		t.Helper()
		o := mustRun(t, "--data", dir, "--json", "import", "--user", "maria", "--rejects", rejects, folder)
		var report archive.Report
		if err := json.Unmarshal([]byte(o.stdout), &report); err != nil || o.stderr != "" {
			t.Fatalf("import: %v\nstandard output %q\nstandard error %q", err, o.stdout, o.stderr)
		}
		return report.Counts
	}
	checkCounts(t, run(), archive.Counts{Created: 6, Refused: 1})
	checkRejects(t, rejects, "broken.md")
	names := maria.names("/v1/me/items")
	if !slices.Contains(names, "A plain prompt") || len(names) != 6 {
		t.Errorf("beside a running server %q were imported", names)
	}
	if public := (client{t: t, url: server.url}).names("/v1/prompts"); len(public) != 3 || slices.Contains(public, "Not yet for all") {
		t.Errorf("public are %q", public)
	}

	checkCounts(t, run(), archive.Counts{Unchanged: 6, Refused: 1})
	if err := os.WriteFile(filepath.Join(folder, "prompts", "plain.md"), []byte("# A plain prompt\n\nSay what you see, and no more.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	checkCounts(t, run(), archive.Counts{Updated: 1, Unchanged: 5, Refused: 1})
	checkRejects(t, rejects, "broken.md")
}

func checkCounts(t *testing.T, got, want archive.Counts) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the import did (-want +got):\n%s", diff)
	}
}

// checkRejects sees that the rejects name one path and why.
func checkRejects(t *testing.T, file, path string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var reject archive.Reject
	if err := json.Unmarshal(text, &reject); err != nil || !strings.HasSuffix(reject.Path, path) || reject.Reason == "" {
		t.Errorf("the rejects are %q, %v", text, err)
	}
}

// TestImportDrawsProgressOnTerminalsOnly runs an import whose standard error is no
// terminal: it must hold whole lines of words, and nothing but them.
func TestImportDrawsProgressOnTerminalsOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newKey(t, dir, "maria")
	o := mustRun(t, "--data", dir, "import", "--user", "maria", writeFiles(t, source))
	if strings.ContainsAny(o.stderr, "\r\033") || o.stdout != "" {
		t.Errorf("standard output %q, standard error %q", o.stdout, o.stderr)
	}
	if !strings.Contains(o.stderr, "6 created") || !strings.Contains(o.stderr, "1 refused") || !strings.Contains(o.stderr, "--rejects") {
		t.Errorf("the report does not say what happened:\n%s", o.stderr)
	}
}

// TestImportNamesWhatItNeeds gives import too little or what is not there:
// it must say what, and leave the rejects of the last import alone.
func TestImportNamesWhatItNeeds(t *testing.T) {
	t.Parallel()
	dir, folder := t.TempDir(), writeFiles(t, source)
	newKey(t, dir, "maria")
	for _, tt := range []struct {
		name  string
		args  []string
		words string
	}{
		{"no user", []string{folder}, "--user HANDLE"},
		{"an unknown user", []string{"--user", "nobody", folder}, "promptz users create nobody"},
		{"an unknown kind", []string{"--user", "maria", "--kind", "poem", folder}, "poem"},
		{"a folder that is not there", []string{"--user", "maria", filepath.Join(folder, "none")}, "none"},
		{"no place for the rejects", []string{"--user", "maria", "--rejects", filepath.Join(folder, "none", "rejects.jsonl"), folder}, "none"},
		{"no folder", []string{"--user", "maria"}, "arg"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rejects := filepath.Join(writeFiles(t, map[string]string{"rejects.jsonl": "of the last import"}), "rejects.jsonl")
			mustFail(t, append([]string{"--data", dir, "import", "--rejects", rejects}, tt.args...), tt.words)
			if list := mustRun(t, "--data", dir, "--json", "export", filepath.Join(t.TempDir(), "library.tar.gz")); !strings.Contains(list.stdout, `"items":0`) {
				t.Errorf("something was imported: %s", list.stdout)
			}
			if text, err := os.ReadFile(rejects); err != nil || string(text) != "of the last import" {
				t.Errorf("the rejects are %q, %v", text, err)
			}
		})
	}
}

// TestMoveToAnEmptyDeploymentLosesNothing exports a library with edits, drafts
// and several owners, imports it into an empty deployment, and exports again: the
// bytes must be the same, and so what its readers see.
func TestMoveToAnEmptyDeploymentLosesNothing(t *testing.T) {
	t.Parallel()
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "data")
	first, second := filepath.Join(t.TempDir(), "first.tar.gz"), filepath.Join(t.TempDir(), "second.tar.gz")
	server := startServer(t, from)
	otto := client{t, server.url, newKey(t, from, "otto")}
	newKey(t, from, "maria")
	mustRun(t, "--data", from, "import", "--user", "maria", writeFiles(t, source))
	path := otto.expecting(http.StatusCreated, http.MethodPost, "/v1/rules", newPrompt("Otto's rule")).header.Get("Location")
	otto.expecting(http.StatusOK, http.MethodPatch, path, map[string]any{"content": "Edited."}, "If-Match", "*")

	mustRun(t, "--data", from, "export", first)
	mustRun(t, "--data", to, "import", first)
	mustRun(t, "--data", to, "export", second)
	if before, after := readArchive(t, first), readArchive(t, second); before != after {
		t.Errorf("the archives differ (-first +second):\n%.2000s", cmp.Diff(before, after))
	}
	moved := client{t: t, url: startServer(t, to).url}
	if got := moved.expecting(http.StatusOK, http.MethodGet, path, nil); got.member(t, "content") != "Edited." {
		t.Errorf("Otto's rule came as\n%s", got.body)
	}
}

// readArchive reads a file whole, as it is: the compression has to be the same too.
func readArchive(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) < 100 {
		t.Fatalf("%s is only %d bytes", path, len(text))
	}
	return string(text)
}

// TestFailedExportLeavesNothing exports to where no file can be.
func TestFailedExportLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newKey(t, dir, "maria")
	target := t.TempDir()
	taken := filepath.Join(target, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	mustFail(t, []string{"--data", dir, "export", taken}, taken)
	mustFail(t, []string{"--data", dir, "export", filepath.Join(target, "none", "library.tar.gz")}, "none")
	entries, err := os.ReadDir(target)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind is %v, %v", entries, err)
	}
	if _, err := os.Stat(filepath.Join(taken, "inside")); errors.Is(err, os.ErrNotExist) {
		t.Error("what stood at the archive's place is gone")
	}
}
