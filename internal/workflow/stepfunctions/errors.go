package stepfunctions

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"promptz/internal/promptz"
)

// translate gives an error of AWS its code; nil stays nil. It goes by the names of
// errors: the SDK has types for those alone that it expects of an operation.
func translate(op string, ref promptz.ExecutionRef, err error) error {
	if err == nil {
		return nil
	}
	switch nameOf(err) {
	case "StateMachineDoesNotExist", "StateMachineDeleting":
		return noMachine(op, ref.Machine, err)
	case "ExecutionDoesNotExist":
		return noExecution(op, ref, err)
	case "ExecutionNotRedrivable":
		return &promptz.Error{
			Code: promptz.CodeConflict, Op: op, Err: err,
			Message: "Execution " + ref.Name + " can't be tried again: it has to have failed, timed out or been aborted in the last 14 days.",
		}
	case "InvalidToken":
		return badPosition(op, err)
	}
	if unavailable(err) {
		return &promptz.Error{Code: promptz.CodeUnavailable, Op: op, Err: err, Message: "AWS Step Functions does not answer, or not so often."}
	}
	return fmt.Errorf("%s: %w", op, err)
}

// nameOf is an error's name on AWS, "" when AWS did not answer. See
// https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html.
func nameOf(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

// throttled knows the errors by which AWS's services throttle.
var throttled = retry.IsErrorThrottles(retry.DefaultThrottles)

// unavailable tells whether it may be better later: AWS throttles, has a failure of
// its own, or gave no answer at all.
func unavailable(err error) bool {
	switch name := nameOf(err); {
	case name == "", name == "ExecutionLimitExceeded", name == "KmsThrottlingException", throttled.IsErrorThrottle(err).Bool():
		return true
	}
	answer, ok := errors.AsType[*awshttp.ResponseError](err)
	return ok && answer.HTTPStatusCode() >= http.StatusInternalServerError
}

func noMachine(op, machine string, cause error) error {
	return &promptz.Error{Code: promptz.CodeNotFound, Op: op, Err: cause, Message: "There is no machine " + machine + "."}
}

func noExecution(op string, ref promptz.ExecutionRef, cause error) error {
	return &promptz.Error{Code: promptz.CodeNotFound, Op: op, Err: cause, Message: "There is no execution " + ref.Name + " of machine " + ref.Machine + "."}
}

func badPosition(op string, cause error) error {
	return &promptz.Error{Code: promptz.CodeNotValid, Op: op, Err: cause, Message: "The position in the list is none, or too old."}
}
