package workflow

import (
	"encoding/json"

	"promptz/internal/promptz"
)

// opStart is the operation that errors of Start name.
const opStart = "start execution"

// CheckStart tells whether an execution may have this name and this input, so that
// all runners refuse the same. It fails with [promptz.CodeNotValid] or
// [promptz.CodeTooLarge].
func CheckStart(name string, input json.RawMessage) error {
	if err := checkSizes(name, input); err != nil {
		return err
	}
	if _, err := decode(input); err != nil {
		return notJSON(err)
	}
	return nil
}

// checkSizes is CheckStart for who reads the input anyway.
func checkSizes(name string, input json.RawMessage) error {
	switch {
	case !IsName(name):
		return &promptz.Error{Code: promptz.CodeNotValid, Op: opStart, Message: "The name of an execution has 1 to 80 letters, digits, _ and -."}
	case len(input) > maxData:
		return &promptz.Error{Code: promptz.CodeTooLarge, Op: opStart, Message: "The input of an execution has 256 KiB at most."}
	}
	return nil
}

func notJSON(cause error) error {
	return &promptz.Error{Code: promptz.CodeNotValid, Op: opStart, Message: "The input of an execution must be JSON.", Err: cause}
}

// IsName tells whether an execution, or a machine, may be called so: 1 to 80 of
// A-Z a-z 0-9 _ -.
func IsName(name string) bool { return namePattern.MatchString(name) }
