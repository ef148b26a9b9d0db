package stepfunctions

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"promptz/internal/workflow"
)

// taskFailed is what States.TaskFailed goes by between a function and Step Functions.
// Names that begin with "States." are the language's own: an engine may take one
// from a function for a fault that nothing can catch. Retry and Catch that name
// States.TaskFailed are for this one too.
const taskFailed = "TaskFailed"

// Handler gives the handler of the Lambda function that the machines' Tasks call,
// for lambda.Start. An activity's error gets its name by the rule of
// [workflow.AsError], and Step Functions has it as the error that Retry and Catch
// can name; only one without a name of its own is called TaskFailed there. What a
// Catch puts as Cause says more there: it is the function's whole answer, JSON with
// errorType and errorMessage, where [workflow.Local] has the message alone.
//
// See https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.
func Handler(activities workflow.Activities) func(ctx context.Context, parameters json.RawMessage) (json.RawMessage, error) {
	return func(ctx context.Context, parameters json.RawMessage) (json.RawMessage, error) {
		output, err := activities.Dispatch(ctx, parameters)
		if err == nil {
			return output, nil
		}
		named := workflow.AsError(err)
		name := named.Name
		if strings.HasPrefix(name, "States.") {
			name = taskFailed
		}
		// Any other type of error, a pointer to this one too, would go by the name of
		// the Go type.
		return nil, messages.InvokeResponse_Error{Type: name, Message: named.Cause}
	}
}
