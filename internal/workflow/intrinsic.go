package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// call is a call of an intrinsic function. An argument is a path, a call, or a
// value.
type call struct {
	name string
	args []any // step path as pathText, call, or a literal
}

// pathText is an argument that is a path.
type pathText string

// intrinsics are the functions of the subset and how many arguments they take at
// least and at most.
var intrinsics = map[string]struct {
	least, most int
	run         func(args []any) (any, error)
}{
	"States.Format":       {1, math.MaxInt, format},
	"States.Array":        {0, math.MaxInt, func(args []any) (any, error) { return append([]any{}, args...), nil }},
	"States.JsonToString": {1, 1, jsonToString},
	"States.StringToJson": {1, 1, stringToJSON},
	"States.MathAdd":      {2, 2, mathAdd},
}

// parseCall reads a call such as "States.Format('{} of {}', $.a, $.b)".
func parseCall(text string) (*call, error) {
	p := &callParser{rest: text}
	c, err := p.call()
	if err != nil {
		return nil, fmt.Errorf("intrinsic function %q: %w", text, err)
	}
	if p.skip(); p.rest != "" {
		return nil, fmt.Errorf("intrinsic function %q: something follows it: %q", text, p.rest)
	}
	return c, nil
}

type callParser struct{ rest string }

func (p *callParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t") }

func (p *callParser) call() (*call, error) {
	open := strings.IndexByte(p.rest, '(')
	if open < 0 {
		return nil, errors.New("it has no arguments in parentheses")
	}
	c := &call{name: strings.TrimSpace(p.rest[:open])}
	known, ok := intrinsics[c.name]
	if !ok {
		return nil, fmt.Errorf("%s is refused: there are States.Format, States.Array, States.JsonToString, States.StringToJson and States.MathAdd", c.name)
	}
	p.rest = p.rest[open+1:]
	for p.skip(); !strings.HasPrefix(p.rest, ")"); p.skip() {
		if len(c.args) > 0 {
			if !strings.HasPrefix(p.rest, ",") {
				return nil, errors.New("arguments need commas between and a parenthesis after")
			}
			p.rest = p.rest[1:]
			p.skip()
		}
		arg, err := p.argument()
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, arg)
	}
	p.rest = p.rest[1:]
	if len(c.args) < known.least || len(c.args) > known.most {
		return nil, fmt.Errorf("%s does not take %d arguments", c.name, len(c.args))
	}
	return c, nil
}

func (p *callParser) argument() (any, error) {
	switch {
	case strings.HasPrefix(p.rest, "States."):
		return p.call()
	case strings.HasPrefix(p.rest, "'"):
		return p.text()
	}
	end := strings.IndexAny(p.rest, ",)")
	if end < 0 {
		return nil, errors.New("an argument has no end")
	}
	word := strings.TrimSpace(p.rest[:end])
	p.rest = p.rest[end:]
	if strings.HasPrefix(word, "$") {
		_, err := parsePath(word)
		return pathText(word), err
	}
	v, err := decode([]byte(word))
	if err != nil {
		return nil, fmt.Errorf("argument %q must be a path, a number, true, false, null, or text in single quotes", word)
	}
	return v, nil
}

// text reads text in single quotes, with \' \{ \} and \\ for what has a meaning.
// Braces stay escaped: it is Format that knows what they mean.
func (p *callParser) text() (any, error) {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\'':
			p.rest = p.rest[i+1:]
			return b.String(), nil
		case c == '\\' && i+1 < len(p.rest):
			i++
			if next := p.rest[i]; next == '{' || next == '}' {
				b.WriteByte('\\')
			}
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return nil, errors.New("a text has no end")
}

// run computes the call.
func (c *call) run(data, context any) (any, error) {
	args := make([]any, len(c.args))
	for i, arg := range c.args {
		var err error
		switch arg := arg.(type) {
		case pathText:
			if args[i], err = find(string(arg), data, context); err != nil {
				return nil, failed(errIntrinsic, "%s: %v", c.name, err)
			}
		case *call:
			if args[i], err = arg.run(data, context); err != nil {
				return nil, err
			}
		default:
			args[i] = arg
		}
	}
	v, err := intrinsics[c.name].run(args)
	if err != nil {
		return nil, failed(errIntrinsic, "%s: %v", c.name, err)
	}
	return v, nil
}

// format puts its arguments where {} stands in the first.
func format(args []any) (any, error) {
	template, ok := args[0].(string)
	if !ok {
		return nil, errors.New("the first argument must be text")
	}
	values := args[1:]
	var b strings.Builder
	for i := 0; i < len(template); i++ {
		switch {
		case template[i] == '\\' && i+1 < len(template):
			i++
			b.WriteByte(template[i])
		case strings.HasPrefix(template[i:], "{}"):
			if len(values) == 0 {
				return nil, errors.New("there are more {} than arguments")
			}
			text, err := plain(values[0])
			if err != nil {
				return nil, err
			}
			b.WriteString(text)
			values = values[1:]
			i++
		default:
			b.WriteByte(template[i])
		}
	}
	if len(values) > 0 {
		return nil, errors.New("there are more arguments than {}")
	}
	return b.String(), nil
}

// plain is how a value stands in text.
func plain(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []any, map[string]any:
		return "", errors.New("an argument must be text, a number, true, false or null")
	}
	text, err := encode(v)
	return string(text), err
}

func jsonToString(args []any) (any, error) {
	text, err := encode(args[0])
	return string(text), err
}

func stringToJSON(args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nil, errors.New("its argument must be text")
	}
	return decode([]byte(text))
}

func mathAdd(args []any) (any, error) {
	var sum int64
	for _, arg := range args {
		n, ok := arg.(json.Number)
		if !ok {
			return nil, errors.New("its arguments must be numbers")
		}
		whole, err := n.Int64()
		if err != nil {
			return nil, fmt.Errorf("%s must be a whole number", n)
		}
		sum += whole
	}
	return json.Number(strconv.FormatInt(sum, 10)), nil
}
