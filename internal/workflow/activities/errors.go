package activities

import (
	"context"
	"errors"

	"gocloud.dev/gcerrors"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

// The errors that machines can name.
const (
	errUnavailable = "Unavailable" // try again later
	errNotFound    = "NotFound"    // the item or user is gone
)

// named gives an error the name that machines know it by. What has none fails the
// execution: trying again would be the same.
func named(err error) error {
	name := ""
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	case promptz.ErrorCode(err) == promptz.CodeNotFound:
		name = errNotFound
	case promptz.ErrorCode(err) == promptz.CodeUnavailable, promptz.ErrorCode(err) == promptz.CodeRateLimited, ofBlob(err):
		name = errUnavailable
	default:
		return err
	}
	return &workflow.Error{Name: name, Cause: err.Error()}
}

// ofBlob tells whether err is of a bucket that may be better later. What is not
// found was being written: whoever removed the item's files took it along.
func ofBlob(err error) bool {
	_, ours := errors.AsType[*promptz.Error](err)
	switch gcerrors.Code(err) {
	case gcerrors.Internal, gcerrors.NotFound, gcerrors.ResourceExhausted, gcerrors.DeadlineExceeded, gcerrors.PermissionDenied:
		return !ours
	}
	return false
}
