package workflowtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"promptz/internal/workflow"
)

// Activities are what the suite's machines call. They keep nothing, so that they
// may be called in any process.
func Activities() workflow.Activities {
	return workflow.Activities{
		"Echo": func(_ context.Context, c workflow.Call) (any, error) { return json.RawMessage(c.Input), nil },
		"Who":  func(_ context.Context, c workflow.Call) (any, error) { return c.Execution + "/" + c.State, nil },
		"Fail": workflow.Typed(fail),
		"Busy": workflow.Typed(busy),
		"Hang": hang,
		"Open": workflow.Typed(open),
	}
}

// failing is what Fail is to do.
type failing struct {
	How   string `json:"how"` // "named", "plain" or "panic"
	Name  string `json:"name,omitempty"`
	Cause string `json:"cause,omitempty"`
}

func fail(_ context.Context, _ workflow.Call, f failing) (any, error) {
	switch f.How {
	case "named":
		return nil, fmt.Errorf("look: %w", &workflow.Error{Name: f.Name, Cause: f.Cause})
	case "panic":
		panic(f.Cause)
	}
	return nil, errors.New(f.Cause)
}

// busy works at the second retry. Its input is how often it was tried again.
func busy(_ context.Context, _ workflow.Call, retries int) (any, error) {
	if retries < 2 {
		return nil, &workflow.Error{Name: "Busy", Cause: fmt.Sprint("retry ", retries)}
	}
	return retries, nil
}

// hang does nothing for longer than any timeout here.
func hang(ctx context.Context, _ workflow.Call) (any, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(5 * time.Second):
		return "waited", nil
	}
}

// open works once the file is there that its input names.
func open(_ context.Context, _ workflow.Call, file string) (any, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, &workflow.Error{Name: "Closed", Cause: "not yet"}
	}
	return "open", nil
}

// machines are the suite's machines by their names. A case that lists executions
// has a machine of its own.
var machines = map[string]string{
	"echo":   one(task("Echo", "$", `"End":true`)),
	"once":   one(task("Echo", "$", `"End":true`)),
	"other":  one(task("Who", "$", `"End":true`)),
	"fail":   one(task("Fail", "$", `"End":true`)),
	"none":   one(task("Nobody", "$", `"End":true`)),
	"giveup": `{"StartAt":"A","States":{"A":{"Type":"Fail","Error":"GivenUp","Cause":"on purpose"}}}`,
	"two": `{"StartAt":"A","States":{
		"A":` + task("Who", "$", `"ResultPath":"$.first","Next":"B"`) + `,
		"B":` + task("Who", "$", `"ResultPath":"$.second","Next":"C"`) + `,
		"C":{"Type":"Choice","Choices":[{"Variable":"$.go","BooleanEquals":true,"Next":"D"}],"Default":"E"},
		"D":{"Type":"Pass","Result":"<done>","ResultPath":"$.third","Next":"E"},
		"E":{"Type":"Succeed"}}}`,
	"wait": `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"A"},"A":` + task("Who", "$", `"End":true`) + `}}`,
	"rest": `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":600,"End":true}}}`,
	"retry": one(task("Busy", "$$.State.RetryCount",
		`"Retry":[{"ErrorEquals":["Other"],"MaxAttempts":0},{"ErrorEquals":["Busy"],"IntervalSeconds":1,"BackoffRate":1}],"End":true`)),
	"catch": `{"StartAt":"A","States":{
		"A":` + task("Busy", "$$.State.RetryCount",
		`"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":1,"MaxAttempts":1}],
		 "Catch":[{"ErrorEquals":["Other"],"Next":"C"},{"ErrorEquals":["Busy"],"ResultPath":"$.failure","Next":"B"}],"End":true`) + `,
		"B":{"Type":"Pass","Parameters":{"kept.$":"$.kept","error.$":"$.failure.Error","cause.$":"$.failure.Cause"},"End":true},
		"C":{"Type":"Fail"}}}`,
	"slow":     one(task("Hang", "$", `"TimeoutSeconds":1,"End":true`)),
	"deadline": `{"TimeoutSeconds":1,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`,
	"lists": `{"StartAt":"C","States":{
		"C":{"Type":"Choice","Choices":[{"Variable":"$","StringEquals":"wait","Next":"W"},{"Variable":"$","StringEquals":"fail","Next":"F"}],"Default":"S"},
		"W":{"Type":"Wait","Seconds":600,"Next":"S"},"F":{"Type":"Fail","Error":"Meant"},"S":{"Type":"Succeed"}}}`,
	"pages": `{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}`,
	"door":  `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":` + task("Open", "$", `"End":true`) + `}}`,
}

// one is a machine of one state.
func one(state string) string { return `{"StartAt":"A","States":{"A":` + state + `}}` }

// task is a Task that calls an activity with what a path leads to.
func task(activity, input, rest string) string {
	return `{"Type":"Task","Resource":"activity","Parameters":{"activity":"` + activity +
		`","execution.$":"$$.Execution.Name","state.$":"$$.State.Name","input.$":"` + input + `"},` + rest + `}`
}

func parse(t *testing.T) []*workflow.Machine {
	t.Helper()
	var parsed []*workflow.Machine
	for name, text := range machines {
		m, err := workflow.Parse(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, m)
	}
	return parsed
}
