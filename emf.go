package app

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"time"

	"promptz/internal/config"
)

const (
	// emfNamespace is where CloudWatch puts the program's own metrics.
	emfNamespace = "Promptz"
	// emfDimension tells one deployment's from another's in an account.
	emfDimension = "deployment"
)

// emfMetrics are the metrics' names, with their units as CloudWatch calls them.
var emfMetrics = []emfMetric{
	{"outbox_age_seconds", "Seconds"}, {"follower_lag", "Count"}, {"dead_letters", "Count"}, {"execution_failures", "Count"},
}

type emfMetric struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

// writeEMF writes a backlog as one line of the embedded metric format
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html),
// of which CloudWatch makes metrics: on Lambda nobody asks for any.
func (b Backlog) writeEMF(w io.Writer, deployment string, at time.Time) error {
	sums := map[string]float64{}
	for _, age := range b.OutboxAge {
		sums["outbox_age_seconds"] = max(sums["outbox_age_seconds"], age.Seconds())
	}
	for _, lag := range b.FollowerLag {
		sums["follower_lag"] += float64(lag)
	}
	for _, failed := range b.ExecutionsFailed {
		sums["execution_failures"] += float64(failed)
	}
	sums["dead_letters"] = float64(b.DeadLetters)
	line := map[string]any{
		emfDimension: deployment,
		"_aws": map[string]any{
			"Timestamp": at.UnixMilli(),
			"CloudWatchMetrics": []any{map[string]any{
				"Namespace": emfNamespace, "Dimensions": [][]string{{emfDimension}}, "Metrics": emfMetrics,
			}},
		},
	}
	for _, m := range emfMetrics {
		line[m.Name] = sums[m.Name]
	}
	return json.NewEncoder(w).Encode(line)
}

// emfOutput is where metrics go on Lambda, and whose they are.
type emfOutput struct {
	to         io.Writer
	deployment string
}

// functionVariable holds the name of the function that a process is, on Lambda.
const functionVariable = "AWS_LAMBDA_FUNCTION_NAME"

// newEMFOutput makes the one that CloudWatch reads. Functions are named
// "<deployment>-<handler>".
func newEMFOutput(cfg config.Config) emfOutput {
	return emfOutput{os.Stdout, strings.TrimSuffix(os.Getenv(functionVariable), "-"+cfg.Handler)}
}
