package awstest

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ScheduleSpec describes a schedule of EventBridge Scheduler.
type ScheduleSpec struct {
	Name       string // nothing else in the account has it
	Expression string // such as rate(1 minute); what is due is looked for every 10 seconds
	Target     string // ARN of a function
	Role       string // ARN, by which it is called; ministack does not ask IAM
	Input      string // JSON
}

// NewSchedule makes a schedule that calls its target for the first time when its
// period is over, deletes it when t ends, and fails t when either goes wrong. cfg is
// the stand-in's, see Config.
func NewSchedule(t testing.TB, cfg aws.Config, spec ScheduleSpec) {
	t.Helper()
	path := "/schedules/" + spec.Name
	must(t, cfg, plea(t, "scheduler", http.MethodPost, path, map[string]any{
		"ScheduleExpression": spec.Expression, "FlexibleTimeWindow": map[string]string{"Mode": "OFF"},
		"Target": map[string]any{
			"Arn": spec.Target, "RoleArn": spec.Role, "Input": spec.Input,
			"RetryPolicy": map[string]int{"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0},
		},
	}), nil)
	t.Cleanup(func() { must(t, cfg, plea(t, "scheduler", http.MethodDelete, path, nil), nil) })
}
