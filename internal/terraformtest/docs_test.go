package terraformtest_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/terraformtest"
)

// The table of rights stands between these lines of docs/aws.md.
const (
	docs  = "../../docs/aws.md"
	begin = "<!-- rights: written by make terraform-declared -->\n"
	end   = "<!-- end of rights -->\n"
)

// TestRightsAreDocumented keeps the table of docs/aws.md what the roles allow.
func TestRightsAreDocumented(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatal("there is no place for the table")
	}
	want := rightsTable(t)
	if *update {
		if err := os.WriteFile(docs, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it is stale, run `make terraform-declared`: %s", diff)
	}
}

// rightsTable is a row for each action of each role, with who calls it and the
// line of ours that wants it.
func rightsTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| function | may | on | called by | wanted by |\n|---|---|---|---|---|\n")
	with, without := policiesOf(t, "local"), policiesOf(t, "cognito")
	for _, handler := range slices.Sorted(maps.Keys(with)) {
		for _, s := range with[handler].Statement {
			only := ""
			if !slices.ContainsFunc(without[handler].Statement, func(o terraformtest.Statement) bool { return o.Sid == s.Sid }) {
				only = ", if sign-in is `local`"
			}
			for _, action := range s.Action {
				fmt.Fprintf(&b, "| %s | `%s`%s | %s | %s | %s |\n", handler, action, only, named(s.Resource), calls[action], uses[s.Sid])
			}
		}
	}
	return b.String()
}

// named gives resources as people know them.
func named(resources []string) string {
	tidy := strings.NewReplacer("aws_", "", ".arn", "", `"`, "", "dynamodb_table.collection", "table ", "cloudwatch_log_group.function", "log group ",
		"arn:aws:states:eu-central-1:123456789012:stateMachine:promptz-live-", "machine ", "[", "", "]", "", "s3_bucket.files", "bucket",
		"cloudwatch_event_bus.events", "bus", "sqs_queue.events", "queue", "kms_key.keeper", "key", "sesv2_email_identity.sender", "mail identity", "*", `\*`)
	return tidy.Replace(strings.Join(resources, ", "))
}

// String is a site as the table has it.
func (s site) String() string {
	switch {
	case s.pkg == "":
		return s.line
	case s.pkg == ".":
		return fmt.Sprintf("%s: `%s`", s.file, s.line)
	}
	return fmt.Sprintf("%s/%s: `%s`", s.pkg, s.file, s.line)
}
