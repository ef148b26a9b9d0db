package terraformtest_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"promptz/internal/config"
	"promptz/internal/terraformtest"
)

// handlers are what `handler` can be, each a function.
var handlers = slices.Sorted(slices.Values(config.Handlers()))

// variants are the two ways in which rights differ.
var variants = []string{"cognito", "local"}

// policiesOf gives the policies of functions' roles where sign-in is by codes of a
// kind.
func policiesOf(t *testing.T, signIn string) map[string]terraformtest.Policy {
	t.Helper()
	variables := required()
	variables["sign_in"] = cty.StringVal(signIn)
	m, err := terraformtest.Load(awsDir, terraformtest.Values{Variables: variables})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := m.Functions()
	if err != nil {
		t.Fatal(err)
	}
	policies := map[string]terraformtest.Policy{}
	for handler, text := range texts {
		if policies[handler], err = terraformtest.ParsePolicy(text); err != nil {
			t.Fatalf("%s: %v", handler, err)
		}
		if len(text) > 10240 { // of all inline policies of a role
			t.Errorf("%s: a policy of %d characters", handler, len(text))
		}
	}
	return policies
}

// TestEveryActionIsCalled holds each action that a role allows to a line of code
// that calls it, for a use of ours; nothing in the tables is left over.
func TestEveryActionIsCalled(t *testing.T) {
	t.Parallel()
	allowed, used := map[string]bool{}, map[string]bool{}
	for _, signIn := range variants {
		policies := policiesOf(t, signIn)
		if got := slices.Sorted(maps.Keys(policies)); !slices.Equal(got, handlers) {
			t.Errorf("functions are %v", got)
		}
		for handler, policy := range policies {
			for _, s := range policy.Statement {
				used[s.Sid] = true
				if _, ok := uses[s.Sid]; !ok {
					t.Errorf("%s: nothing is known to want %s", handler, s.Sid)
				}
				for _, action := range s.Action {
					allowed[action] = true
					if _, ok := calls[action]; !ok {
						t.Errorf("%s: nothing is known to call %s", handler, action)
					}
				}
			}
		}
	}
	for action := range calls {
		if !allowed[action] {
			t.Errorf("no role allows %s, which the code calls", action)
		}
	}
	for sid := range uses {
		if !used[sid] {
			t.Errorf("no role has %s, which the code wants", sid)
		}
	}
}

// TestLinesAreThere holds the tables to the code: a line that is gone may have
// taken its need along.
func TestLinesAreThere(t *testing.T) {
	t.Parallel()
	sites := slices.Concat(slices.Collect(maps.Values(calls)), slices.Collect(maps.Values(uses)))
	for _, s := range sites {
		if s.pkg == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folderOf(t, s.pkg), s.file))
		if err != nil {
			t.Error(err)
			continue
		}
		lines := strings.Split(string(text), "\n")
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.TrimSpace(l) == s.line }) {
			t.Errorf("%s/%s has no line %s", s.pkg, s.file, s.line)
		}
	}
}

// clientCall is a call of a client of AWS's SDK.
var clientCall = regexp.MustCompile(`\.(?:client|db)\.([A-Z][A-Za-z0-9]*)\(ctx`)

// TestEveryCallIsAllowed finds calls of AWS's clients in the code that functions
// run, and holds them to the actions that roles allow.
func TestEveryCallIsAllowed(t *testing.T) {
	t.Parallel()
	byName := map[string]bool{}
	for action := range calls {
		_, name, _ := strings.Cut(action, ":")
		byName[name] = true
	}
	unused := maps.Clone(noAction)
	for _, pkg := range callers {
		names, err := filepath.Glob(filepath.Join(folderOf(t, pkg), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range clientCall.FindAllStringSubmatch(string(text), -1) {
				found++
				if _, known := noAction[match[1]]; !known && !byName[match[1]] {
					t.Errorf("%s calls %s: no role allows it", name, match[1])
				}
				delete(unused, match[1])
			}
		}
		if found == 0 {
			t.Errorf("%s calls nothing", pkg)
		}
	}
	for name, why := range unused {
		t.Errorf("nothing calls %s any more (%s)", name, why)
	}
}

// anywhere are actions that AWS knows no resource for, see
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html and
// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html.
var anywhere = []string{
	"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
	"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
	"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
}

var (
	sidPattern    = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	actionPattern = regexp.MustCompile(`^[a-z0-9-]+:[A-Z][A-Za-z]+$`)
)

// TestPoliciesAreLeast holds every policy of a role to the grammar and to named
// resources.
func TestPoliciesAreLeast(t *testing.T) {
	t.Parallel()
	m := load(t)
	for _, address := range m.Addresses() {
		if !strings.HasPrefix(address, "aws_iam_role_policy.") {
			continue
		}
		for key, b := range instances(t, m, address) {
			policy, err := terraformtest.ParsePolicy(b.Text("policy"))
			if err != nil || policy.Version != "2012-10-17" || len(policy.Statement) == 0 {
				t.Errorf("%s[%s]: %v, version %q", address, key, err, policy.Version)
			}
			sids := map[string]bool{}
			for _, s := range policy.Statement {
				checkStatement(t, s)
				if sids[s.Sid] {
					t.Errorf("%s[%s]: %s is there twice", address, key, s.Sid)
				}
				sids[s.Sid] = true
			}
		}
	}
}

func checkStatement(t *testing.T, s terraformtest.Statement) {
	t.Helper()
	if s.Effect != "Allow" || !sidPattern.MatchString(s.Sid) || len(s.Action) == 0 || len(s.Resource) == 0 || s.Principal != nil {
		t.Errorf("statement %+v", s)
	}
	for _, action := range s.Action {
		if !actionPattern.MatchString(action) {
			t.Errorf("%s: action %q", s.Sid, action)
		}
		if slices.Contains(s.Resource, "*") && !slices.Contains(anywhere, action) {
			t.Errorf("%s: %s on everything", s.Sid, action)
		}
	}
	for _, on := range s.Resource {
		if on != "*" && !strings.HasPrefix(on, "arn:aws:") && !strings.HasPrefix(on, "aws_") {
			t.Errorf("%s: %q is no ARN", s.Sid, on)
		}
	}
}

// folderOf gives the folder of a package, ours without the module's name.
func folderOf(t *testing.T, pkg string) string {
	t.Helper()
	if !strings.Contains(pkg, ".") || pkg == "." {
		return filepath.Join(root, pkg)
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pkg, err)
	}
	return strings.TrimSpace(string(out))
}
