package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// fill gives a payload template with its dynamic members computed.
func fill(template json.RawMessage, data, context any) (any, error) {
	v, err := decode(template)
	if err != nil {
		return nil, err
	}
	return fillValue(v, data, context)
}

func fillValue(v, data, context any) (any, error) {
	switch v := v.(type) {
	case []any:
		filled := make([]any, len(v))
		for i := range v {
			var err error
			if filled[i], err = fillValue(v[i], data, context); err != nil {
				return nil, err
			}
		}
		return filled, nil
	case map[string]any:
		return fillObject(v, data, context)
	}
	return v, nil
}

func fillObject(object map[string]any, data, context any) (any, error) {
	filled := make(map[string]any, len(object))
	for name, value := range object {
		plain, computed := strings.CutSuffix(name, dynamic)
		var err error
		if computed {
			filled[plain], err = compute(value.(string), data, context)
		} else {
			filled[plain], err = fillValue(value, data, context)
		}
		if err != nil {
			return nil, err
		}
	}
	return filled, nil
}

// compute gives the value of a path or an intrinsic function.
func compute(expression string, data, context any) (any, error) {
	if strings.HasPrefix(expression, "States.") {
		call, err := parseCall(expression)
		if err != nil {
			return nil, failed(errIntrinsic, "%v", err)
		}
		return call.run(data, context)
	}
	v, err := find(expression, data, context)
	if errors.Is(err, errNoMatch) {
		return nil, failed(errParameterPath, "%v in the input", err)
	}
	return v, err
}

// checkTemplate refuses a template that could never be filled.
func checkTemplate(template json.RawMessage) error {
	if template == nil {
		return nil
	}
	v, err := decode(template)
	if err != nil {
		return err
	}
	return checkValue(v)
}

func checkValue(v any) error {
	switch v := v.(type) {
	case []any:
		for _, entry := range v {
			if err := checkValue(entry); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, value := range v {
			if err := checkMember(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkMember(name string, value any) error {
	if !strings.HasSuffix(name, dynamic) {
		return checkValue(value)
	}
	expression, ok := value.(string)
	if !ok {
		return fmt.Errorf("%s must be a path or an intrinsic function", name)
	}
	if strings.HasPrefix(expression, "States.") {
		_, err := parseCall(expression)
		return err
	}
	_, err := parsePath(expression)
	return err
}
