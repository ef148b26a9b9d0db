package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

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
	if !within(m.TimeoutSeconds, 1, maxSeconds) {
		l.fault("TimeoutSeconds must be from 1 to %d", maxSeconds)
	}
	if _, ok := m.States[m.StartAt]; !ok {
		l.fault("StartAt %q must name a state", m.StartAt)
		return l.faults
	}
	for _, name := range slices.Sorted(maps.Keys(m.States)) {
		l.state(name, m.States[name])
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
		if r != nil {
			nexts = append(nexts, r.next)
		}
	}
	return slices.DeleteFunc(nexts, func(next string) bool { return next == "" })
}

// state checks one state.
func (l *linter) state(name string, s *state) {
	if n := utf8.RuneCountInString(name); n == 0 || n > 80 {
		l.fault("state %q: a name has 1 to 80 characters", name)
	}
	for _, next := range s.nexts() {
		if _, ok := l.States[next]; !ok {
			l.fault("state %q: there is no state %q to go on with", name, next)
		}
	}
	if slices.Contains(fieldsOf[s.Type], "Next") && (s.Next == "") != s.End {
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
	paths := map[string]path{
		"InputPath": s.InputPath, "OutputPath": s.OutputPath, "SecondsPath": s.SecondsPath, "TimestampPath": s.TimestampPath,
		"TimeoutSecondsPath": s.TimeoutSecondsPath, "ErrorPath": s.ErrorPath, "CausePath": s.CausePath,
	}
	for _, field := range slices.Sorted(maps.Keys(paths)) {
		if err := paths[field].err; err != nil {
			l.fault("state %q: %s: %v", name, field, err)
		}
	}
	l.referencePath(name, "ResultPath", s.ResultPath)
	if err := s.Parameters.err; err != nil {
		l.fault("state %q: Parameters: %v", name, err)
	}
	if err := s.ResultSelector.err; err != nil {
		l.fault("state %q: ResultSelector: %v", name, err)
	}
}

// referencePath checks a path that names one place of the data.
func (l *linter) referencePath(name, field string, p path) {
	if p.err != nil || p.context {
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
	json.Unmarshal(s.Parameters.text, &p) // what is no object is a fault already
	activity, _ := p["activity"].(string)
	input, ok := p["input.$"].(string)
	if len(p) != 4 || activity == "" || !ok || input == "" || p["execution.$"] != "$$.Execution.Name" || p["state.$"] != "$$.State.Name" {
		l.fault(`state %q: Parameters must be {"activity": "Name", "execution.$": "$$.Execution.Name", "state.$": "$$.State.Name", "input.$": …}`, name)
	}
	if !within(s.TimeoutSeconds, 1, maxSeconds) || s.TimeoutSeconds != nil && s.TimeoutSecondsPath.given() {
		l.fault("state %q: it has one timeout, from 1 to %d", name, maxSeconds)
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
	for _, r := range s.Choices {
		if r == nil || r.next == "" {
			l.fault("state %q: every rule of Choices needs Next", name)
			continue
		}
		if fault := r.check(); fault != "" {
			l.fault("state %q: Choices: %s", name, fault)
		}
	}
}

func (l *linter) wait(name string, s *state) {
	given := 0
	for _, set := range []bool{s.Seconds != nil, s.SecondsPath.given(), s.Timestamp != "", s.TimestampPath.given()} {
		if set {
			given++
		}
	}
	if given != 1 {
		l.fault("state %q: it needs one of Seconds, SecondsPath, Timestamp and TimestampPath", name)
	}
	if !within(s.Seconds, 0, maxSeconds) {
		l.fault("state %q: Seconds must be from 0 to %d", name, maxSeconds)
	}
	until, ok := asTime(s.Timestamp)
	if s.Timestamp != "" && !ok {
		l.fault("state %q: Timestamp must be as RFC 3339 has it", name)
	}
	s.until, _ = until.(time.Time)
}

func (l *linter) fail(name string, s *state) {
	if s.Error != "" && s.ErrorPath.given() || s.Cause != "" && s.CausePath.given() {
		l.fault("state %q: it has one error and one cause", name)
	}
}

// namePattern is what the name of an execution looks like.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
