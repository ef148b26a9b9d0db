package workflow_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

// What is written at once fits into the documents and the atomic writes of every
// store, DynamoDB's being the least: 400 KB and 4 MB, 100 documents.
func TestWritesFit(t *testing.T) {
	t.Parallel()
	var states []string
	for i := range 30 {
		next := fmt.Sprintf(`"Next":"S%d"`, i+1)
		if i%10 == 9 {
			states = append(states, fmt.Sprintf(`"S%d":%s`, i, task("Echo", next)))
		} else {
			states = append(states, fmt.Sprintf(`"S%d":{"Type":"Pass",%s}`, i, next))
		}
	}
	states[0] = `"S0":{"Type":"Pass","Result":1,"ResultPath":"$.b","Next":"S1"}` // other data than the execution's input
	f := newFixture(t)
	p := f.start(t, "r1", workflow.Activities{"Echo": echo}, map[string]string{
		"m":    `{"StartAt":"S0","States":{` + strings.Join(states, ",") + `,"S30":{"Type":"Succeed"}}}`,
		"same": `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{"Type":"Succeed"}}}`,
	})
	longest := 0
	p.store.check = func(e *promptz.Execution, events []promptz.ExecutionEvent) {
		longest = max(longest, checkFits(t, e, events))
	}
	input := `{"a":"` + strings.Repeat("<", 175<<10) + `"}` // as long with escapes meant for HTML, it would be six times that
	if err := p.Start(t.Context(), "m", "one", json.RawMessage(input)); err != nil {
		t.Fatal(err)
	}
	if e := f.await(t, "m", "one", ended); e.Status != promptz.ExecutionSucceeded || len(e.Output) != len(input)+len(`,"b":1`) {
		t.Errorf("got %s %s %s, %d bytes", e.Status, e.Error, e.Cause, len(e.Output))
	}
	input = `"` + strings.Repeat("a", 256<<10-2) + `"`
	if err := p.Start(t.Context(), "same", "one", json.RawMessage(input)); err != nil {
		t.Fatal(err)
	}
	if e, _ := f.runThrough(t, "same", "one"); string(e.Output) != input {
		t.Errorf("input of 256 KiB: %s %s %s", e.Status, e.Error, e.Cause)
	}
	if longest < 1<<20 {
		t.Errorf("the longest write had %d bytes: this tested nothing", longest)
	}
}

// checkFits checks the sizes of one write, and gives how many bytes it has.
func checkFits(t *testing.T, e *promptz.Execution, events []promptz.ExecutionEvent) int {
	document := len(e.Input) + len(e.Frame) + len(e.Cause)
	if !bytes.Equal(e.Output, e.Input) { // which the store keeps once
		document += len(e.Output)
	}
	total := document
	for _, h := range events {
		total += len(h.Details)
		if len(h.Details) > 380<<10 {
			t.Errorf("event %s has %d bytes", h.Type, len(h.Details))
		}
	}
	if document > 362<<10 || total > 3800<<10 || len(events) > 60 {
		t.Errorf("a write of %d events and %d bytes, %d of them the execution's", len(events), total, document)
	}
	return total
}

// A history of many documents is whole and in order.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.start(t, "r1", nil, map[string]string{"m": `{"StartAt":"A","States":{
		"A":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":300,"Next":"C"}],"Default":"B"},
		"B":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n, 1)"},"Next":"A"},"C":{"Type":"Succeed"}}}`})
	if err := p.Start(t.Context(), "m", "one", json.RawMessage(`{"n":0}`)); err != nil {
		t.Fatal(err)
	}
	e := f.await(t, "m", "one", ended)
	if string(e.Output) != `{"n":300}` {
		t.Fatalf("got %s %s %s", e.Status, e.Output, e.Cause)
	}
	history, err := p.FindHistory(t.Context(), promptz.ExecutionRef{Machine: "m", Name: "one"})
	if want := 2 + 4*300 + 4; err != nil || len(history) != want {
		t.Fatalf("%d events, %v; want %d", len(history), err, want)
	}
	for i, h := range history {
		if previous := max(i, 0); h.ID != i+1 || i > 1 && h.Previous != previous {
			t.Fatalf("event %d is number %d after %d", i+1, h.ID, h.Previous)
		}
	}
}
