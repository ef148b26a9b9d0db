package awstest

import (
	"context"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
)

// Region is the region that requests to the stand-ins name.
const Region = "eu-central-1"

// accessKey is id and secret of what requests are signed with.
const accessKey = "test"

// Config returns what clients of the stand-in at endpoint are made of, by any
// service's NewFromConfig. It reads nothing from the environment.
func Config(endpoint string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: aws.String(endpoint),
		Credentials:  aws.CredentialsProviderFunc(credentials),
		APIOptions:   []func(*middleware.Stack) error{plainStreams},
	}
}

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: accessKey}, nil
}

// environment gives the variables by which a process has the test credentials.
// They also keep the SDK from the caller's own configuration.
func environment() []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + accessKey,
		"AWS_SECRET_ACCESS_KEY=" + accessKey,
		"AWS_SESSION_TOKEN=",
		"AWS_PROFILE=",
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
	}
}
