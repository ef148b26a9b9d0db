package archive_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/archive"
	"promptz/internal/promptz"
)

const goodPage = "---\ntitle: Good one\ndescription: Stands beside bad ones.\n---\nText"

// page is a page with the front matter.
func page(front string) string { return "---\n" + front + "\n---\nText" }

// refusedTests are sources that cannot become items.
var refusedTests = []struct {
	name, file, content string
	path                string // of the reject, "" for that of the file
	reason              string // a part of it
}{
	{name: "not UTF-8", file: "prompts/x.md", content: "\xff\xfe", reason: "not UTF-8"},
	{name: "too large", file: "prompts/x.md", content: strings.Repeat("x", 4<<20+1), reason: "larger than 4 MiB"},
	{name: "too long", file: "prompts/x.md", content: "# Name\n" + strings.Repeat("x", 200_001), reason: "content: must have at most 200000"},
	{name: "no text", file: "prompts/x.md", content: page("title: Empty one")[:len(page("title: Empty one"))-4], reason: "content: must not be empty"},
	{name: "control character", file: "prompts/x.md", content: "# Name\n\x1f", reason: "control characters"},
	{name: "no kind", file: "other/x.md", content: goodPage, reason: "kind is not known"},
	{name: "broken YAML", file: "prompts/x.md", content: page("title: [a"), reason: "not YAML"},
	{name: "tab in YAML", file: "prompts/x.md", content: page("a:\n\tb: c"), reason: "not YAML"},
	{name: "endless front matter", file: "prompts/x.md", content: "---\ntitle: x\nText", reason: "does not end"},
	{name: "no mapping", file: "prompts/x.md", content: page("- a"), reason: "not a YAML mapping"},
	{name: "two documents", file: "prompts/x.md", content: page("title: x\n...\n--- a"), reason: "more than one"},
	{name: "YAML bomb", file: "prompts/x.md", content: page("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]"), reason: "aliases"},
	{name: "large front matter", file: "prompts/x.md", content: page("a: " + strings.Repeat("x", 64<<10)), reason: "larger than 64 KiB"},
	{name: "deep YAML", file: "prompts/x.md", content: page("a: " + strings.Repeat("[", 20_000)), reason: "not YAML"},
	{name: "said twice", file: "prompts/x.md", content: page("draft: true\nDraft: false"), reason: "twice"},
	{name: "title is a list", file: "prompts/x.md", content: page("title: [a]"), reason: "must be a text"},
	{name: "tags are a mapping", file: "prompts/x.md", content: page("tags: {a: b}"), reason: "must be a list"},
	{name: "draft is a word", file: "prompts/x.md", content: page("draft: maybe"), reason: "true or false"},
	{name: "name too long", file: "prompts/x.md", content: page("title: " + strings.Repeat("x", 201)), reason: "name: must have at most 200"},
	{name: "source over http", file: "prompts/x.md", content: page("title: Abc\nsourceURL: http://a.example"), reason: "https"},
	{name: "no act column", file: "x.csv", content: "a,prompt\n1,2\n", reason: "no columns"},
	{name: "empty CSV", file: "x.csv", content: "", reason: "no columns"},
	{name: "ragged row", file: "x.csv", content: "act,prompt\nGood act,Good prompt here\nBad,1,2\n", reason: "wrong number of fields"},
	{name: "open quote", file: "x.csv", content: "act,prompt\nGood act,Good prompt here\nBad,\"1\n", reason: "not CSV"},
	{name: "row not UTF-8", file: "x.csv", content: "act,prompt\nGood act,Good prompt here\nBad,\xff\n", reason: "line 3 is not UTF-8"},
	{name: "no act", file: "x.csv", content: "act,prompt\n ,Good prompt here\n", path: "content/x.csv#", reason: "no act"},
	{name: "no prompt", file: "x.csv", content: "act,prompt\nBad One,\n", path: "content/x.csv#bad one", reason: "content: must not be empty"},
	{name: "agent is no JSON", file: "agents/a/agent.json", content: "{", path: "content/agents/a", reason: "agent.json: It is not a JSON object"},
	{name: "agent is a list", file: "agents/a.json", content: "[]", reason: "not a JSON object"},
	{name: "agent is something else", file: "agents/a.json", content: `{"version":1}`, reason: "none of an agent's members"},
	{name: "tools are no list", file: "agents/a.json", content: `{"name":"abc","tools":{}}`, reason: "not an agent"},
	{name: "prompt elsewhere", file: "agents/a.json", content: `{"name":"abc","prompt":"file:///etc/passwd"}`, reason: "in another file"},
	{name: "settings too deep", file: "agents/a.json", content: `{"name":"abc","hooks":` + strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 21), reason: "nested"},
}

// TestRefused puts one bad source beside a good one: the bad one is named with
// its reason, the good one is imported, and nothing else is there.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range refusedTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDeployment(t)
			dir := write(t, "content", map[string]string{"prompts/good.md": goodPage, tt.file: tt.content})
			report, rejects := d.run(t, "", dir)
			if len(rejects) != 1 || !strings.Contains(rejects[0].Reason, tt.reason) {
				t.Fatalf("refused: %+v, want one for %q", rejects, tt.reason)
			}
			want := tt.path
			if want == "" {
				want = "content/" + tt.file
			}
			if rejects[0].Path != want {
				t.Errorf("refused %q, want %q", rejects[0].Path, want)
			}
			if diff := cmp.Diff(archive.Counts{Created: 1, Refused: 1}, report.Counts); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			if all := d.all(t); len(all) != 1 || all[0].Item.Name != "Good one" {
				t.Errorf("there are %d items, the first %q", len(all), all[0].Item.Name)
			}
		})
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	outside := write(t, "outside", map[string]string{"prompts/secret.md": goodPage})
	dir := write(t, "content", map[string]string{"prompts/good.md": goodPage, "agents/a/index.md": goodPage})
	for name, target := range map[string]string{
		"prompts/file.md":     filepath.Join(outside, "prompts", "secret.md"),
		"prompts/up.md":       "../../../outside/prompts/secret.md",
		"prompts/folder":      outside,
		"prompts/nowhere.md":  "gone.md",
		"prompts/same.md":     "good.md",
		"agents/a/agent.json": filepath.Join(outside, "prompts", "secret.md"),
	} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	report, rejects := d.run(t, "", dir)
	got := map[string]bool{}
	for _, r := range rejects {
		got[r.Path] = true
	}
	want := map[string]bool{
		"content/prompts/file.md": true, "content/prompts/up.md": true, "content/prompts/folder": true,
		"content/prompts/nowhere.md": true, "content/agents/a": true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(archive.Counts{Created: 1, Refused: 5, Skipped: 1}, report.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root can read everything")
	}
	d := newDeployment(t)
	dir := write(t, "content", map[string]string{"prompts/x.md": goodPage, "rules/y.md": goodPage})
	for _, name := range []string{"prompts/x.md", "rules"} {
		if err := os.Chmod(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(dir, "rules"), 0o755) })
	report, rejects := d.run(t, "", dir)
	if report.Refused != 2 || len(rejects) != 2 {
		t.Errorf("refused: %+v", rejects)
	}
}

// TestBadArguments refuses what cannot be imported at all before anything is.
func TestBadArguments(t *testing.T) {
	t.Parallel()
	good := write(t, "content", map[string]string{"prompts/good.md": goodPage})
	tests := []struct {
		name  string
		kind  promptz.Kind
		paths []string
		want  string
	}{
		{"not there", "", []string{good, filepath.Join(good, "gone")}, "no such file"},
		{"a device", "", []string{good, os.DevNull}, "neither a folder nor a regular file"},
		{"two of one name", "", []string{good, write(t, "content", map[string]string{"a.md": "x"})}, "same last name"},
		{"no such kind", "poem", []string{good}, `no kind "poem"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDeployment(t)
			report, err := d.Import(t.Context(), archive.Request{Principal: d.ann, Kind: tt.kind, Paths: tt.paths})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if report.Done() != 0 || len(d.all(t)) != 0 {
				t.Errorf("something was imported: %+v", report)
			}
		})
	}
}
