package promptz_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

func TestParseJSONObject(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
	}{
		{"empty", "{}", "{}"},
		{"white space", " {\n\t\"a\" : [ 1 , 2 ] }\r\n ", `{"a":[1,2]}`},
		{"members sorted, deep too", `{"b":{"z":1,"y":2},"a":[{"d":1,"c":2}],"B":0}`, `{"B":0,"a":[{"c":2,"d":1}],"b":{"y":2,"z":1}}`},
		{"arrays in their order", `{"a":[3,1,2]}`, `{"a":[3,1,2]}`},
		{"numbers as they were written", `{"a":1.0,"b":1e2,"c":-0,"d":0.10,"e":1E+9}`, `{"a":1.0,"b":1e2,"c":-0,"d":0.10,"e":1E+9}`},
		{"numbers that no float holds", `{"a":9007199254740993,"b":123456789012345678901234567890,"c":1e999}`, `{"a":9007199254740993,"b":123456789012345678901234567890,"c":1e999}`},
		{"no escapes for HTML", `{"<a>":"\u003cb\u003e &\u0026"}`, `{"<a>":"<b> &&"}`},
		{"escapes that need not be", `{"a":"\u0041\/\u00e9"}`, `{"a":"A/é"}`},
		{"escapes that must be", `{"a":"\"\\\n\u0000"}`, `{"a":"\"\\\n\u0000"}`},
		{"a pair of surrogates", `{"a":"\ud83d\ude80"}`, `{"a":"🚀"}`},
		{"half a pair is replaced", `{"a":"\ud83d"}`, `{"a":"` + "\ufffd" + `"}`},
		{"of duplicates the last", `{"a":{"x":1},"b":0,"a":{"y":2}}`, `{"a":{"y":2},"b":0}`},
		{"all kinds of value", `{"a":null,"b":true,"c":false,"d":"","e":{},"f":[]}`, `{"a":null,"b":true,"c":false,"d":"","e":{},"f":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := promptz.ParseJSONObject([]byte(tt.in))
			if string(got) != tt.want || err != nil {
				t.Errorf("ParseJSONObject(%s) = %s, %v, want %s", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestParseJSONObjectFails(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", " ", "null", " null ", "[]", `[{"a":1}]`, `"{}"`, "1", "true", "{", `{"a":1`, `{"a":1,}`, `{a:1}`, `{'a':1}`,
		"{} {}", "{}{", "{}}", "{}null", "{},", "{}x", `{"a":01}`, `{"a":NaN}`, `{"a":1} // why`, "\ufeff{}", "{\"a\":\"\x00\"}",
	} {
		if got, err := promptz.ParseJSONObject([]byte(in)); got != "" || err == nil {
			t.Errorf("ParseJSONObject(%q) = %s, %v, want an error", in, got, err)
		}
	}
}

func TestJSONObjectInJSON(t *testing.T) {
	t.Parallel()
	type document struct{ O promptz.JSONObject }
	tests := []struct {
		name, in string
		want     promptz.JSONObject
		out      string
	}{
		{"null is none", `{"O":null}`, "", `{"O":null}`},
		{"absent is none", `{}`, "", `{"O":null}`},
		{"an object", `{"O": {"b":1, "a":2}}`, `{"a":2,"b":1}`, `{"O":{"a":2,"b":1}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var d document
			if err := json.Unmarshal([]byte(tt.in), &d); err != nil || d.O != tt.want {
				t.Errorf("read %q, %v, want %q", d.O, err, tt.want)
			}
			if out, err := json.Marshal(d); err != nil || string(out) != tt.out {
				t.Errorf("wrote %s, %v, want %s", out, err, tt.out)
			}
		})
	}
	for _, in := range []string{`{"O":[]}`, `{"O":"{}"}`, `{"O":1}`} {
		if err := json.Unmarshal([]byte(in), new(document)); err == nil {
			t.Errorf("read %s as an object", in)
		}
	}
}

func TestAgentSettingsRoundTrip(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	tests := []struct {
		name      string
		settings  promptz.AgentSettings
		canonical string
	}{
		{"nothing", promptz.AgentSettings{}, `{}`},
		{"everything, in the order of the fields", promptz.AgentSettings{
			Tools: []string{"*", "@git"}, AllowedTools: []string{"fs_read"}, Resources: []string{"file://**/*.md"},
			MCPServers: `{"git":{"command":"a && b > c"}}`, Hooks: `{"agentSpawn":[]}`, ToolsSettings: `{"n":10000000000000000000001}`,
			ToolAliases: `{"@git/st":"st"}`, UseLegacyMCPJSON: &yes,
		}, `{"tools":["*","@git"],"allowedTools":["fs_read"],"resources":["file://**/*.md"],"mcpServers":{"git":{"command":"a && b > c"}},` +
			`"hooks":{"agentSpawn":[]},"toolsSettings":{"n":10000000000000000000001},"toolAliases":{"@git/st":"st"},"useLegacyMcpJson":true}`},
		{"false is something", promptz.AgentSettings{UseLegacyMCPJSON: &no}, `{"useLegacyMcpJson":false}`},
		{"an empty object is something", promptz.AgentSettings{MCPServers: "{}"}, `{"mcpServers":{}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := tt.settings.Canonical()
			if err != nil || string(b) != tt.canonical {
				t.Fatalf("Canonical = %s, %v, want %s", b, err, tt.canonical)
			}
			got, err := promptz.ParseAgentSettings(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tt.settings, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAgentSettingsOfEqualInputsAreEqual(t *testing.T) {
	t.Parallel()
	const a = `{"mcpServers":{"x":{"b":1,"a":2}},"tools":["t"],"hooks":null,"resources":[]}`
	const b = ` { "tools" : ["\u0074"], "mcpServers":{"x":{"a":2, "b":1}} }`
	var canonical []string
	for _, in := range []string{a, b} {
		settings, err := promptz.ParseAgentSettings([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		c, err := settings.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		canonical = append(canonical, string(c))
	}
	const want = `{"tools":["t"],"mcpServers":{"x":{"a":2,"b":1}}}`
	if canonical[0] != want || canonical[1] != want {
		t.Errorf("Canonical = %s, want %s twice", strings.Join(canonical, " and "), want)
	}
}

func TestParseAgentSettingsFails(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "[]", "{", `{"tools":"a"}`, `{"tools":[1]}`, `{"hooks":[]}`, `{"useLegacyMcpJson":"yes"}`, "{} {}"} {
		if got, err := promptz.ParseAgentSettings([]byte(in)); got != nil || err == nil {
			t.Errorf("ParseAgentSettings(%q) = %v, %v, want an error", in, got, err)
		}
	}
}

// FuzzParseJSONObject: what was parsed parses to itself and says what was written.
func FuzzParseJSONObject(f *testing.F) {
	for _, in := range []string{`{}`, `{"b":1,"a":[1.0,-0,1e999]}`, `{"<":"\u2028\ud800&"}`, `{"a":1,"a":{"b":null}}`, `null`, `{"":""}`, "{\"\xff\":1}"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := promptz.ParseJSONObject(in)
		if err != nil {
			if decoded := decode(in); decoded != nil {
				t.Errorf("refused %q: %v", in, err)
			}
			return
		}
		if twice, err := promptz.ParseJSONObject([]byte(once)); twice != once || err != nil {
			t.Errorf("%q becomes %q, then %q, %v", in, once, twice, err)
		}
		if decoded := decode([]byte(once)); decoded == nil || !reflect.DeepEqual(decoded, decode(in)) {
			t.Errorf("%q became %q", in, once)
		}
	})
}

// decode reads one JSON object with its numbers as they are written, nil if in
// is none.
func decode(in []byte) map[string]any {
	if !json.Valid(in) {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(in)))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	object, _ := v.(map[string]any)
	return object
}
