package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Machine is a parsed machine. It never changes; safe for concurrent use.
type Machine struct {
	Name string

	definition
	text []byte // as it was parsed
}

// definition is a machine as its file has it.
type definition struct {
	StartAt        string            `json:"StartAt"`
	States         map[string]*state `json:"States"`
	Version        string            `json:"Version"`
	TimeoutSeconds *int              `json:"TimeoutSeconds"`
}

// state is a state of any type, with the fields of all.
type state struct {
	Type string `json:"Type"`
	Next string `json:"Next"`
	End  bool   `json:"End"`

	InputPath      path     `json:"InputPath"`
	OutputPath     path     `json:"OutputPath"`
	ResultPath     path     `json:"ResultPath"`
	Parameters     template `json:"Parameters"`
	ResultSelector template `json:"ResultSelector"`
	Result         constant `json:"Result"`

	Resource           string    `json:"Resource"`
	TimeoutSeconds     *int      `json:"TimeoutSeconds"`
	TimeoutSecondsPath path      `json:"TimeoutSecondsPath"`
	Retry              []retrier `json:"Retry"`
	Catch              []catcher `json:"Catch"`

	Choices []*rule `json:"Choices"`
	Default string  `json:"Default"`

	Seconds       *int      `json:"Seconds"`
	SecondsPath   path      `json:"SecondsPath"`
	Timestamp     string    `json:"Timestamp"`
	TimestampPath path      `json:"TimestampPath"`
	until         time.Time // Timestamp, once it was checked

	Error     string `json:"Error"`
	ErrorPath path   `json:"ErrorPath"`
	Cause     string `json:"Cause"`
	CausePath path   `json:"CausePath"`
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

// Parse reads a machine. It fails, naming the state and what would be right, for
// anything that is outside the subset.
func Parse(name string, text []byte) (*Machine, error) {
	m := &Machine{Name: name, text: bytes.Clone(text)}
	if err := checkFields(text); err != nil {
		return nil, fmt.Errorf("machine %s: %w", name, err)
	}
	if err := json.Unmarshal(text, &m.definition); err != nil {
		return nil, fmt.Errorf("machine %s: %w", name, err)
	}
	if faults := m.lint(); len(faults) > 0 {
		return nil, fmt.Errorf("machine %s: %s", name, strings.Join(faults, "; "))
	}
	return m, nil
}

// Definition is the machine as AWS Step Functions takes it: the file, with resource,
// the ARN of a Lambda function, in the place of every Task's Resource.
func (m *Machine) Definition(resource string) []byte {
	var members, states map[string]json.RawMessage
	m.read(m.text, &members)
	m.read(members["States"], &states)
	for name, s := range m.States {
		if s.Type != typeTask {
			continue
		}
		var fields map[string]json.RawMessage
		m.read(states[name], &fields)
		fields["Resource"] = m.write(resource)
		states[name] = m.write(fields)
	}
	members["States"] = m.write(states)
	return m.write(members)
}

// read reads a part of a file that was parsed before.
func (m *Machine) read(text []byte, v any) {
	if err := json.Unmarshal(text, v); err != nil {
		panic("machine " + m.Name + ": " + err.Error())
	}
}

// write gives the JSON of what was read.
func (m *Machine) write(v any) json.RawMessage {
	text, err := encode(v)
	if err != nil {
		panic("machine " + m.Name + ": " + err.Error())
	}
	return text
}
