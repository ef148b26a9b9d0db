package workflow

import (
	"encoding/json"
	"testing"
	"time"

	"promptz/internal/promptz"
)

// A machine that never ends is ended: its history has as many events as Step
// Functions allows, with dense numbers, few enough in each write.
func TestEndlessMachineFails(t *testing.T) {
	t.Parallel()
	m, err := Parse("m", []byte(`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.end","IsPresent":true,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	e := &promptz.Execution{Machine: "m", Name: "one", Status: promptz.ExecutionRunning, Input: json.RawMessage(`{}`)}
	r, err := begin(m, e, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for at := onward; at != ended; {
		at = r.advance()
		events, err := r.take()
		if err != nil || len(events) == 0 || len(events) > eventsPerWrite+5 {
			t.Fatalf("a write of %d events, %v", len(events), err)
		}
		for _, h := range events {
			if last++; h.ID != last {
				t.Fatalf("event %d is number %d", last, h.ID)
			}
		}
	}
	if e.Error != errRuntime || last > maxEvents || last < maxEvents-2*eventsPerWrite {
		t.Errorf("got %s after %d events", e.Error, last)
	}
}
