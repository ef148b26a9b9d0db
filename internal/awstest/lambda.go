package awstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// functionsPath begins the paths of Lambda's API.
const functionsPath = "/2015-03-31/functions"

// FunctionSpec describes a Lambda function.
type FunctionSpec struct {
	Name        string            // nothing else in the account has it
	Zip         []byte            // with a bootstrap that this machine runs
	Environment map[string]string // its variables
	Timeout     time.Duration     // in whole seconds
	Role        string            // an ARN; "" is one that is not there, which only matters under IAM
}

// FunctionARN is the ARN of a function, also of one that will be made.
func FunctionARN(name string) string {
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", Region, Account, name)
}

// NewFunction makes a function, which runs as processes on this machine: what
// listens on 127.0.0.1 is within its reach. When t ends it is deleted, and its
// processes end. It fails t when either goes wrong. cfg is the stand-in's, see
// Config.
func NewFunction(t testing.TB, cfg aws.Config, spec FunctionSpec) (arn string) {
	t.Helper()
	if spec.Role == "" {
		spec.Role = "arn:aws:iam::" + Account + ":role/lambda"
	}
	var made struct{ FunctionArn string }
	must(t, cfg, plea(t, "lambda", http.MethodPost, functionsPath, map[string]any{
		"FunctionName": spec.Name, "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": spec.Role,
		"Timeout": int(spec.Timeout.Seconds()), "Code": map[string]any{"ZipFile": spec.Zip},
		"Environment": map[string]any{"Variables": spec.Environment},
	}), &made)
	if made.FunctionArn != FunctionARN(spec.Name) {
		t.Fatalf("the function is %q", made.FunctionArn)
	}
	t.Cleanup(func() { must(t, cfg, plea(t, "lambda", http.MethodDelete, functionsPath+"/"+spec.Name, nil), nil) })
	return made.FunctionArn
}

// Invoke lets a function work on a payload, and gives what it answers. That it
// fails is an error that holds what it says.
func Invoke(ctx context.Context, cfg aws.Config, name, payload string) ([]byte, error) {
	header, body, err := send(ctx, cfg, request{
		service: "lambda", method: http.MethodPost, path: functionsPath + "/" + name + "/invocations",
		mediaType: "application/json", body: []byte(payload),
	})
	if kind := header.Get("X-Amz-Function-Error"); err == nil && kind != "" {
		err = fmt.Errorf("function %s: %s: %s", name, kind, body)
	}
	return body, err
}

// LogOf gives the lines that a function has written, and those of Lambda about its
// calls; nothing before its first call has ended.
func LogOf(t testing.TB, cfg aws.Config, name string) (lines []string) {
	t.Helper()
	var found struct{ Events []struct{ Message string } }
	_, body, err := send(t.Context(), cfg, operation(t, "logs", "Logs_20140328.FilterLogEvents", map[string]string{"logGroupName": "/aws/lambda/" + name}))
	if missing, ok := errors.AsType[smithy.APIError](err); ok && missing.ErrorCode() == "ResourceNotFoundException" {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(body, &found)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found.Events {
		lines = append(lines, e.Message)
	}
	return lines
}

// allow lets a service of AWS call a function because of source, an ARN.
func allow(t testing.TB, cfg aws.Config, function, principal, source string) {
	t.Helper()
	must(t, cfg, plea(t, "lambda", http.MethodPost, functionsPath+"/"+function+"/policy", map[string]any{
		"StatementId": "test", "Action": "lambda:InvokeFunction", "Principal": principal, "SourceArn": source,
	}), nil)
}
