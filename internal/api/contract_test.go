package api_test

import (
	"bytes"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"promptz/internal/api"
	"promptz/internal/promptz"
)

// node is openapi.yaml, or a part of it.
type node map[string]any

func readContract(t testing.TB) node {
	t.Helper()
	var root node
	if err := yaml.Unmarshal(readSpec(t), &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// at goes down by names; nil where there is nothing.
func (n node) at(names ...string) node {
	for _, name := range names {
		n, _ = n[name].(node)
	}
	return n
}

// resolve follows a reference, if n is one.
func (n node) resolve(root node) node {
	ref, ok := n["$ref"].(string)
	if !ok {
		return n
	}
	return root.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
}

type describedOperation struct {
	method, path string
	node         node
	parameters   []node
}

// operations are all there are, in a fixed order.
func (n node) operations() []describedOperation {
	var all []describedOperation
	for path := range n.at("paths") {
		item := n.at("paths", path)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			op := item.at(strings.ToLower(method))
			if op == nil {
				continue
			}
			described := describedOperation{method: method, path: path, node: op}
			for _, list := range []any{item["parameters"], op["parameters"]} {
				parameters, _ := list.([]any)
				for _, p := range parameters {
					described.parameters = append(described.parameters, p.(node).resolve(n))
				}
			}
			all = append(all, described)
		}
	}
	slices.SortFunc(all, func(a, b describedOperation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// TestScopes says for every operation who may use it.
func TestScopes(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, op := range readContract(t).operations() {
		var alternatives []string
		for _, alternative := range op.node["security"].([]any) {
			scope := "anybody"
			for _, scheme := range []string{"bearer", "cookie"} {
				if scopes, ok := alternative.(node)[scheme].([]any); ok {
					scope = "caller"
					if len(scopes) > 0 {
						scope = scopes[0].(string)
					}
				}
			}
			alternatives = append(alternatives, scope)
		}
		// A bearer and a cookie are good for the same.
		if n := len(alternatives); n > 1 && alternatives[n-1] == alternatives[n-2] {
			alternatives = alternatives[:n-1]
		}
		got[op.node["operationId"].(string)] = strings.Join(alternatives, " or ")
	}
	const public, read, write = "anybody or caller", "read", "write"
	want := map[string]string{
		"listItems": public, "createItem": write, "getItem": public, "replaceItem": write, "updateItem": write, "deleteItem": write,
		"listVersions": public, "getVersion": public, "eraseVersion": write, "restoreVersion": write,
		"getUser": public, "listUserItems": public, "getMe": read, "updateMe": write, "listMyItems": read,
		"getLiveness": "", "getReadiness": "",
		"moderateItem": "admin", "eraseMe": write, "exportMe": write, "beginAddressChange": write,
		"listMyKeys": read, "createMyKey": write, "deleteMyKey": write,
		"listMySessions": read, "deleteMySession": write, "deleteMySessions": write,
		"beginSignIn": "", "answerChallenge": public, "getSignInLink": "", "followSignInLink": "", "finishRedirect": "",
		"refreshTokens": "", "revokeToken": "", "getKeySet": "",
		"starItem": write, "unstarItem": write, "listMyStars": read, "copyItem": public, "viewItem": public,
		"downloadItem": public, "getItemStats": public, "listChanges": public,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// limits are those of a text or list and of its entries; 0 where there is none.
type limits struct{ Min, Max, MaxEntries int }

// limitsOfTag reads a validator tag.
func limitsOfTag(field reflect.StructField) limits {
	var l limits
	own, entries, dives := strings.Cut(field.Tag.Get("validate"), ",dive,")
	number := func(tags, name string) int {
		m := regexp.MustCompile(`\b` + name + `=(\d+)`).FindStringSubmatch(tags)
		if m == nil {
			return 0
		}
		n, _ := strconv.Atoi(m[1])
		return n
	}
	if dives {
		l.MaxEntries = number(own, "max")
		own = entries
	}
	l.Min, l.Max = number(own, "min"), number(own, "max")
	return l
}

// limitsOfSchema reads a schema of openapi.yaml.
func limitsOfSchema(root, schema node) limits {
	var l limits
	schema = schema.resolve(root)
	if n, ok := schema["maxItems"].(int); ok {
		l.MaxEntries = n
		schema = schema.at("items").resolve(root)
	}
	l.Min, _ = schema["minLength"].(int)
	l.Max, _ = schema["maxLength"].(int)
	return l
}

// TestLimits holds openapi.yaml's limits to the domain's.
func TestLimits(t *testing.T) {
	t.Parallel()
	root := readContract(t)
	compared := 0
	for _, test := range []struct {
		schema string
		domain any
	}{
		{"ItemCreate", promptz.Text{}},
		{"ItemReplace", promptz.Text{}},
		{"ItemPatch", promptz.Text{}},
		{"ItemSummary", promptz.Text{}},
		{"ItemCreate", promptz.Draft{}},
		{"ItemPatch", promptz.Draft{}},
		{"AgentSettings", promptz.AgentSettings{}},
		{"Me", promptz.User{}},
		{"MePatch", promptz.User{}},
		{"User", promptz.User{}},
		{"KeyCreate", promptz.Key{}},
		{"Moderation", promptz.Moderation{}},
	} {
		fields := reflect.TypeOf(test.domain)
		for i := range fields.NumField() {
			field := fields.Field(i)
			member := strings.ToLower(field.Name[:1]) + field.Name[1:]
			if field.Name == "SourceURL" {
				member = "sourceUrl"
			}
			want := limitsOfTag(field)
			schema := root.at("components", "schemas", test.schema, "properties", member)
			if want == (limits{}) || schema == nil {
				continue
			}
			compared++
			if diff := cmp.Diff(want, limitsOfSchema(root, schema)); diff != "" {
				t.Errorf("%s.%s (-domain +openapi.yaml):\n%s", test.schema, member, diff)
			}
		}
	}
	if compared != 43 {
		t.Errorf("%d limits were compared, not 43: have openapi.yaml and the domain the same members?", compared)
	}
}

// TestPatterns holds openapi.yaml's patterns to what the domain takes.
func TestPatterns(t *testing.T) {
	t.Parallel()
	schemas := readContract(t).at("components", "schemas")
	draft := func(set func(d *promptz.Draft, value string)) func(string) bool {
		return func(value string) bool {
			d := promptz.Draft{Text: promptz.Text{Name: "Name", Description: "A description.", Content: "x"}, Visibility: "private"}
			set(&d, value)
			return d.Prepare(promptz.KindPrompt) == nil
		}
	}
	for schema, test := range map[string]struct {
		takes  func(string) bool
		values []string
	}{
		"License":    {draft(func(d *promptz.Draft, v string) { d.License = v }), []string{"", "MIT-0", "MIT OR Apache-2.0", "(MIT)", "MIT AND", "a b", "-MIT", "MIT;", "GPL-2.0+ WITH X"}},
		"SourceUrl":  {draft(func(d *promptz.Draft, v string) { d.SourceURL = v }), []string{"", "https://a.b/c?d#e", "HTTPS://a.b", "http://a.b", "a", "//a.b", "ftp://a"}},
		"UserHandle": {func(v string) bool { return (&promptz.User{Handle: v, Role: promptz.RoleUser}).Validate() == nil }, []string{"maria", "Ma_r-1", "_maria", "-maria", "1maria", "märia", "ma ria", "ma.ria"}},
		"Id":         {promptz.ValidID, []string{"7k3mz9q2w4xa", "7k3mz9q2w4xA", "7k3mz9q2w4xi", "7k3mz9q2w4xl", "7k3mz9q2w4xo", "7k3mz9q2w4xu", "7k3mz9q2w4x", "7k3mz9q2w4xaa", "0123456789ab"}},
	} {
		pattern := regexp.MustCompile(schemas.at(schema)["pattern"].(string))
		for _, value := range test.values {
			if got, want := pattern.MatchString(value), test.takes(value); got != want {
				t.Errorf("%s %q: openapi.yaml %v, domain %v", schema, value, got, want)
			}
		}
	}
}

// TestEnums holds openapi.yaml's enums to the domain's tables.
func TestEnums(t *testing.T) {
	t.Parallel()
	root := readContract(t)
	var kinds, plurals, roles, scopes []any
	for _, kind := range promptz.Kinds {
		kinds, plurals = append(kinds, string(kind.Kind)), append(plurals, kind.Plural)
	}
	for _, role := range promptz.Roles {
		roles = append(roles, string(role))
	}
	for _, scope := range promptz.Scopes {
		scopes = append(scopes, string(scope))
	}
	components := root.at("components")
	for name, test := range map[string]struct {
		got  node
		want []any
	}{
		"kinds":    {components.at("schemas", "Kind"), kinds},
		"filter":   {components.at("parameters", "KindFilter", "schema"), kinds},
		"paths":    {components.at("parameters", "Items", "schema"), plurals},
		"roles":    {components.at("schemas", "Me", "properties", "role"), roles},
		"scopes":   {components.at("schemas", "Scope"), scopes},
		"sorts":    {components.at("parameters", "Sort", "schema"), []any{string(promptz.SortNewest), string(promptz.SortUpdated), string(promptz.SortPopular), string(promptz.SortTrending)}},
		"visible":  {components.at("schemas", "Visibility"), []any{string(promptz.VisibilityPrivate), string(promptz.VisibilityPublic)}},
		"defaults": {node{"enum": []any{components.at("parameters", "Limit", "schema")["default"]}}, []any{20}},
	} {
		if diff := cmp.Diff(test.want, test.got["enum"]); diff != "" {
			t.Errorf("%s (-domain +openapi.yaml):\n%s", name, diff)
		}
	}
}

// TestSpecIsChecked refuses a contract that the code was not made from.
func TestSpecIsChecked(t *testing.T) {
	t.Parallel()
	spec := readSpec(t)
	for name, broken := range map[string][]byte{
		"no YAML":        []byte("a: [b"),
		"nothing":        nil,
		"missing path":   bytes.Replace(spec, []byte("  /v1/me/items:"), []byte("  /v1/me/things:"), 1),
		"missing target": bytes.Replace(spec, []byte("    KindFilter:\n"), []byte("    Other:\n"), 1),
	} {
		if _, err := api.NewHandler(api.Deps{Spec: broken, Problems: newProblems(nil)}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
