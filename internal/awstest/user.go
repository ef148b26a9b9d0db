package awstest

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// UserCalls is how many calls NewUser sends: moto lets so many through unsigned, and
// many more, when INITIAL_NO_AUTH_ACTION_COUNT says so.
const UserCalls = 3

// NewUser makes a user of IAM with one policy, and gives an access key of theirs. It
// fails t if it can't. The user ends with the stand-in.
func NewUser(t testing.TB, cfg aws.Config, name, policy string) aws.Credentials {
	t.Helper()
	var body []byte
	for _, call := range []url.Values{
		{"Action": {"CreateUser"}},
		{"Action": {"PutUserPolicy"}, "PolicyName": {"least"}, "PolicyDocument": {policy}},
		{"Action": {"CreateAccessKey"}},
	} {
		call.Set("UserName", name)
		call.Set("Version", "2010-05-08")
		var err error
		_, body, err = send(context.WithoutCancel(t.Context()), cfg, request{
			service: "iam", method: http.MethodPost, path: "/", mediaType: "application/x-www-form-urlencoded", body: []byte(call.Encode()),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var made struct {
		ID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		Secret string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	if err := xml.Unmarshal(body, &made); err != nil || made.ID == "" || made.Secret == "" {
		t.Fatalf("no access key in %s: %v", body, err)
	}
	return aws.Credentials{AccessKeyID: made.ID, SecretAccessKey: made.Secret}
}

// By gives cfg with other credentials.
func By(cfg aws.Config, c aws.Credentials) aws.Config {
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
	return cfg
}

// EnvironmentOf returns the variables ("name=value") by which a process, or after
// testing.T.Setenv this one, has credentials.
func EnvironmentOf(c aws.Credentials) []string {
	return append(environment(), "AWS_ACCESS_KEY_ID="+c.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+c.SecretAccessKey)
}
