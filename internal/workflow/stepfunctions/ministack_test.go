package stepfunctions_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"promptz/internal/awstest"
	"promptz/internal/workflow"
	"promptz/internal/workflow/stepfunctions"
	"promptz/internal/workflow/workflowtest"
)

// bootstrapVariable tells this test binary that it runs as a Lambda function.
const bootstrapVariable = "PROMPTZ_TEST_BOOTSTRAP"

// account is the one that ministack has.
const account = "000000000000"

func TestMain(m *testing.M) {
	if os.Getenv(bootstrapVariable) != "" {
		lambda.Start(stepfunctions.Handler(workflowtest.Activities()))
		return
	}
	os.Exit(m.Run())
}

// TestMinistack runs the suite on somebody else's Step Functions, whose Tasks call a
// function that is this binary, by way of Lambda's runtime API.
func TestMinistack(t *testing.T) {
	ministack := awstest.StartMinistack(t)
	workflowtest.Run(t, func(t *testing.T, machines []*workflow.Machine) workflow.Runner {
		at := stepfunctions.Address{Region: awstest.Region, Account: account, Prefix: "test-" + rand.Text() + "-"}
		client := sfn.NewFromConfig(ministack.Config())
		function := deploy(t, ministack.Endpoint())
		for _, m := range machines {
			_, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
				Name: aws.String(at.Prefix + m.Name), Definition: aws.String(string(m.Definition(function))),
				RoleArn: aws.String("arn:aws:iam::" + account + ":role/states"),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		return stepfunctions.NewRunner(client, at)
	}, ministackLacks)
}

// ministackLacks are the cases that ministack 1.5.33 can't pass; a server of our own
// stands in for them in the other tests.
var ministackLacks = map[string]string{
	"ListOfNoMachine": "it lists nothing for a state machine that is not there, where AWS says StateMachineDoesNotExist",
	"MachineTimesOut": "it does not heed a machine's TimeoutSeconds, and ends nothing as TIMED_OUT",
	"HistoryOfTasks":  "it writes TaskScheduled and TaskSucceeded, without input, where AWS writes LambdaFunction… for a function's ARN",
	"HistoryPrevious": "its events have no previousEventId",
	"RedriveGoesOn":   "it has no RedriveExecution",
	"RedriveRefuses":  "it has no RedriveExecution",
}

// deploy makes a Lambda function of this binary, and gives its ARN.
func deploy(t *testing.T, endpoint string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"FunctionName": "test-" + rand.Text(), "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 20,
		"Role": "arn:aws:iam::" + account + ":role/lambda", "Code": map[string]any{"ZipFile": archive(t)},
		"Environment": map[string]any{"Variables": map[string]string{bootstrapVariable: "1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint+"/2015-03-31/functions", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	// It reads the region here, and checks no signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261124/"+awstest.Region+"/lambda/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var function struct{ FunctionArn string }
	if err := json.Unmarshal(answer, &function); err != nil || function.FunctionArn == "" {
		t.Fatalf("create function: %s %s", response.Status, answer)
	}
	return function.FunctionArn
}

// archive gives this binary as the bootstrap of a zip.
func archive(t *testing.T) []byte {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer code.Close()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(entry, code); err != nil {
		t.Fatal(fmt.Errorf("pack: %w", err))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}
