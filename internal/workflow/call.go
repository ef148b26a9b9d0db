package workflow

import (
	"errors"
	"fmt"
	"strings"
)

// maxCalls is how many intrinsic functions one field may call, as on AWS.
const maxCalls = 10

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

type callParser struct {
	rest  string
	calls int
}

func (p *callParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t") }

func (p *callParser) call() (*call, error) {
	if p.calls++; p.calls > maxCalls {
		return nil, fmt.Errorf("a field calls at most %d functions", maxCalls)
	}
	open := strings.IndexByte(p.rest, '(')
	if open < 0 {
		return nil, errors.New("it has no arguments in parentheses")
	}
	name := p.rest[:open]
	known, ok := intrinsics[name]
	if !ok {
		return nil, fmt.Errorf("%s is refused: there are States.Format, States.Array, States.JsonToString, States.StringToJson and States.MathAdd", name)
	}
	p.rest = p.rest[open+1:]
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if len(args) < known.least || len(args) > known.most {
		return nil, fmt.Errorf("%s does not take %d arguments", name, len(args))
	}
	return &call{name, args, known.run}, nil
}

// arguments reads up to the closing parenthesis.
func (p *callParser) arguments() ([]any, error) {
	var args []any
	if p.skip(); strings.HasPrefix(p.rest, ")") {
		p.rest = p.rest[1:]
		return nil, nil
	}
	for {
		p.skip()
		arg, err := p.argument()
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
		p.skip()
		switch {
		case strings.HasPrefix(p.rest, ")"):
			p.rest = p.rest[1:]
			return args, nil
		case !strings.HasPrefix(p.rest, ","):
			return nil, errors.New("arguments need commas between and a parenthesis after")
		}
		p.rest = p.rest[1:]
	}
}

func (p *callParser) argument() (any, error) {
	switch {
	case strings.HasPrefix(p.rest, "States."):
		return p.call()
	case strings.HasPrefix(p.rest, "'"):
		return p.text()
	case strings.HasPrefix(p.rest, "$"):
		return p.path()
	}
	end := strings.IndexAny(p.rest, ",)")
	if end < 0 {
		return nil, errors.New("an argument has no end")
	}
	word := strings.TrimSpace(p.rest[:end])
	p.rest = p.rest[end:]
	v, err := decode([]byte(word))
	if _, isText := v.(string); err != nil || isText {
		return nil, fmt.Errorf("argument %q must be a path, a number, true, false, null, or text in single quotes", word)
	}
	return v, nil
}

// path reads a path, in whose quotes a comma or a parenthesis ends nothing.
func (p *callParser) path() (any, error) {
	end, quoted := 0, false
	for ; end < len(p.rest); end++ {
		c := p.rest[end]
		if c == '\'' {
			quoted = !quoted
		}
		if !quoted && (c == ',' || c == ')' || c == ' ') {
			break
		}
	}
	if end == len(p.rest) {
		return nil, errors.New("an argument has no end")
	}
	at := parsePath(p.rest[:end])
	p.rest = p.rest[end:]
	return at, at.err
}

// escapable are the characters that a backslash takes the meaning from. Before
// any other a backslash is refused, as on AWS.
const escapable = `'{}\`

// text reads text in single quotes.
func (p *callParser) text() (any, error) {
	var parts pattern
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\'':
			p.rest = p.rest[i+1:]
			return append(parts, b.String()), nil
		case c == '\\':
			i++
			if i == len(p.rest) || strings.IndexByte(escapable, p.rest[i]) < 0 {
				return nil, fmt.Errorf("a backslash must stand before one of %s", escapable)
			}
			b.WriteByte(p.rest[i])
		case strings.HasPrefix(p.rest[i:], "{}"):
			i++
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return nil, errors.New("a text has no end")
}
