package workflow

import (
	"fmt"
	"slices"
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
// but what no machine can mend, States.TaskFailed for every failure of a task but
// a timeout.
func (e *Error) matches(names []string) bool {
	if e.Name == errRuntime {
		return false
	}
	if slices.Contains(names, e.Name) {
		return true
	}
	if e.Name == errDataLimit {
		return false
	}
	return slices.Contains(names, errAll) || slices.Contains(names, errTaskFailed) && e.Name != errTimeout && e.ofTask()
}

// ofTask tells whether the error is one that an activity named.
func (e *Error) ofTask() bool {
	return !slices.Contains(stateErrors, e.Name) || e.Name == errTaskFailed
}
