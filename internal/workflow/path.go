package workflow

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// step is one step of a path: a member or an index. The first step of a path into
// the context object only says so.
type step struct {
	member  string
	index   int
	isIndex bool
	context bool
}

// stepPattern is one step, in the forms .name, ['name'] and [0].
var stepPattern = regexp.MustCompile(`^(?:\.([\pL_][\pL\pN_-]*)|\['((?:[^'\\]|\\.)*)'\]|\[([0-9]+)\])`)

// parsePath reads a reference path: "$", "$.a.b", "$.a[0]['b c']", and the same
// from "$$" on, into the context object. Paths that select several nodes are
// refused.
func parsePath(text string) ([]step, error) {
	refused := fmt.Errorf("path %q must be $ with names and indexes, such as $.a.b[0]; wildcards, slices and filters are refused", text)
	var steps []step
	rest := text
	switch {
	case len(rest) >= 2 && rest[:2] == "$$":
		steps, rest = append(steps, step{context: true}), rest[2:]
	case len(rest) >= 1 && rest[0] == '$':
		rest = rest[1:]
	default:
		return nil, refused
	}
	for rest != "" {
		m := stepPattern.FindStringSubmatch(rest)
		switch {
		case m == nil:
			return nil, refused
		case m[3] != "":
			n, err := strconv.Atoi(m[3])
			if err != nil {
				return nil, refused
			}
			steps = append(steps, step{index: n, isIndex: true})
		case m[2] != "":
			steps = append(steps, step{member: m[2]})
		default:
			steps = append(steps, step{member: m[1]})
		}
		rest = rest[len(m[0]):]
	}
	return steps, nil
}

// errNoMatch says that a path leads nowhere.
var errNoMatch = errors.New("it leads nowhere")

// find gives what a path leads to.
func find(text string, data, context any) (any, error) {
	steps, err := parsePath(text)
	if err != nil {
		return nil, err
	}
	at := data
	for _, s := range steps {
		if s.context {
			at = context
			continue
		}
		if at, err = s.take(at); err != nil {
			return nil, fmt.Errorf("path %q: %w", text, err)
		}
	}
	return at, nil
}

// take goes one step.
func (s step) take(at any) (any, error) {
	if s.isIndex {
		list, ok := at.([]any)
		if !ok || s.index >= len(list) {
			return nil, errNoMatch
		}
		return list[s.index], nil
	}
	object, ok := at.(map[string]any)
	if !ok {
		return nil, errNoMatch
	}
	value, ok := object[s.member]
	if !ok {
		return nil, errNoMatch
	}
	return value, nil
}

// place gives data with value put where a path says, making objects on the way.
// data itself is left as it was.
func place(text string, data, value any) (any, error) {
	steps, err := parsePath(text)
	if err != nil {
		return nil, err
	}
	return put(steps, data, value)
}

func put(steps []step, at, value any) (any, error) {
	if len(steps) == 0 {
		return value, nil
	}
	s := steps[0]
	if s.isIndex {
		list, ok := at.([]any)
		if !ok || s.index >= len(list) {
			return nil, errNoMatch
		}
		next := append([]any(nil), list...)
		inner, err := put(steps[1:], list[s.index], value)
		next[s.index] = inner
		return next, err
	}
	object, ok := at.(map[string]any)
	if !ok {
		return nil, errNoMatch
	}
	next := make(map[string]any, len(object)+1)
	for k, v := range object {
		next[k] = v
	}
	inner, there := object[s.member]
	if !there {
		inner = map[string]any{}
	}
	inner, err := put(steps[1:], inner, value)
	next[s.member] = inner
	return next, err
}
