package eventbridgepubsub

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"gocloud.dev/gcerrors"
)

// An invalidError says what is wrong with a message that was not sent.
type invalidError struct{ problem string }

func (e *invalidError) Error() string { return e.problem }

// codes translates the error codes of EventBridge, its entries and SQS. See
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
// and https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html.
var codes = map[string]gcerrors.ErrorCode{
	"ResourceNotFoundException":               gcerrors.NotFound,
	"QueueDoesNotExist":                       gcerrors.NotFound,
	"AWS.SimpleQueueService.NonExistentQueue": gcerrors.NotFound,

	"AccessDenied":                        gcerrors.PermissionDenied,
	"AccessDeniedException":               gcerrors.PermissionDenied,
	"ExpiredToken":                        gcerrors.PermissionDenied,
	"ExpiredTokenException":               gcerrors.PermissionDenied,
	"InvalidAccountIdException":           gcerrors.PermissionDenied,
	"InvalidClientTokenId":                gcerrors.PermissionDenied,
	"InvalidSecurity":                     gcerrors.PermissionDenied,
	"MissingAuthenticationToken":          gcerrors.PermissionDenied,
	"NotAuthorized":                       gcerrors.PermissionDenied,
	"NotAuthorizedForDetailTypeException": gcerrors.PermissionDenied,
	"NotAuthorizedForSourceException":     gcerrors.PermissionDenied,
	"OptInRequired":                       gcerrors.PermissionDenied,
	"SignatureDoesNotMatch":               gcerrors.PermissionDenied,
	"UnrecognizedClientException":         gcerrors.PermissionDenied,

	"LimitExceededException": gcerrors.ResourceExhausted,
	"OverLimit":              gcerrors.ResourceExhausted,

	"InvalidArgument":            gcerrors.InvalidArgument,
	"InvalidParameterValue":      gcerrors.InvalidArgument,
	"MalformedDetail":            gcerrors.InvalidArgument,
	"ReceiptHandleIsInvalid":     gcerrors.InvalidArgument,
	"RequestEntityTooLarge":      gcerrors.InvalidArgument,
	"ValidationError":            gcerrors.InvalidArgument,
	"ValidationException":        gcerrors.InvalidArgument,
	"IllegalStatusException":     gcerrors.FailedPrecondition,
	"InvalidStateException":      gcerrors.FailedPrecondition,
	"OperationDisabledException": gcerrors.FailedPrecondition,

	"InternalError":      gcerrors.Internal,
	"InternalException":  gcerrors.Internal,
	"InternalFailure":    gcerrors.Internal,
	"RedactionFailure":   gcerrors.Internal,
	"ServiceUnavailable": gcerrors.Internal,
}

// errorCode gives the portable code of an error.
func errorCode(err error) gcerrors.ErrorCode {
	var invalid *invalidError
	var api smithy.APIError
	switch {
	case err == nil:
		return gcerrors.OK
	case errors.As(err, &invalid):
		return gcerrors.InvalidArgument
	case errors.Is(err, context.Canceled):
		return gcerrors.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return gcerrors.DeadlineExceeded
	case errors.As(err, &api):
		if _, ok := retry.DefaultThrottleErrorCodes[api.ErrorCode()]; ok {
			return gcerrors.ResourceExhausted
		}
		if code, ok := codes[api.ErrorCode()]; ok {
			return code
		}
	}
	return statusCode(err)
}

// statusCode gives the portable code of an HTTP status, which is all that is known
// of an error that somebody in between has made.
func statusCode(err error) gcerrors.ErrorCode {
	var response interface{ HTTPStatusCode() int }
	if !errors.As(err, &response) {
		return gcerrors.Unknown
	}
	switch status := response.HTTPStatusCode(); {
	case status == 401 || status == 403:
		return gcerrors.PermissionDenied
	case status == 413:
		return gcerrors.InvalidArgument
	case status == 429:
		return gcerrors.ResourceExhausted
	case status >= 500:
		return gcerrors.Internal
	}
	return gcerrors.Unknown
}

// retryable tells whether the same call may succeed in a moment: AWS is busy, out
// of order, or out of reach.
func retryable(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	return errorCode(err) == gcerrors.Internal || errorCode(err) == gcerrors.ResourceExhausted || retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}
