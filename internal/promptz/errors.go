package promptz

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code says what kind of failure an [Error] is. The set is closed; every
// transport maps each of them to its own (see package api for HTTP).
type Code string

// The codes of the domain.
const (
	CodeNotValid        Code = "not_valid"       // readable, but breaks a rule; Fields say which
	CodeUnauthenticated Code = "unauthenticated" // nobody is signed in, or the credential is bad
	CodeForbidden       Code = "forbidden"       // signed in, may see it, may not do it
	CodeNotFound        Code = "not_found"       // not there, or not the caller's to see
	CodeConflict        Code = "conflict"        // contradicts what is there
	CodeHeld            Code = "held"            // taken down by a moderator
	CodeExpired         Code = "expired"         // was good once
	CodeStale           Code = "stale"           // somebody else changed it first
	CodeTooLarge        Code = "too_large"       // over a limit of size
	CodeRateLimited     Code = "rate_limited"    // too many, try later
	CodeUnavailable     Code = "unavailable"     // a part we need does not answer, try later
	CodeInternal        Code = "internal"        // our fault
)

// Error is the one error of the domain. Message is for people and shown to
// them; Op and Err are for the log alone.
type Error struct {
	Code    Code
	Message string
	Op      string       // what was being done: "create item"
	Fields  []FieldError // what was wrong with which field, for CodeNotValid
	Err     error        // the cause
	// RetryAfter is how long to wait, for CodeRateLimited; 0 is not known.
	RetryAfter time.Duration
}

// FieldError says what is wrong with one field of an input.
type FieldError struct {
	Pointer string // JSON pointer (RFC 6901) into the input: "/tags/2"
	Code    string // "too_short", "required", …
	Message string // for people
}

// Error gives operation, message, fields and cause in one line, for logs.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	b.WriteString(string(e.Code) + ": " + e.Message)
	for i, f := range e.Fields {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%s %s", sep, f.Pointer, f.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an [Error] with a formatted message for people.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// NotValid makes the error for one field that breaks a rule.
func NotValid(pointer, code, message string) *Error {
	return &Error{
		Code:    CodeNotValid,
		Message: "Some fields are not valid.",
		Fields:  []FieldError{{Pointer: pointer, Code: code, Message: message}},
	}
}

// ErrorCode gives the code of the [Error] in err's chain, [CodeInternal] for any
// other error and "" for nil.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
