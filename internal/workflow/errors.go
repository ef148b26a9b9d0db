package workflow

import (
	"fmt"
	"slices"
	"strings"
)

// The errors of the language, by their names there.
const (
	errAll           = "States.ALL"
	errTimeout       = "States.Timeout"
	errTaskFailed    = "States.TaskFailed"
	errRuntime       = "States.Runtime"
	errDataLimit     = "States.DataLimitExceeded"
	errParameterPath = "States.ParameterPathFailure"
	errResultPath    = "States.ResultPathMatchFailure"
	errIntrinsic     = "States.IntrinsicFailure"
	errNoChoice      = "States.NoChoiceMatched"
	errPermissions   = "States.Permissions"
)

// stateErrors are the errors that Retry and Catch may name.
var stateErrors = []string{
	errAll, errTimeout, errTaskFailed, errRuntime, errDataLimit, errParameterPath, errResultPath, errIntrinsic, errNoChoice, errPermissions,
}

// Error is a failure with a name that Retry and Catch can name.
type Error struct {
	Name  string // "NotSafe"; names with "States." are the language's own
	Cause string // for people
}

// Error gives both.
func (e *Error) Error() string { return e.Name + ": " + e.Cause }

// failed makes an error of the language.
func failed(name, format string, args ...any) *Error {
	return &Error{Name: name, Cause: fmt.Sprintf(format, args...)}
}

// matches tells whether one of the names is for the error. States.ALL is for all
// but States.Runtime, which no machine can mend, States.TaskFailed for all but that
// and a timeout. (AWS's documentation excepts States.DataLimitExceeded from
// States.ALL; AWS itself does not.)
func (e *Error) matches(names []string) bool {
	switch {
	case e.Name == errRuntime:
		return false
	case slices.Contains(names, e.Name), slices.Contains(names, errAll):
		return true
	}
	return slices.Contains(names, errTaskFailed) && e.Name != errTimeout
}

// How long an error's name and cause may be, in bytes, as on Step Functions.
const (
	maxName  = 256
	maxCause = 32 << 10
)

// cut bounds an error that an activity gave.
func (e *Error) cut() *Error { return &Error{cut(e.Name, maxName), cut(e.Cause, maxCause)} }

// cut gives at most n bytes of text, in whole characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "")
}
