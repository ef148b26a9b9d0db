package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// rule is one rule of a Choice, or a part of one: And, Or, Not, or a comparison.
type rule struct {
	next     string
	variable path

	and, or []*rule
	not     *rule

	operator string
	operand  any
	compare  comparison // of operator, once it was checked
}

// comparison compares a variable's value.
type comparison struct {
	test func(value any) bool // of an operator whose operand is a constant
	path path                 // of the operand, for an operator that ends in Path
	pair func(value, operand any) bool
}

// UnmarshalJSON reads a rule; the comparison is whatever member is none of the
// others.
func (r *rule) UnmarshalJSON(b []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		raw := members[name]
		var err error
		switch name {
		case "Comment":
		case "Variable":
			err = json.Unmarshal(raw, &r.variable)
		case "Next":
			err = json.Unmarshal(raw, &r.next)
		case "And":
			err = json.Unmarshal(raw, &r.and)
		case "Or":
			err = json.Unmarshal(raw, &r.or)
		case "Not":
			err = json.Unmarshal(raw, &r.not)
		default:
			if r.operator != "" {
				return fmt.Errorf("a rule has both %s and %s", r.operator, name)
			}
			r.operator = name
			r.operand, err = decode(raw)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// parts are the rules in the rule.
func (r *rule) parts() []*rule {
	parts := append(slices.Clone(r.and), r.or...)
	if r.not != nil {
		parts = append(parts, r.not)
	}
	return parts
}

// check says what is wrong with a rule, "" when nothing is, and prepares its
// comparison.
func (r *rule) check() string {
	forms := 0
	for _, there := range []bool{len(r.and) > 0, len(r.or) > 0, r.not != nil, r.operator != ""} {
		if there {
			forms++
		}
	}
	instead, foreign := foreignFields[r.operator]
	switch {
	case foreign:
		return r.operator + " is refused: " + instead
	case forms != 1:
		return "a rule is one comparison, And, Or or Not"
	case r.operator != "" && !r.variable.given():
		return r.operator + " needs a Variable"
	case r.operator == "" && r.variable.given():
		return "Variable stands beside a comparison alone"
	case r.variable.null:
		return "Variable must be a path"
	case r.variable.err != nil:
		return "Variable: " + r.variable.err.Error()
	}
	for _, part := range r.parts() {
		if part == nil {
			return "And, Or and Not hold rules"
		}
		if part.next != "" {
			return "Next stands in the outermost rule alone"
		}
		if fault := part.check(); fault != "" {
			return fault
		}
	}
	if r.operator == "" {
		return ""
	}
	return r.prepare()
}

// prepare reads operator and operand, and says what is wrong with them.
func (r *rule) prepare() string {
	name, byPath := strings.CutSuffix(r.operator, pathSuffix)
	kind, order, known := findOrder(name)
	switch {
	case presences[r.operator] != nil || r.operator == isPresent:
		wanted, ok := r.operand.(bool)
		if !ok {
			return r.operator + " must be true or false"
		}
		if r.operator != isPresent {
			r.compare.test = func(v any) bool { return presences[r.operator](v) == wanted }
		}
	case r.operator == stringMatches:
		text, ok := r.operand.(string)
		if !ok {
			return "StringMatches must be text"
		}
		parts, fault := wildcards(text)
		r.compare.test = func(v any) bool { s, ok := v.(string); return ok && matches(parts, s) }
		return fault
	case !known:
		return "there is no comparison " + r.operator
	case byPath:
		text, _ := r.operand.(string)
		if r.compare.path = parsePath(text); r.compare.path.err != nil {
			return r.operator + " must be a path: " + r.compare.path.err.Error()
		}
		r.compare.pair = func(v, operand any) bool { return kind.compare(v, operand, order) }
	default:
		if _, ok := kind.convert(r.operand); !ok {
			return r.operator + " must be " + kind.what
		}
		r.compare.test = func(v any) bool { return kind.compare(v, r.operand, order) }
	}
	return ""
}

// holds tells whether the rule is true.
func (r *rule) holds(in scope) (bool, *Error) {
	switch {
	case len(r.and) > 0:
		for _, part := range r.and {
			if ok, err := part.holds(in); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	case len(r.or) > 0:
		for _, part := range r.or {
			if ok, err := part.holds(in); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	case r.not != nil:
		ok, err := r.not.holds(in)
		return !ok, err
	}
	value, there := r.variable.find(in)
	switch {
	case r.operator == isPresent:
		return there == r.operand.(bool), nil
	case !there:
		return false, invalid(r.variable)
	case r.compare.test != nil:
		return r.compare.test(value), nil
	}
	operand, there := r.compare.path.find(in)
	if !there {
		return false, invalid(r.compare.path)
	}
	return r.compare.pair(value, operand), nil
}

func invalid(p path) *Error {
	return failed(errRuntime, "Invalid path '%s': The choice state's condition path references an invalid value.", p)
}
