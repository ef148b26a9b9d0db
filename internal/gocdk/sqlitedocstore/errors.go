package sqlitedocstore

import (
	"errors"
	"fmt"

	"gocloud.dev/gcerrors"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"promptz/internal/gocdk/sqliteengine"
)

// A codedError is an error of the driver's own.
type codedError struct {
	code    gcerrors.ErrorCode
	message string
	cause   error
}

func newError(code gcerrors.ErrorCode, format string, args ...any) error {
	return &codedError{code: code, message: fmt.Sprintf(format, args...)}
}

func (e *codedError) Error() string {
	if e.cause != nil {
		return e.message + ": " + e.cause.Error()
	}
	return e.message
}

func (e *codedError) Unwrap() error { return e.cause }

// errorCode returns the portable code of an error.
func errorCode(err error) gcerrors.ErrorCode {
	var coded *codedError
	var native *sqlite.Error
	switch {
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &native):
		return nativeCode(native.Code() & 0xff)
	case errors.Is(err, sqliteengine.ErrClosed):
		return gcerrors.FailedPrecondition
	default:
		return gcerrors.Code(err)
	}
}

// nativeCode translates a primary result code.
// See https://www.sqlite.org/rescode.html.
func nativeCode(code int) gcerrors.ErrorCode {
	switch code {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM:
		return gcerrors.ResourceExhausted
	case sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH:
		return gcerrors.PermissionDenied
	case sqlite3.SQLITE_TOOBIG:
		return gcerrors.InvalidArgument
	case sqlite3.SQLITE_INTERRUPT:
		return gcerrors.Canceled
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return gcerrors.Internal
	default:
		return gcerrors.Unknown
	}
}
