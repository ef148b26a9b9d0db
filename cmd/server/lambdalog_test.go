package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"promptz/internal/terraformtest"
)

// TestSignInFailuresAreSeenOnLambda holds the filter by which CloudWatch counts
// codes that were wrong to what the function logs of one, and of a right request.
func TestSignInFailuresAreSeenOnLambda(t *testing.T) {
	t.Parallel()
	m, err := terraformtest.Load("../../terraform/aws", terraformtest.Values{Variables: map[string]cty.Value{
		"region": cty.StringVal("eu-central-1"), "mail_sender": cty.StringVal("promptz@example.com"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	filters, err := m.Instances("aws_cloudwatch_log_metric_filter.sign_in_failures")
	if err != nil {
		t.Fatal(err)
	}
	pattern := filters[""].Text("pattern")
	f, url := startHTTP(t, t.TempDir())
	anybody := client{t: t, url: url}
	challenge := anybody.expecting(http.StatusAccepted, http.MethodPost, "/v1/auth/challenges", map[string]any{"email": "maria@example.com"}).member(t, "challengeId")
	anybody.expecting(http.StatusUnauthorized, http.MethodPost, "/v1/auth/challenges/"+challenge+"/answer", map[string]any{"code": "000000"})
	anybody.expecting(http.StatusUnauthorized, http.MethodGet, "/v1/me", nil)
	if _, err := f.Terminate(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(f.Output()) {
		if matches(t, pattern, line) {
			count++
		}
	}
	if count != 1 {
		t.Errorf("the filter %s counts %d failures, want 1, of\n%s", pattern, count, f.Output())
	}
}

// equality is one condition of a filter's pattern for JSON, as we use them.
var equality = regexp.MustCompile(`^\$\.(\w+) = ("([^"]*)"|\d+)$`)

// matches says whether a line of a log is what a pattern of CloudWatch's filters
// wants: members that are equal, with * for anything, joined by &&.
func matches(t *testing.T, pattern, line string) bool {
	t.Helper()
	var members map[string]any
	if json.Unmarshal([]byte(line), &members) != nil {
		return false
	}
	for condition := range strings.SplitSeq(strings.Trim(pattern, "{ }"), " && ") {
		parts := equality.FindStringSubmatch(condition)
		if parts == nil {
			t.Fatalf("condition %q can't be read", condition)
		}
		want := strings.ReplaceAll(strings.Trim(parts[2], `"`), "/", "|") // path.Match's * ends at a slash
		if ok, err := path.Match(want, strings.ReplaceAll(fmt.Sprint(members[parts[1]]), "/", "|")); err != nil || !ok {
			return false
		}
	}
	return true
}
