package app

import (
	"errors"
	"strings"

	"promptz/internal/promptz"
)

// Explain gives an error in words for a person at a shell: of a domain error the
// message and the fields, with what was being done and the cause; of joined
// errors each on its line.
func Explain(err error) string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var lines []string
		for _, e := range joined.Unwrap() {
			lines = append(lines, Explain(e))
		}
		return strings.Join(lines, "\n")
	}
	e, ok := errors.AsType[*promptz.Error](err)
	if !ok {
		return err.Error()
	}
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(err.Error(), e.Error()) + e.Message)
	for _, f := range e.Fields {
		b.WriteString("\n  " + strings.TrimPrefix(f.Pointer, "/") + ": " + f.Message)
	}
	if e.Err != nil {
		b.WriteString(" (" + e.Err.Error() + ")")
	}
	return b.String()
}
