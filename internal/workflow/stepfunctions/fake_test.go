package stepfunctions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"promptz/internal/awstest"
	"promptz/internal/workflow/stepfunctions"
)

// testAddress is where the fake's machines are.
var testAddress = stepfunctions.Address{Region: awstest.Region, Account: "123456789012", Prefix: "promptz-"}

// What ARNs at testAddress begin with.
const (
	machineARN   = "arn:aws:states:eu-central-1:123456789012:stateMachine:promptz-"
	executionARN = "arn:aws:states:eu-central-1:123456789012:execution:promptz-"
)

// answer is what the fake says to one request.
type answer struct {
	status int
	body   string
}

func ok(body string) answer { return answer{http.StatusOK, body} }

// refusal is an error of AWS as its JSON protocol has it.
func refusal(kind string) answer {
	return answer{http.StatusBadRequest, `{"__type":"com.amazonaws.swf.service.v2.model#` + kind + `","message":"because"}`}
}

// asked is a request that came: its operation and its input.
type asked struct {
	Operation string
	Input     map[string]any
}

// fake speaks AWS's JSON protocol and gives the answers that it was told, the last
// again and again. No emulator throttles, redrives, or gives histories as AWS does.
type fake struct {
	mu      sync.Mutex
	answers []answer
	asked   []asked
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	service, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	a := asked{Operation: operation}
	if err := json.NewDecoder(r.Body).Decode(&a.Input); err != nil || service != "AWSStepFunctions" {
		http.Error(w, fmt.Sprint(service, err), http.StatusNotImplemented)
		return
	}
	f.asked = append(f.asked, a)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(f.answers[0].status)
	fmt.Fprint(w, f.answers[0].body)
	if len(f.answers) > 1 {
		f.answers = f.answers[1:]
	}
}

// newFake starts a fake, and makes a runner that asks it by AWS's own client, which
// tries thrice without waiting between.
func newFake(t *testing.T, answers ...answer) (*stepfunctions.Runner, *fake) {
	t.Helper()
	f := &fake{answers: answers}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return runnerAt(server.URL), f
}

func runnerAt(endpoint string) *stepfunctions.Runner {
	return stepfunctions.NewRunner(sfn.NewFromConfig(awstest.Config(endpoint), func(o *sfn.Options) {
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts = 3
			s.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}), testAddress)
}
