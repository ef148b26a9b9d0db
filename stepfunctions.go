package app

import (
	"context"
	"fmt"
	"net/url"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"promptz/internal/workflow"
	"promptz/internal/workflow/stepfunctions"
)

// newStepFunctions makes a runner with the credentials of the environment. It asks
// for nothing.
func newStepFunctions(ctx context.Context, u *url.URL) (workflow.Runner, error) {
	address, err := stepfunctions.Parse(u)
	if err != nil {
		return nil, fmt.Errorf("workflows: %w", err)
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(address.Region))
	if err != nil {
		return nil, fmt.Errorf("workflows: %w", err)
	}
	client := sfn.NewFromConfig(cfg, func(o *sfn.Options) {
		if address.Endpoint != "" {
			o.BaseEndpoint = &address.Endpoint
		}
	})
	return stepfunctions.NewRunner(client, address), nil
}
