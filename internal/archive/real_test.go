package archive_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/archive"
	"promptz/internal/promptz"
)

// realData is the folder of real content, which lies beside the repository.
func realData(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(filepath.Join(dir, "prompts-chat.csv")); err != nil {
		t.Skip("there is no real content in ../shared/data beside the repository")
	}
	return dir
}

// TestRealData imports everything that real people wrote.
func TestRealData(t *testing.T) {
	t.Parallel()
	dir := realData(t)
	d := newDeployment(t)

	// Three rows hold several files with U+001F and U+001E between them, which
	// no text here may hold.
	refused := []string{
		"data/prompts-chat.csv#claude-md-master",
		"data/prompts-chat.csv#lagrange lens: blue wolf",
		"data/prompts-chat.csv#sales research",
	}
	const markdown, agents, rows = 85, 8, 641

	report, rejects := d.run(t, "", dir)
	for _, n := range report.Notes {
		t.Logf("%4d %s: %s", n.Count, n.Text, n.Paths[0])
	}
	var paths []string
	for _, r := range rejects {
		paths = append(paths, r.Path)
		t.Logf("%+v", r)
	}
	slices.Sort(paths)
	if diff := cmp.Diff(refused, paths); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	want := archive.Counts{Created: markdown + agents + rows - len(refused), Refused: len(refused), Skipped: report.Skipped}
	if diff := cmp.Diff(want, report.Counts); diff != "" {
		t.Errorf("first run (-want +got):\n%s", diff)
	}

	again, _ := d.run(t, "", dir)
	want.Unchanged, want.Created = want.Created, 0
	if diff := cmp.Diff(want, again.Counts); diff != "" {
		t.Errorf("second run (-want +got):\n%s", diff)
	}
	kinds := map[promptz.Kind]int{}
	for _, h := range d.all(t) {
		kinds[h.Item.Kind]++
	}
	if diff := cmp.Diff(map[promptz.Kind]int{"prompt": 66 + 638, "rule": 19, "agent": 8}, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}
