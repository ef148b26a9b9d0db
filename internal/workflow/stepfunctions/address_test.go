package stepfunctions_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
	"promptz/internal/workflow/stepfunctions"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const least = "stepfunctions://?region=eu-central-1&account=123456789012"
	for _, tt := range []struct {
		name, url string
		want      stepfunctions.Address
		refused   string // what the message says
	}{
		{"the least", least, stepfunctions.Address{Region: "eu-central-1", Account: "123456789012"}, ""},
		{"all", least + "&prefix=promptz-&endpoint=http://127.0.0.1:4566", stepfunctions.Address{
			Region: "eu-central-1", Account: "123456789012", Prefix: "promptz-", Endpoint: "http://127.0.0.1:4566",
		}, ""},
		{"unknown parameter", least + "&profile=x", stepfunctions.Address{}, "no parameter profile"},
		{"twice", least + "&region=eu-west-1", stepfunctions.Address{}, "region is there twice"},
		{"no region", "stepfunctions://?account=123456789012", stepfunctions.Address{}, "region has to"},
		{"odd region", "stepfunctions://?region=eu:central&account=123456789012", stepfunctions.Address{}, "region has to"},
		{"no account", "stepfunctions://?region=eu-central-1", stepfunctions.Address{}, "account has to"},
		{"short account", "stepfunctions://?region=eu-central-1&account=1234", stepfunctions.Address{}, "account has to"},
		{"odd prefix", least + "&prefix=a:b", stepfunctions.Address{}, "prefix has"},
		{"long prefix", least + "&prefix=" + strings.Repeat("a", 41), stepfunctions.Address{}, "prefix has"},
		{"endpoint without a scheme", least + "&endpoint=127.0.0.1", stepfunctions.Address{}, "endpoint has to"},
		{"host", "stepfunctions://eu-central-1?account=123456789012", stepfunctions.Address{}, "has to be stepfunctions://?region="},
		{"path", "stepfunctions:///x?region=eu-central-1&account=123456789012", stepfunctions.Address{}, "has to be stepfunctions://?region="},
		{"bad parameters", "stepfunctions://?region=%zz", stepfunctions.Address{}, "can't be read"},
		{"another scheme", "local://", stepfunctions.Address{}, "has to be stepfunctions://?region="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			got, err := stepfunctions.Parse(u)
			if tt.refused != "" {
				if promptz.ErrorCode(err) != promptz.CodeNotValid || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("%v, want one that says %q", err, tt.refused)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

// Every part of AWS has ARNs of its own.
func TestPartitions(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"eu-central-1":  "arn:aws:states:eu-central-1:123456789012:stateMachine:m",
		"cn-north-1":    "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:m",
		"us-gov-west-1": "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:m",
	} {
		f := &fake{answers: []answer{ok(`{"executionArn":"x","startDate":1}`)}}
		server := httptest.NewServer(f)
		t.Cleanup(server.Close)
		r := stepfunctions.NewRunner(sfn.NewFromConfig(awstest.Config(server.URL)), stepfunctions.Address{Region: region, Account: "123456789012"})
		if err := r.Start(t.Context(), "m", "one", json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
		if got := f.asked[0].Input["stateMachineArn"]; got != want {
			t.Errorf("%s: %v, want %s", region, got, want)
		}
	}
}
