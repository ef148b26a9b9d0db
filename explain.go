package app

import (
	"errors"
	"strings"

	"promptz/internal/promptz"
)

// Explain gives an error in words for a person at a shell: the message and the
// fields of a domain error, with the cause where it is our fault or the
// store's.
func Explain(err error) string {
	e, ok := errors.AsType[*promptz.Error](err)
	if !ok {
		return err.Error()
	}
	var b strings.Builder
	b.WriteString(e.Message)
	for _, f := range e.Fields {
		b.WriteString("\n  " + strings.TrimPrefix(f.Pointer, "/") + ": " + f.Message)
	}
	if e.Err != nil {
		b.WriteString(" (" + e.Err.Error() + ")")
	}
	return b.String()
}
