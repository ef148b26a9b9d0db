package awstest

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const mappingsPath = "/2015-03-31/event-source-mappings"

// MapQueue has a function called with the messages of a queue, up to 10 at a time.
// What the function names in its answer comes again, all else is done. The mapping
// is deleted when t ends. Both are ARNs. cfg is the stand-in's, see Config.
func MapQueue(t testing.TB, cfg aws.Config, queue, function string) {
	t.Helper()
	mapSource(t, cfg, map[string]any{"EventSourceArn": queue, "FunctionName": function, "BatchSize": 10})
}

func mapSource(t testing.TB, cfg aws.Config, mapping map[string]any) {
	t.Helper()
	mapping["FunctionResponseTypes"] = []string{"ReportBatchItemFailures"}
	var made struct{ UUID string }
	must(t, cfg, plea(t, "lambda", http.MethodPost, mappingsPath, mapping), &made)
	t.Cleanup(func() { must(t, cfg, plea(t, "lambda", http.MethodDelete, mappingsPath+"/"+made.UUID, nil), nil) })
}
