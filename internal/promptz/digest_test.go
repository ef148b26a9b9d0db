package promptz_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"promptz/internal/promptz"
)

func digest(t *testing.T, text promptz.Text) string {
	t.Helper()
	d, err := text.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The encoding is written out by hand, as the documentation of Digest has it.
func TestDigestVectors(t *testing.T) {
	t.Parallel()
	no := false
	tests := []struct {
		name     string
		text     promptz.Text
		encoding string
	}{
		{"nothing", promptz.Text{}, "promptz-text-v1\n"},
		{"an empty list of tags", promptz.Text{Tags: []string{}}, "promptz-text-v1\n"},
		{"a prompt", promptz.Text{
			Name: "Review a change", Description: "Says what is wrong.", Content: "Read it.\nSay it.",
		}, "promptz-text-v1\nname:15:Review a change\ndescription:19:Says what is wrong.\ncontent:16:Read it.\nSay it.\n"},
		{"lengths are in bytes", promptz.Text{Name: "Crème 🚀", Content: "漢"}, "promptz-text-v1\nname:11:Crème 🚀\ncontent:3:漢\n"},
		{"tags in their order and case", promptz.Text{Tags: []string{"go", "AWS"}}, "promptz-text-v1\ntag:2:go\ntag:3:AWS\n"},
		{"everything", promptz.Text{
			Name: "Name", Description: "A description", Content: "content", Howto: "howto", Tags: []string{"t"},
			SourceURL: "https://example.org/", License: "MIT",
			Agent: &promptz.AgentSettings{
				Tools: []string{"<a>&"}, AllowedTools: []string{"b"}, Resources: []string{"file://c"},
				MCPServers: `{"m":1.0}`, Hooks: `{"h":{}}`, ToolsSettings: `{"s":[]}`, ToolAliases: `{"x":"y"}`,
				UseLegacyMCPJSON: &no,
			},
		}, "promptz-text-v1\nname:4:Name\ndescription:13:A description\ncontent:7:content\nhowto:5:howto\ntag:1:t\n" +
			"sourceUrl:20:https://example.org/\nlicense:3:MIT\nagent:178:" +
			`{"tools":["<a>&"],"allowedTools":["b"],"resources":["file://c"],"mcpServers":{"m":1.0},"hooks":{"h":{}},` +
			`"toolsSettings":{"s":[]},"toolAliases":{"x":"y"},"useLegacyMcpJson":false}` + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(tt.encoding)))
			if got := digest(t, tt.text); got != want {
				t.Errorf("Digest = %s, want %s", got, want)
			}
		})
	}
}

// Digests are kept: these were computed by sha256sum of the encoding and never change.
func TestDigestIsKept(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text promptz.Text
		want string
	}{
		{promptz.Text{}, "sha256:66013e47d6ba2b5e1125ea00482c9635595f44b985c7a3af291a0eb2cc389286"},
		{promptz.Text{Name: "Crème 🚀", Content: "漢", Tags: []string{"go", "AWS"}}, "sha256:13f3199e00cc493dc4ca3174f16141beeb7e5327a85cb52acfae51005a00e4ca"},
	}
	for _, tt := range tests {
		if got := digest(t, tt.text); got != tt.want {
			t.Errorf("Digest of %+v = %s, want %s", tt.text, got, tt.want)
		}
	}
}

// One string that is full of lines as they stand in the encoding, cut into fields
// in every way: no two texts have the same digest.
func TestDigestsOfShiftedBytesDiffer(t *testing.T) {
	t.Parallel()
	const forged = "a\nname:1:b\ntag:1:c\ntag:0:\ncontent:1:d\n"
	seen := map[string]string{}
	record := func(text promptz.Text) {
		d, shown := digest(t, text), fmt.Sprintf("%#v", text)
		if other, ok := seen[d]; ok && other != shown {
			t.Fatalf("%s and %s have the same digest", other, shown)
		}
		seen[d] = shown
	}
	n := 0
	for i := range len(forged) + 1 {
		for j := i; j <= len(forged); j++ {
			a, b, c := forged[:i], forged[i:j], forged[j:]
			record(promptz.Text{Name: a, Description: b, Content: c})
			record(promptz.Text{Content: a, Howto: b, License: c})
			n += 2
		}
		if i > 0 && i < len(forged) { // an empty tag is none
			record(promptz.Text{Name: "tags", Tags: []string{forged[:i], forged[i:]}})
			record(promptz.Text{Name: "tag then URL", Tags: []string{forged[:i]}, SourceURL: forged[i:]})
			n += 2
		}
	}
	if len(seen) < n/2 {
		t.Errorf("%d digests of %d cuts: too few to tell anything", len(seen), n)
	}
}

func TestDigestCovers(t *testing.T) {
	t.Parallel()
	base := validDraft()
	base.Agent = &promptz.AgentSettings{Tools: []string{"a", "b"}}
	tests := []struct {
		name    string
		change  func(d *promptz.Draft)
		changes bool
	}{
		{"nothing", func(d *promptz.Draft) {}, false},
		{"visibility", func(d *promptz.Draft) { d.Visibility = promptz.VisibilityPublic }, false},
		{"note", func(d *promptz.Draft) { d.Note = "another" }, false},
		{"name", func(d *promptz.Draft) { d.Name += "!" }, true},
		{"description", func(d *promptz.Draft) { d.Description += "!" }, true},
		{"content", func(d *promptz.Draft) { d.Content += "!" }, true},
		{"howto", func(d *promptz.Draft) { d.Howto = "" }, true},
		{"sourceUrl", func(d *promptz.Draft) { d.SourceURL = "" }, true},
		{"license", func(d *promptz.Draft) { d.License = "MIT" }, true},
		{"a tag's case", func(d *promptz.Draft) { d.Tags = []string{"review", "C++", "go 1.26"} }, true},
		{"the order of tags", func(d *promptz.Draft) { d.Tags = []string{"C++", "Review", "go 1.26"} }, true},
		{"tags joined", func(d *promptz.Draft) { d.Tags = []string{"ReviewC++", "go 1.26"} }, true},
		{"no agent settings", func(d *promptz.Draft) { d.Agent = nil }, true},
		{"the order of tools", func(d *promptz.Draft) { d.Agent = &promptz.AgentSettings{Tools: []string{"b", "a"}} }, true},
		{"allowed tools", func(d *promptz.Draft) { d.Agent = &promptz.AgentSettings{AllowedTools: []string{"a", "b"}} }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := base
			tt.change(&d)
			if got := digest(t, d.Text) != digest(t, base.Text); got != tt.changes {
				t.Errorf("another digest: %t, want %t", got, tt.changes)
			}
		})
	}
}

func TestDigestFailsForBadAgentSettings(t *testing.T) {
	t.Parallel()
	text := promptz.Text{Name: "n", Agent: &promptz.AgentSettings{Hooks: "{no JSON"}}
	if d, err := text.Digest(); d != "" || err == nil {
		t.Errorf("Digest = %q, %v, want an error", d, err)
	}
}
