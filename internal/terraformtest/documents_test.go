package terraformtest_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"promptz/internal/terraformtest"
)

// TestStateMachines holds what AWS gets of each machine to the file: the same but
// for the function that stands for "activity".
// See https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html.
func TestStateMachines(t *testing.T) {
	t.Parallel()
	m := load(t)
	declared, err := terraformtest.Declare(root)
	if err != nil {
		t.Fatal(err)
	}
	machines := instances(t, m, "aws_sfn_state_machine.machine")
	if len(machines) != len(declared.Machines) || len(machines) == 0 {
		t.Errorf("%d machines, want %d", len(machines), len(declared.Machines))
	}
	const function = "arn:aws:lambda:eu-central-1:123456789012:function:promptz-live-activity"
	for name, b := range machines {
		file, err := m.Read("../../internal/workflow/machines/" + name + ".asl.json")
		if err != nil {
			t.Fatal(err)
		}
		var want, got map[string]any
		if err := json.Unmarshal(file, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(b.Text("definition")), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		tasks := 0
		for _, state := range want["States"].(map[string]any) {
			if s := state.(map[string]any); s["Type"] == "Task" {
				s["Resource"] = function
				tasks++
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || tasks == 0 {
			t.Errorf("%s: %d tasks, %s", name, tasks, diff)
		}
		if b.Text("name") != "promptz-live-"+name {
			t.Errorf("%s is named %s", name, b.Text("name"))
		}
	}
}

// TestQueues holds the way of a poison message: five deliveries, then the dead
// letters; and who may write.
func TestQueues(t *testing.T) {
	t.Parallel()
	m := load(t)
	queue := instances(t, m, "aws_sqs_queue.events")[""]
	redrive := decode[struct {
		DeadLetterTargetArn string `json:"deadLetterTargetArn"`
		MaxReceiveCount     int    `json:"maxReceiveCount"`
	}](t, queue.Text("redrive_policy"))
	if redrive.DeadLetterTargetArn != "aws_sqs_queue.dead.arn" || redrive.MaxReceiveCount != 5 {
		t.Errorf("redrive %+v", redrive)
	}
	function := instances(t, m, "aws_lambda_function.function")["events"]
	timeout, _ := function.Attributes["timeout"].AsBigFloat().Int64()
	visible, _ := queue.Attributes["visibility_timeout_seconds"].AsBigFloat().Int64()
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	if visible < 6*timeout {
		t.Errorf("a message is hidden for %d s of a function's %d", visible, timeout)
	}
	rules := len(instances(t, m, "aws_cloudwatch_event_rule.event"))
	for key, b := range instances(t, m, "aws_sqs_queue_policy.queue") {
		policy, err := terraformtest.ParsePolicy(b.Text("policy"))
		if err != nil {
			t.Fatal(err)
		}
		s := policy.Statement[0]
		sources := s.Condition["ArnEquals"]["aws:SourceArn"]
		if len(policy.Statement) != 1 || string(s.Principal) != `{"Service":"events.amazonaws.com"}` || len(sources) != rules || rules == 0 {
			t.Errorf("%s: %+v", key, policy)
		}
	}
}

// TestFunctionsEndBeforeTheirCallers holds functions to how long who calls them waits:
// the API's gateway, and a user pool, see
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html.
func TestFunctionsEndBeforeTheirCallers(t *testing.T) {
	t.Parallel()
	m := load(t)
	functions := instances(t, m, "aws_lambda_function.function")
	gateway, _ := instances(t, m, "aws_apigatewayv2_integration.http")[""].Attributes["timeout_milliseconds"].AsBigFloat().Int64()
	for name, milliseconds := range map[string]int64{"http": gateway - 1, "post-auth": 5000} {
		timeout, _ := functions[name].Attributes["timeout"].AsBigFloat().Int64()
		if timeout <= 0 || timeout*1000 > milliseconds {
			t.Errorf("%s may take %d s, and who calls it waits for %d ms", name, timeout, milliseconds)
		}
	}
}

// TestBucketIsPrivate holds the files' bucket to TLS, and to nobody's eyes.
func TestBucketIsPrivate(t *testing.T) {
	t.Parallel()
	m := load(t)
	policy, err := terraformtest.ParsePolicy(instances(t, m, "aws_s3_bucket_policy.files")[""].Text("policy"))
	if err != nil {
		t.Fatal(err)
	}
	s := policy.Statement[0]
	if s.Effect != "Deny" || s.Condition["Bool"]["aws:SecureTransport"][0] != "false" || len(s.Resource) != 2 {
		t.Errorf("%+v", policy)
	}
	block := instances(t, m, "aws_s3_bucket_public_access_block.files")[""]
	for _, name := range []string{"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"} {
		if block.Attributes[name] != cty.True {
			t.Errorf("%s is not set", name)
		}
	}
}

// TestDashboard holds the dashboard to what CloudWatch takes.
// See https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html.
func TestDashboard(t *testing.T) {
	t.Parallel()
	body := decode[struct {
		Widgets []struct {
			Type                string
			X, Y, Width, Height int
			Properties          struct {
				Title, Region, View string
				Period              int
				Metrics             [][]any
			}
		}
	}](t, instances(t, load(t), "aws_cloudwatch_dashboard.site")["0"].Text("dashboard_body"))
	taken := map[[2]int]bool{}
	for _, w := range body.Widgets {
		if w.Type != "metric" || w.X+w.Width > 24 || taken[[2]int{w.X, w.Y}] || w.Properties.View != "timeSeries" || len(w.Properties.Metrics) == 0 {
			t.Errorf("widget %+v", w)
		}
		taken[[2]int{w.X, w.Y}] = true
		for _, metric := range w.Properties.Metrics {
			settings, ok := metric[len(metric)-1].(map[string]any)
			if !ok || settings["stat"] == nil || len(metric)%2 != 1 { // namespace, name, dimensions in pairs, settings
				t.Errorf("%s: metric %v", w.Properties.Title, metric)
			}
		}
	}
	if len(body.Widgets) < 6 {
		t.Errorf("%d widgets", len(body.Widgets))
	}
}

// alarmed are the metrics of AWS's services, as their documentation names them,
// with the dimension that they are told apart by.
var alarmed = map[string]string{
	"AWS/ApiGateway 5xx":                         "ApiId",
	"AWS/ApiGateway Latency":                     "ApiId",
	"AWS/SQS ApproximateNumberOfMessagesVisible": "QueueName",
	"AWS/SQS ApproximateAgeOfOldestMessage":      "QueueName",
	"AWS/SES Reputation.BounceRate":              "",
	"AWS/Lambda Errors":                          "FunctionName",
	"AWS/Lambda Throttles":                       "FunctionName",
	"AWS/States ExecutionsFailed":                "StateMachineArn",
	"AWS/States ExecutionsTimedOut":              "StateMachineArn",
	"AWS/DynamoDB ReadThrottleEvents":            "TableName",
	"AWS/DynamoDB WriteThrottleEvents":           "TableName",
	"Promptz outbox_age_seconds":                 "deployment",
	"Promptz dead_letters":                       "deployment",
	"Promptz follower_lag":                       "deployment",
	"Promptz/promptz-live sign_in_failures":      "",
}

// TestAlarms holds alarms to metrics that somebody writes.
func TestAlarms(t *testing.T) {
	t.Parallel()
	m := load(t)
	unused := map[string]bool{}
	for metric := range alarmed {
		unused[metric] = true
	}
	for name, b := range instances(t, m, "aws_cloudwatch_metric_alarm.alarm") {
		metric := b.Text("namespace") + " " + b.Text("metric_name")
		want, ok := alarmed[metric]
		if !ok {
			t.Errorf("%s: nobody writes %s", name, metric)
		}
		delete(unused, metric)
		dimensions := texts(b.Attributes["dimensions"])
		if _, ok := dimensions[want]; ok != (want != "") || len(dimensions) > 1 {
			t.Errorf("%s: dimensions %v, want %q", name, dimensions, want)
		}
		if (b.Text("statistic") == "") == (b.Text("extended_statistic") == "") {
			t.Errorf("%s: one statistic is needed", name)
		}
	}
	for metric := range unused {
		t.Errorf("no alarm is on %s", metric)
	}
}

// eventOrLog is a line of the form of API Gateway's and CloudWatch's variables.
var contextVariable = regexp.MustCompile(`^\$context\.[A-Za-z.]+$`)

// TestAccessLogTellsNoSecret keeps what may hold one out of the gateway's log.
func TestAccessLogTellsNoSecret(t *testing.T) {
	t.Parallel()
	stage := instances(t, load(t), "aws_apigatewayv2_stage.live")[""]
	for field, variable := range decode[map[string]string](t, stage.Blocks["access_log_settings"][0].Text("format")) {
		if !contextVariable.MatchString(variable) {
			t.Errorf("%s: %s is no variable", field, variable)
		}
		for _, telling := range []string{"path", "sourceIp", "userAgent", "authorizer", "querystring"} {
			if strings.Contains(strings.ToLower(variable), strings.ToLower(telling)) {
				t.Errorf("%s: %s may hold a secret, or who it was", field, variable)
			}
		}
	}
}
