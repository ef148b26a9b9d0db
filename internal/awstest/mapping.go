package awstest

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const mappingsPath = "/2015-03-31/event-source-mappings"

// MappingSpec describes from where a function gets batches. What it names in its
// answer comes again, all else is done. ministack heeds that for queues alone: it
// takes a batch of a stream for done unless the function fails altogether.
type MappingSpec struct {
	Source   string        // ARN of a queue or of a table's stream
	Function string        // ARN
	Batch    int           // the most at a time
	Window   time.Duration // how long a batch is waited for, in whole seconds; ministack does not wait
	Start    string        // where in a stream it begins, such as TRIM_HORIZON; "" for a queue
	Filters  []string      // patterns, one of which a record has to match; none: all come
}

// MapSource makes a mapping, deletes it when t ends, and fails t when either goes
// wrong. cfg is the stand-in's, see Config.
func MapSource(t testing.TB, cfg aws.Config, spec MappingSpec) {
	t.Helper()
	mapping := map[string]any{
		"EventSourceArn": spec.Source, "FunctionName": spec.Function, "BatchSize": spec.Batch,
		"MaximumBatchingWindowInSeconds": int(spec.Window.Seconds()), "FunctionResponseTypes": []string{"ReportBatchItemFailures"},
	}
	if spec.Start != "" {
		mapping["StartingPosition"] = spec.Start
	}
	if len(spec.Filters) > 0 {
		filters := make([]map[string]string, len(spec.Filters))
		for i, pattern := range spec.Filters {
			filters[i] = map[string]string{"Pattern": pattern}
		}
		mapping["FilterCriteria"] = map[string]any{"Filters": filters}
	}
	var made struct{ UUID string }
	must(t, cfg, plea(t, "lambda", http.MethodPost, mappingsPath, mapping), &made)
	t.Cleanup(func() { must(t, cfg, plea(t, "lambda", http.MethodDelete, mappingsPath+"/"+made.UUID, nil), nil) })
}
