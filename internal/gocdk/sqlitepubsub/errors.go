package sqlitepubsub

import (
	"context"
	"errors"
	"fmt"

	"gocloud.dev/gcerrors"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"promptz/internal/gocdk/sqliteengine"
)

// A missingError says that a topic or a subscription is not there.
type missingError struct{ what, name string }

func (e *missingError) Error() string { return fmt.Sprintf("there is no %s %q", e.what, e.name) }

// errorCode gives the portable code of an error.
func errorCode(err error) gcerrors.ErrorCode {
	var missing *missingError
	var native *sqlite.Error
	switch {
	case errors.As(err, &missing):
		return gcerrors.NotFound
	case errors.Is(err, sqliteengine.ErrClosed):
		return gcerrors.FailedPrecondition
	case errors.Is(err, context.Canceled):
		return gcerrors.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return gcerrors.DeadlineExceeded
	case errors.As(err, &native):
		return nativeCode(native.Code() & 0xff)
	}
	return gcerrors.Unknown
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
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return gcerrors.Internal
	}
	return gcerrors.Unknown
}

// retryable tells whether the same call may succeed in a moment.
func retryable(err error) bool { return errorCode(err) == gcerrors.ResourceExhausted }

// errorAs implements ErrorAs of topics and subscriptions.
func errorAs(err error, target any) bool {
	native, ok := target.(**sqlite.Error)
	return ok && native != nil && errors.As(err, native)
}
