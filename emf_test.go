package app

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// A backlog is one line in CloudWatch's embedded metric format, whose names are
// those that Terraform's dashboard and alarms ask for.
func TestEMF(t *testing.T) {
	t.Parallel()
	b := Backlog{
		OutboxAge:   map[string]time.Duration{"library": 90 * time.Second, "identity": time.Second},
		FollowerLag: map[promptz.Feed]int64{promptz.FeedItems: 3, promptz.FeedActivity: 4}, DeadLetters: 2,
		ExecutionsFailed: map[string]int{"welcome": 1, "publication": 5},
	}
	var out bytes.Buffer
	if err := b.writeEMF(&out, "promptz-live", time.UnixMilli(1764230400000)); err != nil {
		t.Fatal(err)
	}
	const want = `{"_aws":{"Timestamp":1764230400000,"CloudWatchMetrics":[{"Namespace":"Promptz","Dimensions":[["deployment"]],"Metrics":[
		{"Name":"outbox_age_seconds","Unit":"Seconds"},{"Name":"follower_lag","Unit":"Count"},
		{"Name":"dead_letters","Unit":"Count"},{"Name":"execution_failures","Unit":"Count"}]}]},
		"deployment":"promptz-live","outbox_age_seconds":90,"follower_lag":7,"dead_letters":2,"execution_failures":6}`
	var gotValue, wantValue any
	if err := json.Unmarshal(out.Bytes(), &gotValue); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wantValue); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantValue, gotValue); diff != "" || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("%s (-want +got)\n%s", out.String(), diff)
	}
	text, err := os.ReadFile("terraform/aws/metrics.tf")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range emfMetrics {
		if !strings.Contains(string(text), `= "`+m.Name+`"`) {
			t.Errorf("terraform/aws/metrics.tf does not know %s", m.Name)
		}
	}
	if !strings.Contains(string(text), `metrics_namespace = "`+emfNamespace+`"`) || !strings.Contains(string(text), "metrics_of = { "+emfDimension+" =") {
		t.Error("terraform/aws/metrics.tf has another namespace or dimension")
	}
}
