package awstest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// trust lets services act by a role, and whoever is the account's root, so that a
// test may too.
const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{` +
	`"Service":["lambda.amazonaws.com","states.amazonaws.com","scheduler.amazonaws.com"],"AWS":"arn:aws:iam::` + Account + `:root"}}]}`

// NewRole makes a role of IAM with one policy, for a function, a state machine or a
// schedule, and fails t if it can't. It ends with the stand-in, which heeds it only
// with [MinistackUnderIAM].
func NewRole(t testing.TB, cfg aws.Config, name, policy string) (arn string) {
	t.Helper()
	for _, call := range []url.Values{
		{"Action": {"CreateRole"}, "RoleName": {name}, "AssumeRolePolicyDocument": {trust}},
		{"Action": {"PutRolePolicy"}, "RoleName": {name}, "PolicyName": {"least"}, "PolicyDocument": {policy}},
	} {
		call.Set("Version", "2010-05-08")
		must(t, cfg, request{
			service: "iam", method: http.MethodPost, path: "/", mediaType: "application/x-www-form-urlencoded", body: []byte(call.Encode()),
		}, nil)
	}
	return "arn:aws:iam::" + Account + ":role/" + name
}

// As gives the server as a role sees it, as a function does: its Config has the
// role's credentials.
func (m *Ministack) As(t testing.TB, role string) *Ministack {
	t.Helper()
	got, err := sts.NewFromConfig(m.Config()).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("test")})
	if err != nil {
		t.Fatal(fmt.Errorf("assume role %s: %w", role, err))
	}
	taken := *m
	taken.credentials = func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID: *got.Credentials.AccessKeyId, SecretAccessKey: *got.Credentials.SecretAccessKey, SessionToken: *got.Credentials.SessionToken,
		}, nil
	}
	return &taken
}

// Refused tells whether an error is that IAM lets nobody do so by these credentials.
func Refused(err error) bool {
	refused, ok := errors.AsType[smithy.APIError](err)
	return ok && strings.HasPrefix(refused.ErrorCode(), "AccessDenied")
}
