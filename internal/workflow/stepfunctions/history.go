package stepfunctions

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"promptz/internal/promptz"
)

// historyPage is how many events are asked for at once, the most that AWS gives.
const historyPage = 1000

// FindHistory gives an execution's history, see [workflow.Runner].
func (r *Runner) FindHistory(ctx context.Context, ref promptz.ExecutionRef) ([]promptz.ExecutionEvent, error) {
	const op = "find history"
	arn, err := r.arn(op, ref)
	if err != nil {
		return nil, err
	}
	pages := sfn.NewGetExecutionHistoryPaginator(r.client, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: historyPage})
	var events []promptz.ExecutionEvent
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, translate(op, ref, err)
		}
		for i := range page.Events {
			events = append(events, eventOf(&page.Events[i]))
		}
	}
	return events, nil
}

// details are those of an event, in the shape that [workflow.Local] gives them.
type details struct {
	Name     string          `json:"name,omitempty"`
	Input    json.RawMessage `json:"input,omitempty"`
	Output   json.RawMessage `json:"output,omitempty"`
	Error    string          `json:"error,omitempty"`
	Cause    string          `json:"cause,omitempty"`
	Resource string          `json:"resource,omitempty"`
}

func eventOf(h *types.HistoryEvent) promptz.ExecutionEvent {
	event := promptz.ExecutionEvent{ID: int(h.Id), Previous: int(h.PreviousEventId), Type: string(h.Type), At: moment(h.Timestamp)}
	if text := encode(detailsOf(h)); string(text) != "{}" {
		event.Details = text
	}
	return event
}

// detailsOf gives what the event's type has; all other pointers of h are nil.
func detailsOf(h *types.HistoryEvent) details {
	switch {
	case h.ExecutionStartedEventDetails != nil:
		return details{Input: data(h.ExecutionStartedEventDetails.Input)}
	case h.ExecutionSucceededEventDetails != nil:
		return details{Output: data(h.ExecutionSucceededEventDetails.Output)}
	case h.StateEnteredEventDetails != nil:
		d := h.StateEnteredEventDetails
		return details{Name: aws.ToString(d.Name), Input: data(d.Input)}
	case h.StateExitedEventDetails != nil:
		d := h.StateExitedEventDetails
		return details{Name: aws.ToString(d.Name), Output: data(d.Output)}
	case h.LambdaFunctionScheduledEventDetails != nil:
		d := h.LambdaFunctionScheduledEventDetails
		return details{Resource: aws.ToString(d.Resource), Input: data(d.Input)}
	case h.LambdaFunctionSucceededEventDetails != nil:
		return details{Output: data(h.LambdaFunctionSucceededEventDetails.Output)}
	}
	return failureOf(h)
}

// failureOf is detailsOf for events that tell of a failure.
func failureOf(h *types.HistoryEvent) details {
	var d details
	switch {
	case h.Type == types.HistoryEventTypeExecutionTimedOut:
		var of types.ExecutionTimedOutEventDetails
		if h.ExecutionTimedOutEventDetails != nil {
			of = *h.ExecutionTimedOutEventDetails
		}
		d.Error, d.Cause = timeout(of.Error, of.Cause)
	case h.Type == types.HistoryEventTypeLambdaFunctionTimedOut:
		var of types.LambdaFunctionTimedOutEventDetails
		if h.LambdaFunctionTimedOutEventDetails != nil {
			of = *h.LambdaFunctionTimedOutEventDetails
		}
		d.Error, d.Cause = timeout(of.Error, of.Cause)
	case h.ExecutionFailedEventDetails != nil:
		d.Error, d.Cause = failure(h.ExecutionFailedEventDetails.Error, h.ExecutionFailedEventDetails.Cause)
	case h.ExecutionAbortedEventDetails != nil:
		d.Error, d.Cause = failure(h.ExecutionAbortedEventDetails.Error, h.ExecutionAbortedEventDetails.Cause)
	case h.LambdaFunctionFailedEventDetails != nil:
		d.Error, d.Cause = failure(h.LambdaFunctionFailedEventDetails.Error, h.LambdaFunctionFailedEventDetails.Cause)
	case h.LambdaFunctionScheduleFailedEventDetails != nil:
		d.Error, d.Cause = failure(h.LambdaFunctionScheduleFailedEventDetails.Error, h.LambdaFunctionScheduleFailedEventDetails.Cause)
	case h.LambdaFunctionStartFailedEventDetails != nil:
		d.Error, d.Cause = failure(h.LambdaFunctionStartFailedEventDetails.Error, h.LambdaFunctionStartFailedEventDetails.Cause)
	}
	return d
}

// failure gives an error's name and what it says, as Local has them. AWS gives as
// the cause all that a Lambda function answered; what [Handler] had to say is taken
// out of it.
func failure(name, cause *string) (string, string) {
	var answer struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(aws.ToString(cause)), &answer) != nil || answer.Type == "" || answer.Type != aws.ToString(name) {
		return aws.ToString(name), aws.ToString(cause)
	}
	if answer.Type == taskFailed {
		return "States.TaskFailed", answer.Message
	}
	return answer.Type, answer.Message
}

// timeout is failure for one that AWS may leave without a name.
func timeout(name, cause *string) (string, string) {
	if aws.ToString(name) == "" {
		return "States.Timeout", aws.ToString(cause)
	}
	return failure(name, cause)
}

// data is a text of AWS that holds JSON, without spaces as everywhere here. What is
// no JSON becomes a string of it.
func data(text *string) json.RawMessage {
	if text == nil {
		return nil
	}
	var b bytes.Buffer
	if json.Compact(&b, []byte(*text)) != nil {
		return encode(*text)
	}
	return b.Bytes()
}

// encode is JSON without the escapes meant for HTML, of what always has some.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// moment is a time of AWS, zero when there is none.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
