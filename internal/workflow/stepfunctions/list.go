package stepfunctions

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

// listed are AWS's statuses that one of ours stands for, in the order in which they
// are listed. Only people abort an execution, on AWS: it has failed. One that
// awaits a redrive is part of a Map, which no machine has.
var listed = map[promptz.ExecutionStatus][]types.ExecutionStatus{
	promptz.ExecutionRunning:   {types.ExecutionStatusRunning},
	promptz.ExecutionSucceeded: {types.ExecutionStatusSucceeded},
	promptz.ExecutionFailed:    {types.ExecutionStatusFailed, types.ExecutionStatusAborted},
	promptz.ExecutionTimedOut:  {types.ExecutionStatusTimedOut},
}

// statusOf gives the status that stands for AWS's.
func statusOf(s types.ExecutionStatus) promptz.ExecutionStatus {
	for ours, theirs := range listed {
		if slices.Contains(theirs, s) {
			return ours
		}
	}
	return promptz.ExecutionRunning // what is new or awaits a redrive has not ended
}

// position is where a list goes on: in which of AWS's lists, and its token there.
type position struct {
	status types.ExecutionStatus
	token  string
}

func (p position) String() string { return string(p.status) + ":" + p.token }

// FindExecutions gives a page of executions, see [workflow.Runner]. Aborted ones
// are listed after those that failed. A position is good for 24 hours.
func (r *Runner) FindExecutions(ctx context.Context, f promptz.ExecutionFilter) (promptz.ExecutionPage, error) {
	const op = "find executions"
	var page promptz.ExecutionPage
	if !workflow.IsName(f.Machine) {
		return page, noMachine(op, f.Machine, nil)
	}
	p, err := positionOf(op, f)
	if err != nil {
		return page, err
	}
	out, err := r.list(ctx, f, p)
	if err != nil {
		return page, translate(op, promptz.ExecutionRef{Machine: f.Machine}, err)
	}
	for _, e := range out.Executions {
		page.Executions = append(page.Executions, &promptz.Execution{
			Machine: f.Machine, Name: aws.ToString(e.Name), Status: statusOf(e.Status),
			StartedAt: moment(e.StartDate), StoppedAt: moment(e.StopDate),
		})
	}
	if token := aws.ToString(out.NextToken); token != "" {
		page.Next = position{p.status, token}.String()
		return page, nil
	}
	return r.beyond(ctx, f, p.status, page)
}

// positionOf gives where the filter's page begins.
func positionOf(op string, f promptz.ExecutionFilter) (position, error) {
	statuses := listed[f.Status]
	if len(statuses) == 0 {
		return position{}, &promptz.Error{Code: promptz.CodeNotValid, Op: op, Message: "There is no status " + string(f.Status) + "."}
	}
	if f.Position == "" {
		return position{status: statuses[0]}, nil
	}
	status, token, ok := strings.Cut(f.Position, ":")
	if !ok || !slices.Contains(statuses, types.ExecutionStatus(status)) {
		return position{}, badPosition(op, nil)
	}
	return position{types.ExecutionStatus(status), token}, nil
}

func (r *Runner) list(ctx context.Context, f promptz.ExecutionFilter, p position) (*sfn.ListExecutionsOutput, error) {
	in := &sfn.ListExecutionsInput{StateMachineArn: aws.String(r.at.machine(f.Machine)), StatusFilter: p.status, MaxResults: int32(f.Limit)}
	if p.token != "" {
		in.NextToken = &p.token
	}
	return r.client.ListExecutions(ctx, in)
}

// beyond ends a page that is the last of AWS's list. Where another list follows,
// it is the next page, so that what AWS is asked with a token never changes; an
// empty one is not announced.
func (r *Runner) beyond(ctx context.Context, f promptz.ExecutionFilter, last types.ExecutionStatus, page promptz.ExecutionPage) (promptz.ExecutionPage, error) {
	statuses := listed[f.Status]
	next := slices.Index(statuses, last) + 1
	if next == len(statuses) {
		return page, nil
	}
	f.Position = position{status: statuses[next]}.String()
	following, err := r.FindExecutions(ctx, f)
	switch {
	case err != nil || len(page.Executions) == 0:
		return following, err
	case len(following.Executions) > 0:
		page.Next = f.Position
	}
	return page, nil
}
