package terraformtest_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"promptz/internal/config"
	"promptz/internal/terraformtest"
)

// keyRow is a row of the table of configuration keys.
var keyRow = regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\| `(PROMPTZ_[A-Z_]+)`")

// configKeys gives the variables of the program's configuration keys, by key.
func configKeys(t *testing.T) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for _, match := range keyRow.FindAllStringSubmatch(config.Markdown(), -1) {
		keys[match[1]] = match[2]
	}
	if keys["publicURL"] != "PROMPTZ_PUBLIC_URL" {
		t.Fatalf("the keys can't be read: %v", keys)
	}
	return keys
}

// onAWS is how a deployment looks whose resources have got their names.
func onAWS(address, attribute string) string {
	return map[string]string{
		"aws_apigatewayv2_api.api.api_endpoint":           "https://abc123.execute-api.eu-central-1.amazonaws.com",
		"aws_cloudfront_distribution.edge[0].domain_name": "d111111abcdef8.cloudfront.net",
		"aws_sqs_queue.events.url":                        "https://sqs.eu-central-1.amazonaws.com/123456789012/promptz-live-events",
		"aws_kms_key.keeper.key_id":                       "1234abcd-12ab-34cd-56ef-1234567890ab",
		"aws_s3_bucket.files.bucket":                      "promptz-live-123456789012-eu-central-1",
		"aws_cloudwatch_event_bus.events.name":            "promptz-live",
		"aws_cognito_user_pool.users[0].id":               "eu-central-1_AbCdEfGhI",
		"aws_cognito_user_pool_client.site[0].id":         "1example23456789",
	}[address+"."+attribute]
}

func loadOnAWS(t *testing.T) *terraformtest.Module {
	t.Helper()
	m, err := terraformtest.Load(awsDir, terraformtest.Values{Variables: required(), Attribute: onAWS})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// settings gives the configuration that the functions and the outputs share.
func settings(t *testing.T, m *terraformtest.Module) map[string]string {
	t.Helper()
	value, err := m.Local("settings")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for key, v := range value.AsValueMap() {
		found[key] = text(v)
	}
	return found
}

// text gives a setting as it stands in a variable.
func text(value cty.Value) string {
	if value.Type() == cty.String {
		return value.AsString()
	}
	return strings.Join(terraformtest.Strings(value), ",")
}

// TestOutputsAreConfigurationKeys holds outputs to the keys that the program
// reads, on AWS and on an emulator alike.
func TestOutputsAreConfigurationKeys(t *testing.T) {
	t.Parallel()
	m := loadOnAWS(t)
	want := settings(t, m)
	keys := configKeys(t)
	got, file := map[string]string{}, map[string]any{}
	for _, name := range m.Outputs() {
		if _, ok := keys[name]; !ok {
			t.Errorf("output %s is no configuration key", name)
		}
		value, err := m.Output(name)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = text(value)
		file[name] = ctyjson.SimpleJSONValue{Value: value}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs are not the settings: %s", diff)
	}
	checkFile(t, file)
	local, err := terraformtest.Load(localDir, terraformtest.Values{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Outputs(), local.Outputs()); diff != "" {
		t.Errorf("outputs on an emulator: %s", diff)
	}
}

// checkFile has the program read the outputs as its configuration file.
func checkFile(t *testing.T, outputs map[string]any) {
	t.Helper()
	content, err := json.Marshal(outputs)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "promptz.yaml")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	set, flags := pflag.NewFlagSet("promptz", pflag.ContinueOnError), new(config.Flags)
	flags.Bind(set)
	if err := set.Parse([]string{"--config", name}); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(flags, nil, schemes); err != nil {
		t.Error(err)
	}
}

// schemes are those that a deployment on AWS uses.
var schemes = config.Schemes{
	"documents": {"dynamodb"}, "blobs": {"s3"}, "topic": {"eventbridge"}, "subscription": {"eventbridge"}, "secrets": {"awskms"},
	"workflows": {"stepfunctions"}, "signIn": {"cognito"}, "mail": {"ses"},
}

// awaited are variables whose keys are on their way.
var awaited = map[string]string{}

// TestVariablesAreConfigurationKeys holds the environment of every function to the
// keys that the program reads: it refuses to start at one that is not.
func TestVariablesAreConfigurationKeys(t *testing.T) {
	t.Parallel()
	m := loadOnAWS(t)
	known := map[string]bool{}
	for _, variable := range configKeys(t) {
		known[variable] = true
		if _, ok := awaited[variable]; ok {
			t.Errorf("%s is there: it need not be awaited", variable)
		}
	}
	for handler, f := range instances(t, m, "aws_lambda_function.function") {
		environment := texts(f.Blocks["environment"][0].Attributes["variables"])
		if environment["PROMPTZ_HANDLER"] != handler {
			t.Errorf("%s is told to be %q", handler, environment["PROMPTZ_HANDLER"])
		}
		if _, ok := environment["PROMPTZ_ORIGIN_SECRET"]; ok != (handler == "http") {
			t.Errorf("%s has the origin secret: %v", handler, ok)
		}
		for variable, value := range environment {
			if _, ok := awaited[variable]; ok {
				delete(environment, variable)
			} else if !known[variable] {
				t.Errorf("%s: %s=%q is no configuration", handler, variable, value)
			}
		}
		for key, value := range settings(t, m) {
			if value != "" && environment[configKeys(t)[key]] != value {
				t.Errorf("%s: %s is %q, want %q", handler, key, environment[configKeys(t)[key]], value)
			}
		}
		checkLoads(t, environment)
	}
}

// checkLoads has the program read an environment.
func checkLoads(t *testing.T, environment map[string]string) {
	t.Helper()
	var environ []string
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		environ = append(environ, name+"="+environment[name])
	}
	if _, err := config.Load(new(config.Flags), environ, schemes); err != nil {
		t.Error(err)
	}
	for name, value := range environment {
		if !strings.Contains(value, "://") {
			continue
		}
		if _, err := url.Parse(strings.ReplaceAll(value, "{collection}", "library")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func texts(value cty.Value) map[string]string {
	found := map[string]string{}
	for name, v := range value.AsValueMap() {
		found[name] = v.AsString()
	}
	return found
}

// TestEmulatorIsAskedForEverything finds what would go to AWS itself.
func TestEmulatorIsAskedForEverything(t *testing.T) {
	t.Parallel()
	variables := required()
	variables["emulator"] = cty.ObjectVal(map[string]cty.Value{"endpoint": cty.StringVal("http://127.0.0.1:4566")})
	m, err := terraformtest.Load(awsDir, terraformtest.Values{Variables: variables, Attribute: onAWS})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"documents", "blobs", "topic", "subscription", "secrets", "workflows", "mail", "signIn"} {
		if value := settings(t, m)[key]; !strings.Contains(value, "endpoint=http%3A%2F%2F127.0.0.1%3A4566") {
			t.Errorf("%s is %s", key, value)
		}
	}
	for _, p := range providers(t, m) {
		if len(p.Blocks["endpoints"]) != 1 || p.Text("http_proxy") != "http://127.0.0.1:4566" || p.Attributes["skip_credentials_validation"].False() {
			t.Errorf("a provider would ask AWS: %v", p)
		}
	}
	for _, p := range providers(t, loadOnAWS(t)) {
		if len(p.Blocks["endpoints"]) != 0 || p.Text("access_key") != "" || p.Attributes["skip_credentials_validation"].True() {
			t.Errorf("a provider would not ask AWS: %v", p)
		}
		tags := texts(p.Blocks["default_tags"][0].Attributes["tags"])
		if tags["application"] != "promptz" || tags["deployment"] != "promptz-live" || tags["environment"] != "live" {
			t.Errorf("tags are %v", tags)
		}
	}
}

// providers gives the provider as most resources have it, and as mail identities do.
func providers(t *testing.T, m *terraformtest.Module) []terraformtest.Block {
	t.Helper()
	all, err := m.Providers()
	if err != nil || len(all) != 2 {
		t.Fatalf("%d providers, %v", len(all), err)
	}
	return all
}
