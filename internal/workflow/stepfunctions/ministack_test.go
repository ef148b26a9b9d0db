package stepfunctions_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"promptz/internal/awstest"
	"promptz/internal/workflow"
	"promptz/internal/workflow/stepfunctions"
	"promptz/internal/workflow/workflowtest"
)

// bootstrapVariable tells this test binary that it runs as a Lambda function.
const bootstrapVariable = "PROMPTZ_TEST_BOOTSTRAP"

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
		at := stepfunctions.Address{Region: awstest.Region, Account: awstest.Account, Prefix: "test-" + rand.Text() + "-"}
		client := sfn.NewFromConfig(ministack.Config())
		function := awstest.NewFunction(t, ministack.Config(), awstest.FunctionSpec{
			Name: "test-" + rand.Text(), Zip: archive(t), Environment: map[string]string{bootstrapVariable: "1"}, Timeout: 20 * time.Second,
		})
		for _, m := range machines {
			awstest.NewStateMachine(t, ministack.Config(), at.Prefix+m.Name, "", m.Definition(function))
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
