package jetstreampubsub

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"gocloud.dev/gcerrors"
)

// codes are the portable codes of the errors of nats.go.
var codes = []struct {
	err  error
	code gcerrors.ErrorCode
}{
	{jetstream.ErrNoStreamResponse, gcerrors.NotFound}, // no stream holds the subject
	{jetstream.ErrStreamNotFound, gcerrors.NotFound},
	{jetstream.ErrConsumerNotFound, gcerrors.NotFound},
	{jetstream.ErrConsumerDeleted, gcerrors.NotFound},
	{nats.ErrNoResponders, gcerrors.NotFound},
	{jetstream.ErrJetStreamNotEnabled, gcerrors.FailedPrecondition},
	{jetstream.ErrJetStreamNotEnabledForAccount, gcerrors.FailedPrecondition},
	{nats.ErrConnectionClosed, gcerrors.FailedPrecondition},
	{nats.ErrMaxPayload, gcerrors.InvalidArgument},
	{nats.ErrAuthorization, gcerrors.PermissionDenied},
	{nats.ErrPermissionViolation, gcerrors.PermissionDenied},
	{context.Canceled, gcerrors.Canceled},
	{context.DeadlineExceeded, gcerrors.DeadlineExceeded},
	{nats.ErrTimeout, gcerrors.DeadlineExceeded},
}

func errorCode(err error) gcerrors.ErrorCode {
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return gcerrors.Unknown
}

// errorAs implements ErrorAs of topics and subscriptions.
func errorAs(err error, target any) bool {
	p, ok := target.(**jetstream.APIError)
	return ok && p != nil && errors.As(err, p)
}
