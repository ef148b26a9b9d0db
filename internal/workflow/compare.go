package workflow

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
	"time"
)

const (
	isPresent     = "IsPresent"
	stringMatches = "StringMatches"
	pathSuffix    = "Path"
)

// presences are the tests that need no second value.
var presences = map[string]func(any) bool{
	"IsNull":      func(v any) bool { return v == nil },
	"IsString":    func(v any) bool { _, ok := v.(string); return ok },
	"IsNumeric":   func(v any) bool { _, ok := v.(json.Number); return ok },
	"IsBoolean":   func(v any) bool { _, ok := v.(bool); return ok },
	"IsTimestamp": func(v any) bool { _, ok := asTime(v); return ok },
}

// kind is a type whose values are compared.
type kind struct {
	convert func(any) (any, bool) // gives a value of the type
	what    string
}

// kinds are the types that have an order, by how the names of their comparisons
// begin.
var kinds = map[string]kind{
	"String":    {asString, "text"},
	"Numeric":   {asNumber, "a number"},
	"Timestamp": {asTime, "a time as RFC 3339 has it"},
}

// orders are the comparisons by order, by how their names end.
var orders = map[string]func(order int) bool{
	"Equals":            func(o int) bool { return o == 0 },
	"LessThan":          func(o int) bool { return o < 0 },
	"GreaterThan":       func(o int) bool { return o > 0 },
	"LessThanEquals":    func(o int) bool { return o <= 0 },
	"GreaterThanEquals": func(o int) bool { return o >= 0 },
}

// findOrder reads the name of a comparison without "Path".
func findOrder(name string) (kind, func(order int) bool, bool) {
	if name == "BooleanEquals" {
		return kind{asBool, "true or false"}, orders["Equals"], true
	}
	for begin, k := range kinds {
		if end, ok := strings.CutPrefix(name, begin); ok && orders[end] != nil {
			return k, orders[end], true
		}
	}
	return kind{}, nil, false
}

// compare compares two values. Those of another type than the comparison's are
// not equal, not less and not greater.
func (k kind) compare(a, b any, holds func(order int) bool) bool {
	a, okA := k.convert(a)
	b, okB := k.convert(b)
	return okA && okB && holds(order(a, b))
}

func asString(v any) (any, bool) { s, ok := v.(string); return s, ok }

func asBool(v any) (any, bool) { b, ok := v.(bool); return b, ok }

// precision is that of numbers, in bits: more than any store or other language
// keeps, and bounded whatever exponent a number has.
const precision = 160

func asNumber(v any) (any, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, false
	}
	f, _, err := big.ParseFloat(n.String(), 10, precision, big.ToNearestEven)
	return f, err == nil
}

// timePattern is a time by RFC 3339, to which package time does not hold it.
var timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

func asTime(v any) (any, bool) {
	s, ok := v.(string)
	if !ok || !timePattern.MatchString(s) {
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
	case *big.Float:
		return a.Cmp(b.(*big.Float))
	case time.Time:
		return a.Compare(b.(time.Time))
	}
	if a == b {
		return 0
	}
	return 1
}

// wildcards cuts a pattern of StringMatches at its stars. \* and \\ stand for
// themselves.
func wildcards(pattern string) (parts []string, fault string) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
			if i == len(pattern) || pattern[i] != '*' && pattern[i] != '\\' {
				return nil, `StringMatches has a backslash that stands neither before * nor before \`
			}
			b.WriteByte(pattern[i])
		case '*':
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(pattern[i])
		}
	}
	return append(parts, b.String()), ""
}

// matches tells whether text is the parts with any text between each two.
func matches(parts []string, text string) bool {
	last := parts[len(parts)-1]
	if len(parts) == 1 {
		return text == last
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, last)
}
