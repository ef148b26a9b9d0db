package stepfunctions_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"promptz/internal/awstest"
	"promptz/internal/workflow"
	"promptz/internal/workflow/stepfunctions"
	"promptz/internal/workflow/workflowtest"
)

// TestMoto runs the suite on moto's engine, which writes histories as AWS does. It
// runs no function: it calls one by AWS's API, which this test answers.
func TestMoto(t *testing.T) {
	const account = "123456789012"
	functions := httptest.NewServer(http.HandlerFunc(invoke))
	t.Cleanup(functions.Close)
	u, err := url.Parse(functions.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("MOTO_PORT", u.Port()) // where it looks for the other services
	for _, variable := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(variable, "test")
	}
	endpoint := awstest.StartMoto(t)
	response, err := http.Post(endpoint+"/moto-api/config", "application/json", strings.NewReader(`{"stepfunctions":{"execute_state_machine":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	workflowtest.Run(t, func(t *testing.T, machines []*workflow.Machine) workflow.Runner {
		at := stepfunctions.Address{Region: awstest.Region, Account: account}
		client := sfn.NewFromConfig(awstest.Config(endpoint))
		for _, m := range machines {
			definition := m.Definition("arn:aws:lambda:" + awstest.Region + ":" + account + ":function:activity")
			_, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
				Name: aws.String(m.Name), Definition: aws.String(string(definition)), RoleArn: aws.String("arn:aws:iam::" + account + ":role/states"),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		return stepfunctions.NewRunner(client, at)
	}, motoLacks)
}

// motoLacks are the cases that moto 5.2.5 can't pass.
var motoLacks = map[string]string{
	"NullIsData":     "it takes an output that is null for none",
	"RedriveGoesOn":  "it has no RedriveExecution",
	"RedriveRefuses": "it has no RedriveExecution",
}

// invoke answers Lambda's Invoke by the handler, as the runtime does it.
func invoke(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	output, err := stepfunctions.Handler(workflowtest.Activities())(r.Context(), payload)
	if failure, ok := err.(messages.InvokeResponse_Error); ok {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		output, _ = json.Marshal(failure)
	}
	w.Write(output)
}
