package promptz

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"
)

var (
	handlePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)
	// spdxPattern is the shape of an SPDX expression (SPDX 2.3, annex D), not
	// the list of licences.
	spdxPattern = regexp.MustCompile(`^\(?[A-Za-z0-9][A-Za-z0-9.+-]*\)?( (AND|OR|WITH) \(?[A-Za-z0-9][A-Za-z0-9.+-]*\)?)*$`)
)

// rules is the validator of all struct tags of this package.
var rules = newRules()

func newRules() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(fieldName)
	for tag, holds := range map[string]func(reflect.Value) bool{
		"oneline":    func(f reflect.Value) bool { return isLine(f.String()) },
		"plain":      func(f reflect.Value) bool { return isPlain(f.String(), "\n\t") },
		"tag":        func(f reflect.Value) bool { return isTag(f.String()) },
		"httpsurl":   func(f reflect.Value) bool { return isHTTPSURL(f.String()) },
		"spdx":       func(f reflect.Value) bool { return spdxPattern.MatchString(f.String()) },
		"handle":     func(f reflect.Value) bool { return handlePattern.MatchString(f.String()) },
		"uniquefold": isUniqueFold,
	} {
		if err := v.RegisterValidation(tag, func(fl validator.FieldLevel) bool { return holds(fl.Field()) }); err != nil {
			panic(err) // a tag's name is wrong: this program cannot run
		}
	}
	return v
}

// fieldName is a field's name for callers: that of its json tag, or its own
// with a small first letter.
func fieldName(f reflect.StructField) string {
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
		return name
	}
	if f.Name == "SourceURL" {
		return "sourceUrl"
	}
	if f.Anonymous {
		return ""
	}
	r, n := utf8.DecodeRuneInString(f.Name)
	return string(unicode.ToLower(r)) + f.Name[n:]
}

func isTag(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .+#-", r)
	}) < 0
}

func isHTTPSURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && isPlain(s, "")
}

func isUniqueFold(f reflect.Value) bool {
	seen := map[string]bool{}
	for i := range f.Len() {
		folded := FoldTag(f.Index(i).String())
		if seen[folded] {
			return false
		}
		seen[folded] = true
	}
	return true
}

// Prepare brings the draft into the form that is stored and checks it as an item
// of kind. It fails with [CodeNotValid], every field that is wrong named.
func (d *Draft) Prepare(kind Kind) error {
	info, ok := kind.Info()
	if !ok {
		return Errorf(CodeNotValid, "There is no kind %q.", kind)
	}
	d.normalize()
	fields, err := check(d)
	if err != nil {
		return err
	}
	if info.ContentRequired && d.Content == "" {
		fields = append(fields, FieldError{"/content", "required", "must not be empty"})
	}
	if d.Agent != nil {
		agent, err := d.Agent.check(info)
		if err != nil {
			return err
		}
		fields = append(fields, agent...)
	}
	return notValid(fields)
}

// empty tells whether nothing is set.
func (a *AgentSettings) empty() bool {
	b, err := a.Canonical()
	return err == nil && string(b) == "{}"
}

// check holds the settings to what no tag can say.
func (a *AgentSettings) check(kind KindInfo) ([]FieldError, error) {
	if !kind.HasAgent {
		return []FieldError{{"/agent", "not_allowed", fmt.Sprintf("a %s has no agent settings", kind.Kind)}}, nil
	}
	b, err := a.Canonical()
	if err != nil {
		return nil, err
	}
	if len(b) > MaxAgentBytes {
		return []FieldError{{"/agent", "too_long", fmt.Sprintf("must be at most %d bytes as JSON without white space", MaxAgentBytes)}}, nil
	}
	if jsonDepth(b) > MaxAgentDepth {
		return []FieldError{{"/agent", "too_deep", fmt.Sprintf("must be nested at most %d deep", MaxAgentDepth)}}, nil
	}
	return nil, nil
}

// Validate checks the profile that a user chose. It fails with [CodeNotValid].
func (u *User) Validate() error {
	fields, err := check(u)
	if err != nil {
		return err
	}
	if reservedHandles[FoldHandle(u.Handle)] {
		fields = append(fields, FieldError{"/handle", "reserved", "is reserved; choose another"})
	}
	return notValid(fields)
}

// Validate checks what was asked of a new key. It fails with [CodeNotValid].
func (k *Key) Validate() error {
	fields, err := check(k)
	if err != nil {
		return err
	}
	return notValid(fields)
}

// notValid is the error of the fields, nil when there are none.
func notValid(fields []FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Code: CodeNotValid, Message: "Some fields are not valid.", Fields: fields}
}

// check runs the tags of the struct that v points to.
func check(v any) ([]FieldError, error) {
	err := rules.Struct(v)
	if err == nil {
		return nil, nil
	}
	broken, ok := errors.AsType[validator.ValidationErrors](err)
	if !ok {
		return nil, fmt.Errorf("validate %T: %w", v, err)
	}
	fields := make([]FieldError, len(broken))
	for i, b := range broken {
		fields[i] = fieldError(b)
	}
	return fields, nil
}

// indexes are the "[2]" in the validator's namespaces.
var indexes = regexp.MustCompile(`\[(\d+)\]`)

func fieldError(b validator.FieldError) FieldError {
	_, path, _ := strings.Cut(indexes.ReplaceAllString(b.Namespace(), ".$1"), ".")
	path = strings.TrimPrefix(strings.ReplaceAll(path, ".", "/"), "Text/")
	code, message := explain(b)
	return FieldError{Pointer: "/" + path, Code: code, Message: message}
}

// explain gives code and words for a broken tag.
func explain(b validator.FieldError) (code, message string) {
	unit := "characters"
	if b.Kind() == reflect.Slice {
		unit = "entries"
	}
	switch b.Tag() {
	case "min":
		return "too_short", fmt.Sprintf("must have at least %s %s", b.Param(), unit)
	case "max":
		return "too_long", fmt.Sprintf("must have at most %s %s", b.Param(), unit)
	case "oneline":
		return "control_character", "must be one line of UTF-8 without control characters, those for direction among them"
	case "plain":
		return "control_character", "must be UTF-8 without control characters but newline and tab"
	case "tag":
		return "bad_character", "may hold letters, digits, spaces and . + # - only"
	case "unique", "uniquefold":
		return "duplicate", "must not name anything twice (case does not count)"
	case "httpsurl":
		return "not_https", "must be an absolute https URL without user name and password"
	case "spdx":
		return "not_spdx", "must be an SPDX licence expression such as MIT-0"
	case "handle":
		return "bad_character", "may hold letters, digits, _ and - only, and begins with a letter or digit"
	case "oneof":
		return "not_one_of", "must be one of: " + strings.ReplaceAll(b.Param(), " ", ", ")
	}
	return b.Tag(), "is not valid"
}
