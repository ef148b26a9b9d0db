package workflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

// TestConformanceOfMoto holds moto's Step Functions, which others wrote, to the
// scenarios that [TestConformance] holds ours to: what both do alike was not
// misread by one of us. Waits are real there.
func TestConformanceOfMoto(t *testing.T) {
	l := &lambdas{scripts: map[string]*script{}}
	functions := httptest.NewServer(l)
	t.Cleanup(functions.Close)
	at, err := url.Parse(functions.URL)
	if err != nil {
		t.Fatal(err)
	}
	endpoint := awstest.StartMoto(t, "MOTO_PORT="+at.Port())
	switchOn(t, endpoint)
	all := scenarios(t)
	results := runAll(t, l, sfn.NewFromConfig(awstest.Config(endpoint)), all)
	for i, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			if s.Slow {
				t.Skip("it would wait for real")
			}
			s.Want.Cause = "" // causes are for people, and each engine has its own
			faults := results[i].faults(s.Want, fmt.Sprint("s", i))
			switch {
			case s.Moto == "":
				for _, fault := range faults {
					t.Error(fault)
				}
			case len(faults) == 0:
				t.Errorf("moto does as is wanted now, not: %s", s.Moto)
			default:
				t.Log(strings.Join(faults, "; "))
				t.Skip("a fault of moto: " + s.Moto)
			}
		})
	}
}

// runAll runs scenarios, several at once.
func runAll(t *testing.T, l *lambdas, client *sfn.Client, all []scenario) []result {
	t.Helper()
	results := make([]result, len(all))
	slots := make(chan struct{}, 8)
	var work sync.WaitGroup
	for i, s := range all {
		if s.Slow {
			continue
		}
		name := fmt.Sprint("s", i)
		m, _ := s.machine(t)
		script := l.add(name, s.Answers)
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			r, err := runOnMoto(t.Context(), client, name, m, mustEncode(t, s.Input))
			if err != nil {
				r.err = err.Error()
			}
			r.inputs, r.left = script.inputs, len(script.answers)
			results[i] = r
		})
	}
	work.Wait()
	return results
}

// switchOn makes moto run executions, which it does not by default.
func switchOn(t *testing.T, endpoint string) {
	t.Helper()
	resp, err := http.Post(endpoint+"/moto-api/config", "application/json", strings.NewReader(`{"stepfunctions": {"execute_state_machine": true}}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("moto does not take its configuration: %s", resp.Status)
	}
}

// runOnMoto runs a machine once, to its end.
func runOnMoto(ctx context.Context, client *sfn.Client, name string, m *workflow.Machine, input []byte) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	made, err := client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: &name, RoleArn: aws.String("arn:aws:iam::123456789012:role/any"),
		Definition: aws.String(string(m.Definition("arn:aws:lambda:" + awstest.Region + ":123456789012:function:" + name))),
	})
	if err != nil {
		return result{}, err
	}
	started, err := client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: made.StateMachineArn, Name: &name, Input: aws.String(string(input))})
	if err != nil {
		return result{}, err
	}
	for {
		e, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		if err != nil {
			return result{}, err
		}
		if e.Status != types.ExecutionStatusRunning {
			return resultOf(ctx, client, e)
		}
		select {
		case <-time.After(50 * time.Millisecond): // it tells nobody when an execution ends
		case <-ctx.Done():
			return result{}, ctx.Err()
		}
	}
}

// resultOf gives what came of an execution that has ended.
func resultOf(ctx context.Context, client *sfn.Client, e *sfn.DescribeExecutionOutput) (result, error) {
	r := result{status: promptz.ExecutionStatus(strings.ToLower(string(e.Status))), err: aws.ToString(e.Error), cause: aws.ToString(e.Cause)}
	if e.Status == types.ExecutionStatusTimedOut {
		r.err = "States.Timeout" // as package stepfunctions has it; Step Functions names no error
	}
	if e.Output != nil {
		var v any
		if err := decode([]byte(*e.Output), &v); err != nil {
			return r, err
		}
		r.output, _ = json.Marshal(plainCauses(v))
	}
	pages := sfn.NewGetExecutionHistoryPaginator(client, &sfn.GetExecutionHistoryInput{ExecutionArn: e.ExecutionArn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r, err
		}
		for _, event := range page.Events {
			r.history = append(r.history, string(event.Type))
		}
	}
	return r, nil
}

// plainCauses gives v with the message of each Cause alone: a Lambda's is the JSON
// of its error.
func plainCauses(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for name, of := range object {
		object[name] = plainCauses(of)
		var failure struct{ ErrorMessage string }
		if text, ok := of.(string); ok && name == "Cause" && json.Unmarshal([]byte(text), &failure) == nil {
			object[name] = failure.ErrorMessage
		}
	}
	return object
}

// lambdas answers what moto asks of Lambda functions, by the script of each.
type lambdas struct {
	mu      sync.Mutex
	scripts map[string]*script
}

func (l *lambdas) add(name string, answers []answer) *script {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scripts[name] = &script{answers: answers}
	return l.scripts[name]
}

// ServeHTTP is Lambda's Invoke (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
func (l *lambdas) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	function, ok := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/")
	function, invoked := strings.CutSuffix(function, "/invocations")
	function = function[strings.LastIndexByte(function, ':')+1:]
	l.mu.Lock()
	script := l.scripts[function]
	l.mu.Unlock()
	var payload struct{ Input json.RawMessage }
	if err := json.NewDecoder(r.Body).Decode(&payload); err != nil || !ok || !invoked || script == nil {
		http.Error(w, "no such function: "+r.URL.Path, http.StatusNotFound)
		return
	}
	a := script.next(payload.Input)
	var body any = a.Output
	switch {
	case a.Hang:
		<-r.Context().Done()
		return
	case a.Error != "":
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		body = map[string]string{"errorType": a.Error, "errorMessage": a.Cause}
	}
	json.NewEncoder(w).Encode(body)
}
