package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// foreignFields are fields of the language that are outside the subset, with what
// to do instead.
var foreignFields = map[string]string{
	"QueryLanguage":        "JSONPath is the only one, and needs no naming",
	"Arguments":            "it is JSONata's: use Parameters",
	"Output":               "it is JSONata's: use ResultSelector, ResultPath and OutputPath",
	"Assign":               "there are no variables: carry values in the state's data",
	"Condition":            "it is JSONata's: use Variable and a comparison",
	"Iterator":             "there is no Map",
	"ItemProcessor":        "there is no Map",
	"Branches":             "there is no Parallel",
	"HeartbeatSeconds":     "the runner keeps its own heartbeat",
	"HeartbeatSecondsPath": "the runner keeps its own heartbeat",
	"Credentials":          "activities run as the program itself",
}

// The fields of machines, retriers and catchers.
var (
	machineFields = []string{"Comment", "StartAt", "States", "TimeoutSeconds", "Version"}
	retrierFields = []string{"BackoffRate", "Comment", "ErrorEquals", "IntervalSeconds", "JitterStrategy", "MaxAttempts", "MaxDelaySeconds"}
	catcherFields = []string{"Comment", "ErrorEquals", "Next", "ResultPath"}
)

// commonFields may stand in every state.
var commonFields = []string{"Type", "Comment"}

// fieldsOf are the other fields of each type.
var fieldsOf = map[string][]string{
	typePass:    {"Next", "End", "InputPath", "OutputPath", "ResultPath", "Parameters", "Result"},
	typeTask:    {"Next", "End", "InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "Resource", "TimeoutSeconds", "TimeoutSecondsPath", "Retry", "Catch"},
	typeChoice:  {"InputPath", "OutputPath", "Choices", "Default"},
	typeWait:    {"Next", "End", "InputPath", "OutputPath", "Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
	typeSucceed: {"InputPath", "OutputPath"},
	typeFail:    {"Error", "ErrorPath", "Cause", "CausePath"},
}

// nullable are the fields in which null has a meaning.
var nullable = []string{"InputPath", "OutputPath", "ResultPath", "Result"}

// members are those of an object in a file.
type members map[string]json.RawMessage

// checkFields holds the names in a machine's file to those that there are.
// Package json alone would take "next" for Next, and the last of two.
func checkFields(text []byte) error {
	var machine members
	if err := json.Unmarshal(text, &machine); err != nil {
		return err
	}
	if name, err := twice(json.NewDecoder(bytes.NewReader(text))); err != nil || name != "" {
		return fmt.Errorf("%q stands twice in one object", name)
	}
	if err := machine.check("a machine", machineFields); err != nil {
		return err
	}
	var states map[string]members
	if err := json.Unmarshal(machine["States"], &states); err != nil && machine["States"] != nil {
		return fmt.Errorf("the States of a machine: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(states)) {
		if err := states[name].checkState(); err != nil {
			return fmt.Errorf("state %q: %w", name, err)
		}
	}
	return nil
}

// checkState checks the fields of a state. What is wrong with its type is said
// elsewhere.
func (m members) checkState() error {
	var kind string
	if err := json.Unmarshal(m["Type"], &kind); err != nil {
		return errors.New("its type must be Pass, Task, Choice, Wait, Succeed or Fail")
	}
	for _, field := range slices.Sorted(maps.Keys(m)) {
		if instead, ok := foreignFields[field]; ok {
			return fmt.Errorf("%s is refused: %s", field, instead)
		}
	}
	fields, ok := fieldsOf[kind]
	if !ok {
		return fmt.Errorf("type %q is refused: there are Pass, Task, Choice, Wait, Succeed and Fail", kind)
	}
	if err := m.check("a "+kind, append(slices.Clone(commonFields), fields...)); err != nil {
		return err
	}
	for field, fields := range map[string][]string{"Retry": retrierFields, "Catch": catcherFields} {
		var entries []members
		if m[field] == nil {
			continue
		}
		if err := json.Unmarshal(m[field], &entries); err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
		for _, entry := range entries {
			if err := entry.check(field, fields); err != nil {
				return err
			}
		}
	}
	return nil
}

// check refuses fields that what does not have, and null where it means nothing.
func (m members) check(what string, fields []string) error {
	for _, field := range slices.Sorted(maps.Keys(m)) {
		if instead, ok := foreignFields[field]; ok {
			return fmt.Errorf("%s is refused: %s", field, instead)
		}
		if !slices.Contains(fields, field) {
			return fmt.Errorf("%s has no %q", what, field)
		}
		if string(m[field]) == "null" && !slices.Contains(nullable, field) {
			return fmt.Errorf("%s must not be null", field)
		}
	}
	return nil
}

// twice gives a name that stands twice in one object, "" without one.
func twice(d *json.Decoder) (string, error) {
	token, err := d.Token()
	open, nested := token.(json.Delim)
	if err != nil || !nested {
		return "", err
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return "", err
			}
			name := key.(string)
			if seen[name] {
				return name, nil
			}
			seen[name] = true
		}
		if name, err := twice(d); err != nil || name != "" {
			return name, err
		}
	}
	_, err = d.Token()
	return "", err
}
