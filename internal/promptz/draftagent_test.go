package promptz_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// object is s as a JSON object.
func object(t *testing.T, s string) promptz.JSONObject {
	t.Helper()
	o, err := promptz.ParseJSONObject([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestPrepareAgentSettings(t *testing.T) {
	t.Parallel()
	entries := func(n int) (list []string) {
		for range n {
			list = append(list, "fs_read")
		}
		return list
	}
	yes := true
	for _, tt := range []struct {
		name  string
		agent *promptz.AgentSettings
		want  []string
	}{
		{"none", nil, nil},
		{"all", &promptz.AgentSettings{
			Tools: []string{"@git", "*"}, AllowedTools: []string{"fs_read"}, Resources: []string{"file://README.md"},
			MCPServers: object(t, `{"git":{"command":"git-mcp","args":["--stdio"]}}`), Hooks: object(t, `{}`),
			ToolsSettings: object(t, `{"fs_read":{"allowedPaths":["src/**"]}}`), ToolAliases: object(t, `{"@git/status":"s"}`),
			UseLegacyMCPJSON: &yes,
		}, nil},
		{"as many tools as may be", &promptz.AgentSettings{Tools: entries(200)}, nil},
		{"too many tools", &promptz.AgentSettings{Tools: entries(201)}, []string{"/agent/tools too_long"}},
		{"too many allowed tools", &promptz.AgentSettings{AllowedTools: entries(201)}, []string{"/agent/allowedTools too_long"}},
		{"too many resources", &promptz.AgentSettings{Resources: entries(201)}, []string{"/agent/resources too_long"}},
		{"longest entries", &promptz.AgentSettings{Tools: []string{long("é", 200)}, AllowedTools: []string{long("é", 200)}, Resources: []string{long("é", 1000)}}, nil},
		{"a tool too long", &promptz.AgentSettings{Tools: []string{"a", long("t", 201)}}, []string{"/agent/tools/1 too_long"}},
		{"an allowed tool too long", &promptz.AgentSettings{AllowedTools: []string{long("t", 201)}}, []string{"/agent/allowedTools/0 too_long"}},
		{"a resource too long", &promptz.AgentSettings{Resources: []string{"a", "b", long("t", 1001)}}, []string{"/agent/resources/2 too_long"}},
		{"empty entries", &promptz.AgentSettings{Tools: []string{"", "a", ""}, AllowedTools: []string{""}, Resources: []string{""}}, []string{
			"/agent/tools/0 too_short", "/agent/tools/2 too_short", "/agent/allowedTools/0 too_short", "/agent/resources/0 too_short"}},
		{"control characters", &promptz.AgentSettings{Tools: []string{"a\x00"}, AllowedTools: []string{"a\nb"}, Resources: []string{"ok", "\x1b[31m"}}, []string{
			"/agent/tools/0 control_character", "/agent/allowedTools/0 control_character", "/agent/resources/1 control_character"}},
		{"not UTF-8", &promptz.AgentSettings{Tools: []string{"a\xff"}}, []string{"/agent/tools/0 control_character"}},
	} {
		draftTest{tt.name, func(d *promptz.Draft) { d.Agent = tt.agent }, tt.want}.run(t, promptz.KindAgent)
	}
}

func TestPrepareAgentSettingsOfOtherKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range []promptz.Kind{promptz.KindPrompt, promptz.KindRule} {
		draftTest{string(kind), func(d *promptz.Draft) {
			d.Agent = &promptz.AgentSettings{Tools: []string{"*"}}
		}, []string{"/agent not_allowed"}}.run(t, kind)
		draftTest{string(kind) + " with nothing set", func(d *promptz.Draft) {
			d.Agent = &promptz.AgentSettings{Tools: []string{}}
		}, nil}.run(t, kind)
	}
}

func TestPrepareDropsEmptyAgentSettings(t *testing.T) {
	t.Parallel()
	no := false
	for _, tt := range []struct {
		name  string
		agent promptz.AgentSettings
		keep  bool
	}{
		{"zero", promptz.AgentSettings{}, false},
		{"empty lists", promptz.AgentSettings{Tools: []string{}, Resources: []string{}}, false},
		{"an empty object says something", promptz.AgentSettings{Hooks: "{}"}, true},
		{"and so does false", promptz.AgentSettings{UseLegacyMCPJSON: &no}, true},
	} {
		d := validDraft()
		d.Agent = &tt.agent
		if err := d.Prepare(promptz.KindAgent); err != nil || (d.Agent != nil) != tt.keep {
			t.Errorf("%s: agent settings %v, error %v", tt.name, d.Agent, err)
		}
	}
}

func TestPrepareAgentSize(t *testing.T) {
	t.Parallel()
	frame := len(`{"mcpServers":{"k":""}}`)
	for _, tt := range []struct {
		name  string
		value string // of one member, as JSON
		want  []string
	}{
		{"as many bytes as may be", `"` + long("x", promptz.MaxAgentBytes-frame) + `"`, nil},
		{"one more", `"` + long("x", promptz.MaxAgentBytes-frame+1) + `"`, []string{"/agent too_long"}},
		{"white space does not count", long(" ", promptz.MaxAgentBytes) + `1`, nil},
		{"bytes, not characters", `"` + long("é", promptz.MaxAgentBytes/2) + `"`, []string{"/agent too_long"}},
		{"as deep as may be", nested(promptz.MaxAgentDepth-2, "[", "1", "]"), nil},
		{"one deeper", nested(promptz.MaxAgentDepth-1, "[", "1", "]"), []string{"/agent too_deep"}},
		{"deep in objects", nested(promptz.MaxAgentDepth-2, `{"a":`, "1", "}"), nil},
		{"one deeper in objects", nested(promptz.MaxAgentDepth-1, `{"a":`, "1", "}"), []string{"/agent too_deep"}},
		{"side by side is not deep", "[" + long("[[],{}],", 100) + "[]]", nil},
		{"brackets in a string are not deep", `"` + long("[{", 100) + `"`, nil},
		{"nor after an escaped quote", `"\"` + long("[{", 100) + `"`, nil},
		{"a back slash ends no string", `"\\",` + `"b":` + nested(promptz.MaxAgentDepth-1, "[", "1", "]"), []string{"/agent too_deep"}},
	} {
		draftTest{tt.name, func(d *promptz.Draft) {
			d.Agent = &promptz.AgentSettings{MCPServers: object(t, `{"k":`+tt.value+`}`)}
		}, tt.want}.run(t, promptz.KindAgent)
	}
}

// nested is inner inside n pairs.
func nested(n int, left, inner, right string) string { return long(left, n) + inner + long(right, n) }

// FuzzPrepare: preparing what is prepared changes nothing, and what is valid has
// the stored form.
func FuzzPrepare(f *testing.F) {
	f.Add("Name", "A description of it", "content\r\n", "\n\thowto ", "Go", "https://example.org/", "MIT", `{"tools":["a"]}`)
	f.Add("e\u0301 ", "\x00", "\xff", "\r", "J\u030c", "HTTPS://@x", "(a", `{"hooks":{"b":1,"a":[1e999]}}`)
	f.Add("", "", "", "", "", "", "", "{}")
	f.Fuzz(func(t *testing.T, name, description, content, howto, tag, url, license, agent string) {
		d := promptz.Draft{
			Text: promptz.Text{Name: name, Description: description, Content: content, Howto: howto,
				Tags: []string{tag, howto}, SourceURL: url, License: license},
			Visibility: promptz.VisibilityPublic, Note: name,
		}
		json.Unmarshal([]byte(agent), &d.Agent) // what is no JSON is no settings
		first := d.Prepare(promptz.KindAgent)
		once := d
		if second := d.Prepare(promptz.KindAgent); !cmp.Equal(wrong(t, first), wrong(t, second)) {
			t.Errorf("first %v, then %v", first, second)
		}
		if diff := cmp.Diff(once, d); diff != "" {
			t.Error(diff)
		}
		if first != nil {
			return
		}
		before, err := once.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if after, err := d.Digest(); err != nil || after != before {
			t.Errorf("digest %s, then %s, error %v", before, after, err)
		}
	})
}
