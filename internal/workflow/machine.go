package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Machine is a parsed machine. It never changes; safe for concurrent use.
type Machine struct {
	Name       string
	Definition []byte // as it was parsed

	definition
}

// definition is a machine as its file has it.
type definition struct {
	Comment        string           `json:"Comment"`
	StartAt        string           `json:"StartAt"`
	States         map[string]state `json:"States"`
	Version        string           `json:"Version"`
	TimeoutSeconds int              `json:"TimeoutSeconds"`
}

// state is a state of any type, with the fields of all.
type state struct {
	Type    string `json:"Type"`
	Comment string `json:"Comment"`
	Next    string `json:"Next"`
	End     bool   `json:"End"`

	InputPath      path            `json:"InputPath"`
	OutputPath     path            `json:"OutputPath"`
	ResultPath     path            `json:"ResultPath"`
	Parameters     json.RawMessage `json:"Parameters"`
	ResultSelector json.RawMessage `json:"ResultSelector"`
	Result         json.RawMessage `json:"Result"`

	Resource           string    `json:"Resource"`
	TimeoutSeconds     int       `json:"TimeoutSeconds"`
	TimeoutSecondsPath string    `json:"TimeoutSecondsPath"`
	Retry              []retrier `json:"Retry"`
	Catch              []catcher `json:"Catch"`

	Choices []rule `json:"Choices"`
	Default string `json:"Default"`

	Seconds       *int   `json:"Seconds"`
	SecondsPath   string `json:"SecondsPath"`
	Timestamp     string `json:"Timestamp"`
	TimestampPath string `json:"TimestampPath"`

	Error     string `json:"Error"`
	ErrorPath string `json:"ErrorPath"`
	Cause     string `json:"Cause"`
	CausePath string `json:"CausePath"`
}

// The types of states.
const (
	typePass    = "Pass"
	typeTask    = "Task"
	typeChoice  = "Choice"
	typeWait    = "Wait"
	typeSucceed = "Succeed"
	typeFail    = "Fail"
)

// path is a path that may be left out, which means "$", or null, which is another
// thing for each field.
type path struct {
	text string // "" is left out
	null bool
}

// UnmarshalJSON reads a path or null.
func (p *path) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		p.null = true
		return nil
	}
	return json.Unmarshal(b, &p.text)
}

// or gives the path, "$" when it is left out.
func (p path) or() string {
	if p.text == "" {
		return "$"
	}
	return p.text
}

// Parse reads a machine. It fails, naming the state and what would be right, for
// anything that is outside the subset.
func Parse(name string, text []byte) (*Machine, error) {
	m := &Machine{Name: name, Definition: text}
	if err := refuseForeign(text); err != nil {
		return nil, fmt.Errorf("machine %s: %w", name, err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m.definition); err != nil {
		return nil, fmt.Errorf("machine %s: %w", name, err)
	}
	if faults := m.lint(); len(faults) > 0 {
		return nil, fmt.Errorf("machine %s: %s", name, strings.Join(faults, "; "))
	}
	return m, nil
}
