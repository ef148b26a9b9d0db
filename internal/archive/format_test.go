package archive_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

const fullPage = `---
title: "  Review a   pull request "
description: >-
  Reads a change and says
  what is wrong with it.
tags: [Git, "code review", git]
authors: [somebody]
categories: []
howToUse: |
  Paste the change.

  Then wait.
sourceURL: https://example.com/a
license: MIT-0
draft: true
featured: true
createdAt: "2025-03-13T06:03:24.224Z"
updatedAt: 2025-04-01
---

Review this change.
`

const agentFileJSON = `{
  "$schema": "https://example.com/agent-v1.json",
  "name": "ops", "description": "Finds out what broke.",
  "tools": ["fs_read"], "mcpServers": {"b": {"command": "x"}, "a": {}},
  "useLegacyMcpJson": false, "model": "large", "prompt": "Look at the logs."
}`

// facts are what the tests below look at.
type facts struct {
	Kind                       promptz.Kind
	Name, Description, Content string
	Howto, SourceURL, License  string
	Tags                       []string
	Visibility                 promptz.Visibility
	Agent                      string
}

func factsOf(t *testing.T, i *promptz.Item) facts {
	t.Helper()
	f := facts{
		Kind: i.Kind, Name: i.Name, Description: i.Description, Content: i.Content, Howto: i.Howto,
		SourceURL: i.SourceURL, License: i.License, Tags: i.Tags, Visibility: i.Visibility,
	}
	if i.Agent != nil {
		b, err := i.Agent.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		f.Agent = string(b)
	}
	return f
}

// formatTest is one source and the item that it becomes.
type formatTest struct {
	name  string
	kind  promptz.Kind
	files map[string]string
	want  facts
	notes []string // sorted
}

var formatTests = []formatTest{
	{
		name:  "front matter",
		files: map[string]string{"prompts/git/review.md": fullPage},
		want: facts{
			Kind: "prompt", Name: "Review a pull request", Description: "Reads a change and says what is wrong with it.",
			Content: "Review this change.", Howto: "Paste the change.\n\nThen wait.", SourceURL: "https://example.com/a",
			License: "MIT-0", Tags: []string{"Git", "code review"}, Visibility: "private",
		},
		notes: []string{"authors: read, not kept", "featured: read, not kept"},
	},
	{
		name:  "only a heading",
		files: map[string]string{".kiro/steering/go.md": "\ufeff# Go style #\r\n\r\n- Write **short** functions. Not long ones.\r\n"},
		want: facts{
			Kind: "rule", Name: "Go style", Description: "Write short functions.",
			Content: "# Go style #\n\n- Write **short** functions. Not long ones.", Visibility: "public",
		},
		notes: []string{"description: made from the first sentence", "name: made from the heading"},
	},
	{
		name:  "nothing but text",
		files: map[string]string{"rules/été-in_paris.md": "Short."},
		want: facts{
			Kind: "rule", Name: "Été in paris", Description: "Rule “Été in paris”", Content: "Short.", Visibility: "public",
		},
		notes: []string{"description: made from the name", "name: made from the file's name"},
	},
	{
		name:  "an index page is called after its folder",
		files: map[string]string{"prompts/deep/index.md": "What does this folder hold, and why?"},
		want: facts{
			Kind: "prompt", Name: "Deep", Description: "What does this folder hold, and why?",
			Content: "What does this folder hold, and why?", Visibility: "public",
		},
		notes: []string{"description: made from the first sentence", "name: made from the file's name"},
	},
	{
		name:  "the nearest folder says the kind",
		files: map[string]string{"prompts/rules/x.md": "---\ntitle: Four\ndescription: Says it all.\n---\nText"},
		want:  facts{Kind: "rule", Name: "Four", Description: "Says it all.", Content: "Text", Visibility: "public"},
	},
	{
		name:  "a demanded kind comes first",
		kind:  "prompt",
		files: map[string]string{"rules/x.md": "---\ntitle: Four\ndescription: Says it all.\n---\nText"},
		want:  facts{Kind: "prompt", Name: "Four", Description: "Says it all.", Content: "Text", Visibility: "public"},
	},
	{
		name: "what breaks a limit is mended",
		files: map[string]string{"prompts/x.md": "---\ntitle: QA\ndescription: " + strings.Repeat("word ", 120) +
			"\ntags: [CI/CD, '@@', " + strings.Repeat("t", 41) + "]\ncreatedAt: once\n---\nText"},
		want: facts{
			Kind: "prompt", Name: "QA (prompt)", Description: strings.TrimSpace(strings.Repeat("word ", 99)) + "…",
			Content: "Text", Tags: []string{"CI-CD"}, Visibility: "public",
		},
		notes: []string{
			"createdAt is not a time: that of the import taken", "description: cut to 500 characters",
			"name: too short, its kind added", "tags: one of more than 40 characters left out",
			"tags: signs that no tag may hold left out",
		},
	},
	{
		name:  "a description that is too short is lengthened",
		files: map[string]string{"prompts/x.md": "---\ntitle: Test\ndescription: Tests\n---\nWrite a test for this code."},
		want: facts{
			Kind: "prompt", Name: "Test", Description: "Tests – Write a test for this code.",
			Content: "Write a test for this code.", Visibility: "public",
		},
		notes: []string{"description: too short, the first sentence added"},
	},
	{
		name: "an agent's folder",
		files: map[string]string{
			"agents/ops/agent.json": agentFileJSON, "agents/ops/prompt.md": "You run things.",
			"agents/ops/index.md": "---\ntitle: Operations\ntags: CLI, Operate\n---\nStart it at night.",
		},
		want: facts{
			Kind: "agent", Name: "Operations", Description: "Finds out what broke.", Content: "You run things.",
			Howto: "Start it at night.", Tags: []string{"CLI", "Operate"}, Visibility: "public",
			Agent: `{"tools":["fs_read"],"mcpServers":{"a":{},"b":{"command":"x"}},"useLegacyMcpJson":false}`,
		},
		notes: []string{
			"model: read, not kept",
			"prompt in agent.json: read, not kept, since there is prompt.md",
		},
	},
	{
		name:  "an agent's file",
		files: map[string]string{"agents/night-ops.json": agentFileJSON},
		want: facts{
			Kind: "agent", Name: "ops", Description: "Finds out what broke.", Content: "Look at the logs.", Visibility: "public",
			Agent: `{"tools":["fs_read"],"mcpServers":{"a":{},"b":{"command":"x"}},"useLegacyMcpJson":false}`,
		},
		notes: []string{"model: read, not kept"},
	},
	{
		name:  "CSV with lines in a cell",
		files: map[string]string{"many.csv": "\ufeffPrompt,Act ,type\r\n\"Say \"\"this\"\".\r\nAnd that, too.\",Speaker,TEXT\r\n"},
		want: facts{
			Kind: "prompt", Name: "Speaker", Description: "Say \"this\". And that, too.",
			Content: "Say \"this\".\nAnd that, too.", Visibility: "public",
		},
		notes: []string{"description: made from the first sentence", "type: read, not kept"},
	},
	{
		name:  "CSV with a long cell",
		files: map[string]string{"rules/long.csv": "act,prompt\nLong one,\"" + strings.Repeat("é", 150_000) + "\"\n"},
		want: facts{
			Kind: "rule", Name: "Long one", Description: strings.Repeat("é", 499) + "…",
			Content: strings.Repeat("é", 150_000), Visibility: "public",
		},
		notes: []string{"description: made from the first sentence"},
	},
}

// TestFormats imports one source of every format and looks at what it became.
func TestFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range formatTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDeployment(t)
			report, rejects := d.run(t, tt.kind, write(t, "content", tt.files))
			all := d.all(t)
			if len(rejects) != 0 || len(all) != 1 {
				t.Fatalf("%d items, refused: %+v", len(all), rejects)
			}
			if diff := cmp.Diff(tt.want, factsOf(t, all[0].Item)); diff != "" {
				t.Errorf("item (-want +got):\n%s", diff)
			}
			var notes []string
			for _, n := range report.Notes {
				notes = append(notes, n.Text)
			}
			if diff := cmp.Diff(tt.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimesOfSource(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	d.run(t, "", write(t, "content", map[string]string{"prompts/review.md": fullPage}))
	got := d.all(t)[0].Item
	if want := time.Date(2025, 3, 13, 6, 3, 24, 224e6, time.UTC); !got.CreatedAt.Equal(want) {
		t.Errorf("created at %v, want %v", got.CreatedAt, want)
	}
	if want := time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC); !got.UpdatedAt.Equal(want) {
		t.Errorf("updated at %v, want %v", got.UpdatedAt, want)
	}
}

// TestOneFile imports single files, whose folders say the kind all the same.
func TestOneFile(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	dir := write(t, "rules", map[string]string{"one.md": "# Number one\n\nAlways write this test first."})
	report, _ := d.run(t, "", filepath.Join(dir, "one.md"))
	if report.Created != 1 {
		t.Fatalf("report: %+v", report)
	}
	if got := d.all(t)[0].Item.Kind; got != promptz.KindRule {
		t.Errorf("kind %q, want rule", got)
	}
}
