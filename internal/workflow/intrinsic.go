package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// intrinsics are the functions of the subset and how many arguments they take at
// least and at most.
var intrinsics = map[string]struct {
	least, most int
	run         func(args []any) (any, error)
}{
	"States.Format":       {1, math.MaxInt, format},
	"States.Array":        {0, math.MaxInt, array},
	"States.JsonToString": {1, 1, jsonToString},
	"States.StringToJson": {1, 1, stringToJSON},
	"States.MathAdd":      {2, 2, mathAdd},
}

// call is a call of an intrinsic function.
type call struct {
	name string
	args []any // each a path, a *call, a pattern, or another value
	run  func(args []any) (any, error)
}

// pattern is text in quotes, cut where {} stands in it.
type pattern []string

// text gives the pattern as any other function than Format has it.
func (p pattern) text() string { return strings.Join(p, "{}") }

// fill computes the call.
func (c *call) fill(in scope) (any, *Error) {
	args := make([]any, len(c.args))
	for i, arg := range c.args {
		switch arg := arg.(type) {
		case path:
			v, ok := arg.find(in)
			if !ok {
				return nil, failed(errIntrinsic, "%s: the JSONPath '%s' could not be found in the input", c.name, arg)
			}
			args[i] = v
		case *call:
			v, err := arg.fill(in)
			if err != nil {
				return nil, err
			}
			args[i] = v
		default:
			args[i] = arg
		}
	}
	v, err := c.run(args)
	if err != nil {
		return nil, failed(errIntrinsic, "%s: %v", c.name, err)
	}
	return v, nil
}

// plainly gives an argument without the meaning that {} has for Format.
func plainly(arg any) any {
	if p, ok := arg.(pattern); ok {
		return p.text()
	}
	return arg
}

// format puts its arguments where {} stands in the first.
func format(args []any) (any, error) {
	holes, ok := args[0].(pattern)
	if !ok {
		text, ok := args[0].(string)
		if !ok {
			return nil, errors.New("the first argument must be text")
		}
		holes = strings.Split(text, "{}")
	}
	if len(holes) != len(args) {
		return nil, fmt.Errorf("there are %d {} for %d arguments", len(holes)-1, len(args)-1)
	}
	var b strings.Builder
	for i, between := range holes {
		b.WriteString(between)
		if i+1 == len(args) {
			break
		}
		text, err := inText(plainly(args[i+1]))
		if err != nil {
			return nil, err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// inText is how a value stands in text. AWS also takes lists and objects, and
// writes them as Java does.
func inText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []any, map[string]any:
		return "", errors.New("an argument must be text, a number, true, false or null")
	}
	text, err := encode(v)
	return string(text), err
}

func array(args []any) (any, error) {
	entries := make([]any, len(args))
	for i := range args {
		entries[i] = plainly(args[i])
	}
	return entries, nil
}

func jsonToString(args []any) (any, error) {
	text, err := encode(plainly(args[0]))
	return string(text), err
}

// stringToJSON reads text without any JSON as null, as AWS does.
func stringToJSON(args []any) (any, error) {
	text, ok := plainly(args[0]).(string)
	if !ok {
		return nil, errors.New("its argument must be text")
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	return decode([]byte(text))
}

// mathAdd rounds its arguments, halves up, as AWS does. They and the sum have 32
// bits.
func mathAdd(args []any) (any, error) {
	var sum float64
	for _, arg := range args {
		n, ok := arg.(json.Number)
		if !ok {
			return nil, errors.New("its arguments must be numbers")
		}
		f, err := n.Float64()
		if err != nil {
			return nil, err
		}
		rounded := math.Floor(f + 0.5)
		sum += rounded
		if outside(rounded) || outside(sum) {
			return nil, fmt.Errorf("its arguments and the sum must be from %d to %d", math.MinInt32, math.MaxInt32)
		}
	}
	return json.Number(strconv.FormatInt(int64(sum), 10)), nil
}

func outside(f float64) bool { return f < math.MinInt32 || f > math.MaxInt32 }
