package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
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

// refuseForeign names what is outside the subset before it is called an unknown
// field.
func refuseForeign(text []byte) error {
	var machine struct {
		QueryLanguage string
		States        map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &machine); err != nil {
		return err
	}
	if machine.QueryLanguage != "" {
		return errors.New("QueryLanguage is refused: " + foreignFields["QueryLanguage"])
	}
	for _, name := range slices.Sorted(maps.Keys(machine.States)) {
		for _, field := range slices.Sorted(maps.Keys(machine.States[name])) {
			if instead, ok := foreignFields[field]; ok {
				return fmt.Errorf("state %q: %s is refused: %s", name, field, instead)
			}
		}
	}
	return nil
}

// linter collects what is wrong with a machine.
type linter struct {
	*Machine
	faults []string
}

func (m *Machine) lint() []string {
	l := &linter{Machine: m}
	if m.Version != "" && m.Version != "1.0" {
		l.fault("Version %q must be 1.0 or left out", m.Version)
	}
	if m.TimeoutSeconds < 0 {
		l.fault("TimeoutSeconds must not be negative")
	}
	if _, ok := m.States[m.StartAt]; !ok {
		l.fault("StartAt %q must name a state", m.StartAt)
		return l.faults
	}
	for _, name := range slices.Sorted(maps.Keys(m.States)) {
		s := m.States[name]
		l.state(name, &s)
	}
	reached := map[string]bool{}
	l.reach(m.StartAt, reached)
	for _, name := range slices.Sorted(maps.Keys(m.States)) {
		if !reached[name] {
			l.fault("state %q can't be reached", name)
		}
	}
	return l.faults
}

func (l *linter) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

// reach marks the states that can follow a state.
func (l *linter) reach(name string, reached map[string]bool) {
	s, ok := l.States[name]
	if !ok || reached[name] {
		return
	}
	reached[name] = true
	for _, next := range s.nexts() {
		l.reach(next, reached)
	}
}

// nexts gives every state that the state may be followed by.
func (s *state) nexts() []string {
	nexts := []string{s.Next, s.Default}
	for _, c := range s.Catch {
		nexts = append(nexts, c.Next)
	}
	for _, r := range s.Choices {
		nexts = append(nexts, r.Next)
	}
	return slices.DeleteFunc(nexts, func(next string) bool { return next == "" })
}

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

// state checks one state.
func (l *linter) state(name string, s *state) {
	fields, ok := fieldsOf[s.Type]
	if !ok {
		l.fault("state %q: type %q is refused: there are Pass, Task, Choice, Wait, Succeed and Fail", name, s.Type)
		return
	}
	if len(name) == 0 || len(name) > 80 {
		l.fault("state %q: a name has 1 to 80 characters", name)
	}
	v := reflect.ValueOf(*s)
	for i := range v.NumField() {
		if field := v.Type().Field(i).Name; !v.Field(i).IsZero() && !slices.Contains(fields, field) && !slices.Contains(commonFields, field) {
			l.fault("state %q: a %s has no %s", name, s.Type, field)
		}
	}
	for _, next := range s.nexts() {
		if _, ok := l.States[next]; !ok {
			l.fault("state %q: there is no state %q to go on with", name, next)
		}
	}
	if slices.Contains(fields, "Next") && (s.Next == "") != s.End {
		l.fault("state %q: it needs either Next or End", name)
	}
	l.paths(name, s)
	switch s.Type {
	case typeTask:
		l.task(name, s)
	case typeChoice:
		l.choice(name, s)
	case typeWait:
		l.wait(name, s)
	case typeFail:
		l.fail(name, s)
	}
}

func (l *linter) paths(name string, s *state) {
	for field, text := range map[string]string{
		"InputPath": s.InputPath.or(), "OutputPath": s.OutputPath.or(), "SecondsPath": s.SecondsPath, "TimestampPath": s.TimestampPath,
		"TimeoutSecondsPath": s.TimeoutSecondsPath, "ErrorPath": s.ErrorPath, "CausePath": s.CausePath,
	} {
		if _, err := parsePath(text); text != "" && err != nil {
			l.fault("state %q: %s: %v", name, field, err)
		}
	}
	l.referencePath(name, "ResultPath", s.ResultPath)
	for field, template := range map[string]json.RawMessage{"Parameters": s.Parameters, "ResultSelector": s.ResultSelector} {
		if err := checkTemplate(template); err != nil {
			l.fault("state %q: %s: %v", name, field, err)
		}
	}
}

// referencePath checks a path that names one place of the data.
func (l *linter) referencePath(name, field string, p path) {
	steps, err := parsePath(p.or())
	if err != nil || slices.ContainsFunc(steps, func(s step) bool { return s.context }) {
		l.fault("state %q: %s %q must be a reference path into the data, such as $.result", name, field, p.text)
	}
}

// taskResource is the Resource of every Task; on AWS an ARN stands there.
const taskResource = "activity"

// task demands the one form of Parameters by which both runners find the
// activity.
func (l *linter) task(name string, s *state) {
	if s.Resource != taskResource {
		l.fault("state %q: Resource must be %q", name, taskResource)
	}
	var p map[string]any
	json.Unmarshal(s.Parameters, &p)
	activity, _ := p["activity"].(string)
	input, ok := p["input.$"].(string)
	if len(p) != 4 || activity == "" || !ok || input == "" || p["execution.$"] != "$$.Execution.Name" || p["state.$"] != "$$.State.Name" {
		l.fault(`state %q: Parameters must be {"activity": "Name", "execution.$": "$$.Execution.Name", "state.$": "$$.State.Name", "input.$": …}`, name)
	}
	if s.TimeoutSeconds < 0 || s.TimeoutSeconds > 0 && s.TimeoutSecondsPath != "" {
		l.fault("state %q: it has one timeout, which is not negative", name)
	}
	for i, r := range s.Retry {
		l.errorNames(name, r.ErrorEquals, i == len(s.Retry)-1)
		if fault := r.fault(); fault != "" {
			l.fault("state %q: Retry: %s", name, fault)
		}
	}
	for i, c := range s.Catch {
		l.errorNames(name, c.ErrorEquals, i == len(s.Catch)-1)
		l.referencePath(name, "Catch's ResultPath", c.ResultPath)
		if c.Next == "" {
			l.fault("state %q: Catch: it needs Next", name)
		}
	}
}

// errorNames checks the names of a retrier or a catcher.
func (l *linter) errorNames(name string, errs []string, last bool) {
	switch {
	case len(errs) == 0:
		l.fault("state %q: ErrorEquals must name an error", name)
	case slices.Contains(errs, errAll) && (len(errs) > 1 || !last):
		l.fault("state %q: %s must stand alone, and in the last of Retry or Catch", name, errAll)
	}
	for _, e := range errs {
		if e == errRuntime {
			l.fault("state %q: %s always ends an execution, and can be neither retried nor caught", name, e)
		}
		if strings.HasPrefix(e, "States.") && !slices.Contains(stateErrors, e) {
			l.fault("state %q: there is no error %s", name, e)
		}
	}
}

func (l *linter) choice(name string, s *state) {
	if len(s.Choices) == 0 {
		l.fault("state %q: Choices must hold a rule", name)
	}
	for i := range s.Choices {
		if s.Choices[i].Next == "" {
			l.fault("state %q: every rule of Choices needs Next", name)
		}
		if fault := s.Choices[i].fault(); fault != "" {
			l.fault("state %q: Choices: %s", name, fault)
		}
	}
}

func (l *linter) wait(name string, s *state) {
	given := 0
	for _, set := range []bool{s.Seconds != nil, s.SecondsPath != "", s.Timestamp != "", s.TimestampPath != ""} {
		if set {
			given++
		}
	}
	if given != 1 {
		l.fault("state %q: it needs one of Seconds, SecondsPath, Timestamp and TimestampPath", name)
	}
	if s.Seconds != nil && *s.Seconds < 0 {
		l.fault("state %q: Seconds must not be negative", name)
	}
	if _, err := time.Parse(time.RFC3339, s.Timestamp); s.Timestamp != "" && err != nil {
		l.fault("state %q: Timestamp must be as RFC 3339 has it", name)
	}
}

func (l *linter) fail(name string, s *state) {
	if s.Error != "" && s.ErrorPath != "" || s.Cause != "" && s.CausePath != "" {
		l.fault("state %q: it has one error and one cause", name)
	}
}

// namePattern is what the name of an execution looks like.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
