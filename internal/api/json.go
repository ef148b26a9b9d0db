package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"promptz/internal/promptz"
)

// maxDepth is how deep arrays and objects in a body may be nested.
const maxDepth = 32

// members are those of a JSON object, not yet decoded.
type members = map[string]jsontext.Value

// encode gives v as JSON. An empty object that somebody wrote is not the same
// as none: the omission of empty members is encoding/json's.
func encode(v any) ([]byte, error) {
	return json.Marshal(v, jsonv1.OmitEmptyWithLegacySemantics(true))
}

// parseObject reads a body that has to be one JSON object, strictly: what RFC
// 8259 leaves open (members twice, halves of surrogate pairs) is unreadable, as
// is U+0000, which no store keeps.
func parseObject(body []byte) (members, error) {
	if err := scan(body); err != nil {
		return nil, err
	}
	value := jsontext.Value(bytes.TrimSpace(body))
	switch value.Kind() {
	case '{':
	case 'n':
		return nil, promptz.Errorf(CodeUnreadable, "The body is a bare null.")
	default:
		return nil, promptz.NotValid("", "wrong_type", "must be an object")
	}
	var m members
	if err := json.Unmarshal(value, &m); err != nil {
		return nil, fmt.Errorf("split object: %w", err)
	}
	return m, nil
}

// scan reads every token of body, which has to be one JSON value.
func scan(body []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return unreadable(err)
		}
		if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			return promptz.Errorf(CodeUnreadable, "The body holds the character U+0000 at %q.", d.StackPointer())
		}
		if d.StackDepth() > maxDepth {
			return promptz.NotValid(string(d.StackPointer()), "too_deep", fmt.Sprintf("must be nested at most %d deep", maxDepth))
		}
		if d.StackDepth() == 0 {
			break
		}
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return promptz.Errorf(CodeUnreadable, "Something follows the JSON value in the body.")
	}
	return nil
}

// unreadable says in our own words what is wrong with a body that is no strict
// JSON.
func unreadable(err error) error {
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case !ok:
		return promptz.Errorf(CodeUnreadable, "The body ends before its JSON value does.")
	case errors.Is(syntax, jsontext.ErrDuplicateName):
		return promptz.Errorf(CodeUnreadable, "The body has the member %q twice.", syntax.JSONPointer)
	}
	return promptz.Errorf(CodeUnreadable, "The body is no strict JSON in UTF-8 after byte %d.", syntax.ByteOffset)
}

// decode reads m into v, a pointer to a struct. It fails with
// [promptz.CodeNotValid] for a member that v does not have, that is null or of
// another type, and when one of required is missing.
func decode(m members, required []string, v any) error {
	var missing []promptz.FieldError
	for _, name := range required {
		if _, ok := m[name]; !ok {
			missing = append(missing, promptz.FieldError{Pointer: "/" + name, Code: "required", Message: "is required"})
		}
	}
	if err := notValid(missing); err != nil {
		return err
	}
	if err := refuseNulls("", m); err != nil {
		return err
	}
	return unmarshal(m, v)
}

// refuseNulls refuses members that are null; the decoder would take them for
// absent.
func refuseNulls(path string, m members) error {
	var nulls []promptz.FieldError
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if m[name].Kind() == 'n' {
			nulls = append(nulls, promptz.FieldError{Pointer: path + "/" + escapePointer(name), Code: "null", Message: "must not be null"})
		}
	}
	return notValid(nulls)
}

func notValid(fields []promptz.FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return &promptz.Error{Code: promptz.CodeNotValid, Message: "Some fields are not valid.", Fields: fields}
}

// unmarshal reads m into v strictly, but takes null for absent.
func unmarshal(m members, v any) error {
	object, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("join object: %w", err)
	}
	return invalid(json.Unmarshal(object, v, json.RejectUnknownMembers(true)))
}

// invalid says in our own words what the decoder found.
func invalid(err error) error {
	if err == nil {
		return nil
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return fmt.Errorf("decode object: %w", err)
	}
	pointer := string(semantic.JSONPointer)
	if errors.Is(err, json.ErrUnknownName) {
		return promptz.NotValid(pointer, "unknown", "is no member that is known here (case counts)")
	}
	return promptz.NotValid(pointer, "wrong_type", "is not of the type that it has to be")
}

// mergePatch applies patch to target (RFC 7396).
func mergePatch(target, patch jsontext.Value) (jsontext.Value, error) {
	if patch.Kind() != '{' {
		return patch, nil
	}
	merged, changes := members{}, members{}
	if target.Kind() == '{' {
		if err := json.Unmarshal(target, &merged); err != nil {
			return nil, fmt.Errorf("split target of patch: %w", err)
		}
	}
	if err := json.Unmarshal(patch, &changes); err != nil {
		return nil, fmt.Errorf("split patch: %w", err)
	}
	if err := mergeMembers(merged, changes); err != nil {
		return nil, err
	}
	return json.Marshal(merged, json.Deterministic(true))
}

// mergeMembers applies changes to target member by member.
func mergeMembers(target, changes members) error {
	for name, change := range changes {
		if change.Kind() == 'n' {
			delete(target, name)
			continue
		}
		merged, err := mergePatch(target[name], change)
		if err != nil {
			return err
		}
		target[name] = merged
	}
	return nil
}

// checkPatch holds a patch to what can be said without its target: the names and
// types of its members, and that null stands for nothing that is required. v is
// a pointer to a struct with all members.
func checkPatch(changes members, required []string, v any) error {
	needed := members{}
	for _, name := range required {
		if change, ok := changes[name]; ok {
			needed[name] = change
		}
	}
	if err := refuseNulls("", needed); err != nil {
		return err
	}
	return unmarshal(changes, v)
}

// escapePointer makes a token of a JSON pointer (RFC 6901).
func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
