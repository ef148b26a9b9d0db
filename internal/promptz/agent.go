package promptz

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Limits on agent settings.
const (
	MaxAgentBytes = 64 << 10 // of [AgentSettings.Canonical]
	MaxAgentDepth = 16       // of nested arrays and objects, the settings included
)

// AgentSettings are what an agent has beside its text: the members of the
// agent-v1 schema of Amazon Q Developer CLI
// (https://github.com/aws/amazon-q-developer-cli/blob/main/schemas/agent-v1.json)
// that an item does not have already.
type AgentSettings struct {
	Tools            []string   `json:"tools,omitempty" validate:"max=200,dive,min=1,max=200,oneline"`
	AllowedTools     []string   `json:"allowedTools,omitempty" validate:"max=200,dive,min=1,max=200,oneline"`
	Resources        []string   `json:"resources,omitempty" validate:"max=200,dive,min=1,max=1000,oneline"`
	MCPServers       JSONObject `json:"mcpServers,omitempty"`
	Hooks            JSONObject `json:"hooks,omitempty"`
	ToolsSettings    JSONObject `json:"toolsSettings,omitempty"`
	ToolAliases      JSONObject `json:"toolAliases,omitempty"`
	UseLegacyMCPJSON *bool      `json:"useLegacyMcpJson,omitempty"`
}

// Canonical gives the settings as one JSON object whose members stand in the
// order of the fields above, absent ones left out. Equal settings give equal
// bytes; it is what is stored and what the digest covers.
func (a *AgentSettings) Canonical() ([]byte, error) {
	return marshalPlain(a)
}

// ParseAgentSettings reads what [AgentSettings.Canonical] wrote.
func ParseAgentSettings(canonical []byte) (*AgentSettings, error) {
	a := new(AgentSettings)
	if err := json.Unmarshal(canonical, a); err != nil {
		return nil, fmt.Errorf("parse agent settings: %w", err)
	}
	return a, nil
}

// JSONObject is a JSON object whose members are not ours to know, in one form:
// no white space, members sorted by name, numbers as they were written. The
// zero value is no object.
type JSONObject string

// ParseJSONObject brings raw into the form of a [JSONObject]. It fails for
// anything but one JSON object.
func ParseJSONObject(raw []byte) (JSONObject, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return "", fmt.Errorf("parse JSON object: %w", err)
	}
	if v == nil {
		return "", fmt.Errorf("parse JSON object: null is not an object")
	}
	if _, err := d.Token(); err != io.EOF {
		return "", fmt.Errorf("parse JSON object: something follows it")
	}
	b, err := marshalPlain(v)
	return JSONObject(b), err
}

// MarshalJSON gives the object itself.
func (o JSONObject) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return []byte(o), nil
}

// UnmarshalJSON reads an object or null.
func (o *JSONObject) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*o = ""
		return nil
	}
	v, err := ParseJSONObject(b)
	*o = v
	return err
}

// marshalPlain is json.Marshal without the escapes meant for HTML.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("marshal JSON: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// jsonDepth is how deep arrays and objects are nested in valid JSON.
func jsonDepth(b []byte) int {
	depth, deepest, inString := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
