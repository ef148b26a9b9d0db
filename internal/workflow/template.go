package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// dynamic ends the names of members whose value is computed.
const dynamic = ".$"

// decode reads JSON, with numbers as they are written.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the value")
	}
	return v, nil
}

// encode is JSON without the escapes meant for HTML.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// constant is JSON in a file. One that was left out is the zero value.
type constant struct {
	given bool
	value any
}

// UnmarshalJSON reads any JSON, null too.
func (c *constant) UnmarshalJSON(b []byte) (err error) {
	c.given = true
	c.value, err = decode(b)
	return err
}

// template is a payload template: an object in which the members whose names end
// in ".$" are computed. One that was left out is the zero value.
type template struct {
	root node
	text json.RawMessage
	err  error // for the lint, which knows where the template stands
}

// node is a part of a template.
type node interface {
	fill(in scope) (any, *Error)
}

// UnmarshalJSON reads a template.
func (t *template) UnmarshalJSON(b []byte) error {
	v, err := decode(b)
	if err != nil {
		return err
	}
	t.text = slices.Clone(b)
	if _, ok := v.(map[string]any); !ok {
		t.err = errors.New("it must be an object")
		return nil
	}
	t.root, t.err = compile(v)
	return nil
}

// The kinds of nodes.
type (
	fixed  struct{ value any }
	list   []node
	object map[string]node // by names without ".$"
	lookup struct {
		field string
		path  path
	}
)

func (f fixed) fill(scope) (any, *Error) { return f.value, nil }

func (l list) fill(in scope) (any, *Error) {
	filled := make([]any, len(l))
	for i := range l {
		var err *Error
		if filled[i], err = l[i].fill(in); err != nil {
			return nil, err
		}
	}
	return filled, nil
}

func (o object) fill(in scope) (any, *Error) {
	filled := make(map[string]any, len(o))
	for name, n := range o {
		var err *Error
		if filled[name], err = n.fill(in); err != nil {
			return nil, err
		}
	}
	return filled, nil
}

// fill fails with States.Runtime, which can't be caught: AWS does so for a path
// in Parameters and ResultSelector, although its documentation has
// States.ParameterPathFailure for it.
func (l lookup) fill(in scope) (any, *Error) {
	v, ok := l.path.find(in)
	if !ok {
		return nil, failed(errRuntime, "the JSONPath '%s' specified for the field '%s' could not be found in the input", l.path, l.field)
	}
	return v, nil
}

// compile makes a node of decoded JSON. What has nothing to compute is fixed.
func compile(v any) (node, error) {
	switch v := v.(type) {
	case []any:
		return compileList(v)
	case map[string]any:
		return compileObject(v)
	}
	return fixed{v}, nil
}

func compileList(entries []any) (node, error) {
	l, computed := make(list, len(entries)), false
	for i := range entries {
		var err error
		if l[i], err = compile(entries[i]); err != nil {
			return nil, err
		}
		computed = computed || !isFixed(l[i])
	}
	if !computed {
		return fixed{entries}, nil
	}
	return l, nil
}

func compileObject(members map[string]any) (node, error) {
	o, computed := make(object, len(members)), false
	for _, name := range slices.Sorted(maps.Keys(members)) {
		plain, isComputed := strings.CutSuffix(name, dynamic)
		if _, twice := o[plain]; twice {
			return nil, fmt.Errorf("there are both %q and %q", plain, name)
		}
		var err error
		if isComputed {
			o[plain], err = compileExpression(name, members[name])
		} else {
			o[plain], err = compile(members[name])
		}
		if err != nil {
			return nil, err
		}
		computed = computed || !isFixed(o[plain])
	}
	if !computed {
		return fixed{members}, nil
	}
	return o, nil
}

func isFixed(n node) bool { _, ok := n.(fixed); return ok }

// compileExpression reads a path or a call of an intrinsic function.
func compileExpression(field string, v any) (node, error) {
	text, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("%s must be a path or an intrinsic function", field)
	}
	if strings.HasPrefix(text, "States.") {
		return parseCall(text)
	}
	p := parsePath(text)
	return lookup{field, p}, p.err
}
