package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"gocloud.dev/gcerrors"

	"promptz/internal/promptz"
)

// failure makes a domain error of a driver's. It is the only place where a code
// of gocloud's is translated.
func failure(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*promptz.Error](err); ok {
		return err
	}
	code, message := promptz.CodeInternal, "Something went wrong here."
	switch gcerrors.Code(err) {
	case gcerrors.ResourceExhausted, gcerrors.DeadlineExceeded, gcerrors.Canceled:
		code, message = promptz.CodeUnavailable, "The store does not answer in time. Try again in a moment."
	}
	return &promptz.Error{Code: code, Message: message, Op: op, Err: err}
}

func notFound(op, what string) error {
	return &promptz.Error{Code: promptz.CodeNotFound, Message: "There is no such " + what + ".", Op: op}
}

// commit is commitWithin for what touches documents that few write to.
func commit(ctx context.Context, op string, write func() error, explain func() (done bool, err error)) error {
	return commitWithin(ctx, writeDeadline, op, write, explain)
}

// commitWithin runs write until it succeeds, is explained, or the time is over.
// Drivers report contention, throttling and a taken key alike, and may lose the
// answer of a write that was done, so an error is never judged by its code:
// explain reads again and says that the write is done after all (true), why it
// can't be (an error), or neither.
func commitWithin(ctx context.Context, limit time.Duration, op string, write func() error, explain func() (done bool, err error)) error {
	deadline := time.Now().Add(limit)
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := write()
		if err == nil {
			return nil
		}
		if final(err) {
			return failure(op, err)
		}
		done, reason := explain()
		if done || reason != nil {
			return failure(op, reason)
		}
		if time.Now().Add(wait).After(deadline) {
			return &promptz.Error{Code: promptz.CodeUnavailable,
				Message: "The store is busy. Try again in a moment.", Op: op, Err: err}
		}
		select {
		case <-ctx.Done():
			return failure(op, ctx.Err())
		case <-time.After(wait/2 + rand.N(wait/2)):
		}
	}
}

// final tells whether trying again cannot help.
func final(err error) bool {
	if _, ok := errors.AsType[*promptz.Error](err); ok {
		return true
	}
	switch gcerrors.Code(err) {
	case gcerrors.InvalidArgument, gcerrors.PermissionDenied, gcerrors.Unimplemented:
		return true
	}
	return errors.Is(err, context.Canceled)
}
