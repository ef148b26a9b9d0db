package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// rule is one rule of a Choice, or a part of one. Of its many fields for
// comparisons exactly one is set.
type rule struct {
	Variable string
	Next     string
	And, Or  []rule
	Not      *rule

	operator string
	operand  any
}

// UnmarshalJSON reads a rule; the comparison is whatever member is none of the
// others.
func (r *rule) UnmarshalJSON(b []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return err
	}
	for name, raw := range members {
		var err error
		switch name {
		case "Comment":
		case "Variable":
			err = json.Unmarshal(raw, &r.Variable)
		case "Next":
			err = json.Unmarshal(raw, &r.Next)
		case "And":
			err = json.Unmarshal(raw, &r.And)
		case "Or":
			err = json.Unmarshal(raw, &r.Or)
		case "Not":
			err = json.Unmarshal(raw, &r.Not)
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

// comparison compares two values of one type.
type comparison struct {
	convert func(any) (any, bool) // gives a value of the type
	holds   func(order int) bool
	what    string
}

// orders are the comparisons by order, by how their names end.
var orders = map[string]func(order int) bool{
	"Equals":            func(o int) bool { return o == 0 },
	"LessThan":          func(o int) bool { return o < 0 },
	"GreaterThan":       func(o int) bool { return o > 0 },
	"LessThanEquals":    func(o int) bool { return o <= 0 },
	"GreaterThanEquals": func(o int) bool { return o >= 0 },
}

// kinds are the types that are compared, by how the names begin.
var kinds = map[string]comparison{
	"String":    {convert: asString, what: "text"},
	"Numeric":   {convert: asNumber, what: "a number"},
	"Timestamp": {convert: asTime, what: "a time as RFC 3339 has it"},
}

// findComparison reads the name of a comparison without "Path".
func findComparison(name string) (comparison, bool) {
	if name == "BooleanEquals" {
		return comparison{convert: asBool, holds: orders["Equals"], what: "true or false"}, true
	}
	for kind, c := range kinds {
		if holds, ok := orders[strings.TrimPrefix(name, kind)]; ok && strings.HasPrefix(name, kind) {
			c.holds = holds
			return c, true
		}
	}
	return comparison{}, false
}

// presences are the tests that need no second value.
var presences = map[string]func(any) bool{
	"IsNull":      func(v any) bool { return v == nil },
	"IsString":    func(v any) bool { _, ok := v.(string); return ok },
	"IsNumeric":   func(v any) bool { _, ok := v.(json.Number); return ok },
	"IsBoolean":   func(v any) bool { _, ok := v.(bool); return ok },
	"IsTimestamp": func(v any) bool { _, ok := asTime(v); return ok },
}

const (
	isPresent     = "IsPresent"
	stringMatches = "StringMatches"
	pathSuffix    = "Path"
)

// fault says what is wrong with a rule, "" when nothing is.
func (r *rule) fault() string {
	parts := append(append([]rule{}, r.And...), r.Or...)
	if r.Not != nil {
		parts = append(parts, *r.Not)
	}
	forms := 0
	for _, there := range []bool{len(r.And) > 0, len(r.Or) > 0, r.Not != nil, r.operator != ""} {
		if there {
			forms++
		}
	}
	if forms != 1 {
		return "a rule is one comparison, And, Or or Not"
	}
	for i := range parts {
		if parts[i].Next != "" {
			return "Next stands in the outermost rule alone"
		}
		if fault := parts[i].fault(); fault != "" {
			return fault
		}
	}
	if r.operator == "" {
		return ""
	}
	if _, err := parsePath(r.Variable); err != nil {
		return err.Error()
	}
	return r.operatorFault()
}

func (r *rule) operatorFault() string {
	_, isPresence := presences[r.operator]
	text, isText := r.operand.(string)
	_, isBool := r.operand.(bool)
	name, byPath := strings.CutSuffix(r.operator, pathSuffix)
	c, known := findComparison(name)
	switch {
	case isPresence || r.operator == isPresent:
		if !isBool {
			return r.operator + " must be true or false"
		}
	case r.operator == stringMatches:
		if !isText {
			return "StringMatches must be text"
		}
	case !known:
		return "there is no comparison " + r.operator
	case byPath:
		if _, err := parsePath(text); !isText || err != nil {
			return r.operator + " must be a path"
		}
	default:
		if _, ok := c.convert(r.operand); !ok {
			return r.operator + " must be " + c.what
		}
	}
	return ""
}

// holds tells whether the rule is true of the data.
func (r *rule) holds(data, context any) (bool, error) {
	switch {
	case len(r.And) > 0:
		for i := range r.And {
			if ok, err := r.And[i].holds(data, context); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	case len(r.Or) > 0:
		for i := range r.Or {
			if ok, err := r.Or[i].holds(data, context); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	case r.Not != nil:
		ok, err := r.Not.holds(data, context)
		return !ok, err
	}
	return r.compare(data, context)
}

func (r *rule) compare(data, context any) (bool, error) {
	value, err := find(r.Variable, data, context)
	if r.operator == isPresent {
		return (err == nil) == r.operand.(bool), nil
	}
	if err != nil {
		return false, r.invalid(r.Variable, err)
	}
	if test, ok := presences[r.operator]; ok {
		return test(value) == r.operand.(bool), nil
	}
	if r.operator == stringMatches {
		text, ok := value.(string)
		return ok && matches(r.operand.(string), text), nil
	}
	name, byPath := strings.CutSuffix(r.operator, pathSuffix)
	c, _ := findComparison(name)
	operand := r.operand
	if byPath {
		if operand, err = find(operand.(string), data, context); err != nil {
			return false, r.invalid(r.operand.(string), err)
		}
	}
	a, okA := c.convert(value)
	b, okB := c.convert(operand)
	return okA && okB && c.holds(order(a, b)), nil // values of other types are not equal
}

func (r *rule) invalid(path string, err error) error {
	if errors.Is(err, errNoMatch) {
		return failed(errRuntime, "Invalid path '%s': The choice state's condition path references an invalid value.", path)
	}
	return err
}

func asString(v any) (any, bool) { s, ok := v.(string); return s, ok }

func asBool(v any) (any, bool) { b, ok := v.(bool); return b, ok }

func asNumber(v any) (any, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, false
	}
	r, ok := new(big.Rat).SetString(n.String())
	return r, ok
}

func asTime(v any) (any, bool) {
	s, ok := v.(string)
	if !ok {
		return nil, false
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

// order compares two values of one type that convert gave.
func order(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case *big.Rat:
		return a.Cmp(b.(*big.Rat))
	case time.Time:
		return a.Compare(b.(time.Time))
	}
	if a == b {
		return 0
	}
	return 1
}

// matches tells whether text is what a pattern says, in which * stands for any
// text, and \* and \\ for themselves.
func matches(pattern, text string) bool {
	var parts []string // between the stars
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			b.WriteByte(pattern[i])
		case pattern[i] == '*':
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(pattern[i])
		}
	}
	last := b.String()
	if len(parts) == 0 {
		return text == last
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, last)
}
