package eventbridgepubsub

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// maxDepth is how deep a body may be nested: EventBridge reads 1000 levels, and the
// detail has some.
const maxDepth = 900

// isCanonical tells whether body is a JSON object that canonical leaves as it is.
// EventBridge reads the JSON of a detail and writes it anew, with its own spaces
// and escapes: only such a body can be told from what arrives.
func isCanonical(body []byte) bool {
	if len(body) == 0 || body[0] != '{' {
		return false
	}
	text, ok := canonical(body)
	return ok && bytes.Equal(text, body)
}

// canonical writes JSON in the one form that depends on values and their order
// only: no spaces, no escapes but those that JSON demands. It reports false for
// JSON whose values may not survive, or that it cannot write: fractions and exponents, numbers beyond 64
// bits, names that a member has twice, characters that are no text.
func canonical(text []byte) ([]byte, bool) {
	w := canonicalWriter{decoder: json.NewDecoder(bytes.NewReader(text)), out: make([]byte, 0, len(text))}
	w.decoder.UseNumber()
	if !w.next(0) {
		return nil, false
	}
	_, err := w.decoder.Token()
	return w.out, errors.Is(err, io.EOF)
}

type canonicalWriter struct {
	decoder *json.Decoder
	out     []byte
}

// next copies a value.
func (w *canonicalWriter) next(depth int) bool {
	token, err := w.decoder.Token()
	if err != nil || depth > maxDepth {
		return false
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return w.object(depth)
		}
		return w.array(depth)
	case string:
		return w.text(v)
	case json.Number:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		w.out = strconv.AppendInt(w.out, n, 10)
		return err == nil
	case bool:
		w.out = strconv.AppendBool(w.out, v)
	default:
		w.out = append(w.out, "null"...)
	}
	return true
}

// object copies what follows a brace.
func (w *canonicalWriter) object(depth int) bool {
	names := map[string]bool{}
	w.out = append(w.out, '{')
	for w.decoder.More() {
		if len(names) > 0 {
			w.out = append(w.out, ',')
		}
		token, err := w.decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok || names[name] || !w.text(name) {
			return false
		}
		names[name] = true
		w.out = append(w.out, ':')
		if !w.next(depth + 1) {
			return false
		}
	}
	w.out = append(w.out, '}')
	_, err := w.decoder.Token()
	return err == nil
}

// array copies what follows a bracket.
func (w *canonicalWriter) array(depth int) bool {
	w.out = append(w.out, '[')
	for first := true; w.decoder.More(); first = false {
		if !first {
			w.out = append(w.out, ',')
		}
		if !w.next(depth + 1) {
			return false
		}
	}
	w.out = append(w.out, ']')
	_, err := w.decoder.Token()
	return err == nil
}

// text writes a string.
func (w *canonicalWriter) text(s string) bool {
	w.out = append(w.out, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			w.out = append(w.out, '\\', c)
		case '\n':
			w.out = append(w.out, '\\', 'n')
		case '\r':
			w.out = append(w.out, '\\', 'r')
		case '\t':
			w.out = append(w.out, '\\', 't')
		default:
			w.out = append(w.out, c)
		}
	}
	w.out = append(w.out, '"')
	return isText(s)
}
