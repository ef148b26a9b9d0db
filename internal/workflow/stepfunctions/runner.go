package stepfunctions

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

// Client is what is asked of AWS; *sfn.Client is one.
type Client interface {
	StartExecution(ctx context.Context, in *sfn.StartExecutionInput, opts ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	ListExecutions(ctx context.Context, in *sfn.ListExecutionsInput, opts ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DescribeExecution(ctx context.Context, in *sfn.DescribeExecutionInput, opts ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	GetExecutionHistory(ctx context.Context, in *sfn.GetExecutionHistoryInput, opts ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
	RedriveExecution(ctx context.Context, in *sfn.RedriveExecutionInput, opts ...func(*sfn.Options)) (*sfn.RedriveExecutionOutput, error)
}

// Runner has machines run by Step Functions. Safe for concurrent use. It fails
// with [promptz.CodeUnavailable] while AWS throttles or does not answer, after the
// client has tried again.
type Runner struct {
	client Client
	at     Address
}

// NewRunner makes a runner. It asks for nothing.
func NewRunner(client Client, at Address) *Runner { return &Runner{client, at} }

var _ workflow.Runner = (*Runner)(nil)

// Start starts an execution, see [workflow.Runner]. AWS takes the same name with
// the same input again while it runs, and refuses it later or with another input:
// that is no error here.
func (r *Runner) Start(ctx context.Context, machine, name string, input json.RawMessage) error {
	const op = "start execution"
	if !workflow.IsName(machine) {
		return noMachine(op, machine, nil)
	}
	if err := workflow.CheckStart(name, input); err != nil {
		return err
	}
	_, err := r.client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(r.at.machine(machine)), Name: &name, Input: aws.String(string(input)),
	})
	if nameOf(err) == "ExecutionAlreadyExists" {
		return nil
	}
	return translate(op, promptz.ExecutionRef{Machine: machine, Name: name}, err)
}

// FindExecution gives an execution, see [workflow.Runner]. How many events its
// history has is not known.
func (r *Runner) FindExecution(ctx context.Context, ref promptz.ExecutionRef) (*promptz.Execution, error) {
	const op = "find execution"
	arn, err := r.arn(op, ref)
	if err != nil {
		return nil, err
	}
	out, err := r.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	if err != nil {
		return nil, translate(op, ref, err)
	}
	e := &promptz.Execution{
		Machine: ref.Machine, Name: ref.Name, Status: statusOf(out.Status), Input: data(out.Input),
		StartedAt: moment(out.StartDate), StoppedAt: moment(out.StopDate),
	}
	switch e.Status {
	case promptz.ExecutionSucceeded:
		e.Output = data(out.Output)
	case promptz.ExecutionFailed:
		e.Error, e.Cause = failure(out.Error, out.Cause)
	case promptz.ExecutionTimedOut:
		e.Error, e.Cause = timeout(out.Error, out.Cause)
	}
	return e, nil
}

// Retry redrives an execution, see [workflow.Runner]. AWS does so for 14 days after
// it failed, timed out or was aborted; later it is [promptz.CodeConflict].
func (r *Runner) Retry(ctx context.Context, ref promptz.ExecutionRef) error {
	const op = "retry execution"
	arn, err := r.arn(op, ref)
	if err != nil {
		return err
	}
	_, err = r.client.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &arn})
	return translate(op, ref, err)
}

// Run waits until ctx ends: the work is done on AWS.
func (r *Runner) Run(ctx context.Context) { <-ctx.Done() }

// arn gives an execution's ARN. A name that could stand for something else in an
// ARN is not asked for: nothing is called so.
func (r *Runner) arn(op string, ref promptz.ExecutionRef) (string, error) {
	if !workflow.IsName(ref.Machine) || !workflow.IsName(ref.Name) {
		return "", noExecution(op, ref, nil)
	}
	return r.at.execution(ref), nil
}
