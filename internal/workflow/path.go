package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// scope is what paths lead into.
type scope struct {
	data    any
	context func() any // the context object, made when a path asks for it
}

// path is a parsed path. One that was left out is the zero value, which is "$".
type path struct {
	text    string
	null    bool // it is null in the file, which is another thing for each field
	context bool // it begins at the context object
	steps   []step
	err     error // for the lint, which knows where the path stands
}

// step is one step of a path: a member or an index.
type step struct {
	member  string
	index   int
	isIndex bool
}

// UnmarshalJSON reads a path or null.
func (p *path) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		p.null = true
		return nil
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	*p = parsePath(text)
	return nil
}

// given tells whether the path was not left out.
func (p path) given() bool { return p.text != "" || p.null || p.err != nil }

// String gives the path as it is written.
func (p path) String() string {
	if p.text == "" {
		return "$"
	}
	return p.text
}

// stepPattern is one step, in the forms .name, ['name'] and [0]. A backslash is
// refused: parsers of JSONPath differ in what it means.
var stepPattern = regexp.MustCompile(`^(?:\.([\pL_][\pL\pN_-]*)|\['([^'\\]*)'\]|\[([0-9]+)\])`)

// parsePath reads a reference path: "$", "$.a.b", "$.a[0]['b c']", and the same
// from "$$" on, into the context object. Paths that select several nodes are
// refused.
func parsePath(text string) path {
	p := path{text: text}
	rest := text
	switch {
	case len(rest) >= 2 && rest[:2] == "$$":
		p.context, rest = true, rest[2:]
	case len(rest) >= 1 && rest[0] == '$':
		rest = rest[1:]
	default:
		p.err = badPath(text)
		return p
	}
	for rest != "" {
		m := stepPattern.FindStringSubmatch(rest)
		if m == nil {
			p.err = badPath(text)
			return p
		}
		s := step{member: m[1] + m[2]}
		if m[3] != "" {
			index, err := strconv.Atoi(m[3])
			if err != nil {
				p.err = badPath(text)
				return p
			}
			s = step{index: index, isIndex: true}
		}
		p.steps = append(p.steps, s)
		rest = rest[len(m[0]):]
	}
	if p.context && !inContext(p.steps) {
		p.err = fmt.Errorf("path %q must lead to $$.Execution's Id, Input, Name or StartTime, $$.State's EnteredTime, Name or RetryCount, or $$.StateMachine's Id or Name", text)
	}
	return p
}

func badPath(text string) error {
	return fmt.Errorf("path %q must be $ with names and indexes, such as $.a.b[0]; wildcards, slices and filters are refused", text)
}

// contextFields are what the context object holds both here and on AWS.
var contextFields = map[string][]string{
	"Execution":    {"Id", "Input", "Name", "StartTime"},
	"State":        {"EnteredTime", "Name", "RetryCount"},
	"StateMachine": {"Id", "Name"},
}

// inContext tells whether steps lead to a value in the context object.
func inContext(steps []step) bool {
	if len(steps) < 2 || !slices.Contains(contextFields[steps[0].member], steps[1].member) {
		return false
	}
	return len(steps) == 2 || steps[1].member == "Input"
}

// find gives what the path leads to, false when it leads nowhere.
func (p path) find(in scope) (any, bool) {
	at := in.data
	if p.context {
		at = in.context()
	}
	for _, s := range p.steps {
		var ok bool
		if at, ok = s.take(at); !ok {
			return nil, false
		}
	}
	return at, true
}

// take goes one step.
func (s step) take(at any) (any, bool) {
	if s.isIndex {
		list, ok := at.([]any)
		if !ok || s.index >= len(list) {
			return nil, false
		}
		return list[s.index], true
	}
	object, _ := at.(map[string]any)
	value, ok := object[s.member]
	return value, ok
}

// place gives data with value put where the path says, making objects on the way,
// false when it can't be there. data itself is left as it was.
func (p path) place(data, value any) (any, bool) { return put(p.steps, data, value) }

func put(steps []step, at, value any) (any, bool) {
	if len(steps) == 0 {
		return value, true
	}
	s := steps[0]
	if s.isIndex {
		list, ok := at.([]any)
		if !ok || s.index >= len(list) {
			return nil, false
		}
		list = slices.Clone(list)
		list[s.index], ok = put(steps[1:], list[s.index], value)
		return list, ok
	}
	object, ok := at.(map[string]any)
	if !ok {
		return nil, false
	}
	next := make(map[string]any, len(object)+1)
	for k, v := range object {
		next[k] = v
	}
	inner, there := object[s.member]
	if !there {
		inner = map[string]any{}
	}
	next[s.member], ok = put(steps[1:], inner, value)
	return next, ok
}
