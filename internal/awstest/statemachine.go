package awstest

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// NewStateMachine makes a Standard state machine of Step Functions, deletes it when
// t ends, and fails t when either goes wrong. role is an ARN; "" is one that is not
// there, which only matters under IAM. cfg is the stand-in's, see Config.
func NewStateMachine(t testing.TB, cfg aws.Config, name, role string, definition []byte) {
	t.Helper()
	if role == "" {
		role = "arn:aws:iam::" + Account + ":role/states"
	}
	client := sfn.NewFromConfig(cfg)
	made, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: &name, Definition: aws.String(string(definition)), RoleArn: &role,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := client.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: made.StateMachineArn}); err != nil {
			t.Errorf("delete state machine %s: %v", name, err)
		}
	})
}
