package archtest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeRules are those of a tree that is made up.
var fakeRules = []rule{
	{pkg: "domain", libraries: []string{"example.org/good"}, why: "d"},
	{pkg: "docs", ours: []string{"domain"}, cloud: portable, why: "s"},
	{pkg: "web", ours: []string{"domain"}, http: true, why: "w"},
	{pkg: "drivers/*", cloud: drivers, why: "g"},
	{pkg: "fakes", cloud: providers, testSupport: true, why: "f"},
	{pkg: ".", ours: []string{"*", "drivers/*"}, cloud: providers, files: []string{"open.go"}, why: "r"},
}

// fakeFiles break no rule but by the one exception.
var fakeFiles = []file{
	{pkg: "domain", name: "a.go", imports: []string{"strings", "encoding/json", "example.org/good/v2"}},
	{pkg: "docs", name: "a.go", imports: []string{"promptz/domain", "gocloud.dev/docstore", "gocloud.dev/gcerrors", "example.org/any"}},
	{pkg: "docs", name: "a_test.go", external: true, imports: []string{"promptz/drivers/x", "gocloud.dev/docstore/memdocstore"}},
	{pkg: "docs", name: "b_test.go", imports: []string{"promptz/fakes", "net/http"}},
	{pkg: "web", name: "a.go", imports: []string{"net/http", "net/http/httptest", "promptz/domain"}},
	{pkg: "web", name: "b.go", imports: []string{"promptz/docs"}},
	{pkg: "drivers/x", name: "a.go", imports: []string{"gocloud.dev/docstore/driver"}},
	{pkg: "fakes", name: "a.go", imports: []string{"github.com/aws/aws-sdk-go-v2/aws"}},
	{pkg: ".", name: "open.go", imports: []string{"promptz/docs", "promptz/drivers/x", "gocloud.dev/docstore/awsdynamodb/v2"}},
}

var fakeExceptions = []exception{{"web", "docs", "e"}}

// The checker finds what is forbidden.
func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		add  file
		want []string
	}{
		{"nothing wrong", file{pkg: "web", name: "c.go"}, nil},
		{"ours not listed", file{pkg: "docs", name: "b.go", imports: []string{"promptz/web"}}, []string{"docs/b.go imports promptz/web: not on its list (s)"}},
		{"upwards to the root", file{pkg: "domain", name: "b.go", imports: []string{"promptz"}}, []string{"domain/b.go imports promptz: not on its list (d)"}},
		{"own tests inside the package", file{pkg: "docs", name: "b_test.go", imports: []string{"promptz/web"}}, []string{"docs/b_test.go imports promptz/web: not on its list (s)"}},
		{"HTTP", file{pkg: "docs", name: "b.go", imports: []string{"net/http"}}, []string{"docs/b.go imports net/http: no HTTP here (s)"}},
		{"below HTTP", file{pkg: "docs", name: "b.go", imports: []string{"net/http/httputil"}}, []string{"docs/b.go imports net/http/httputil: no HTTP here (s)"}},
		{"gocloud", file{pkg: "web", name: "b.go", imports: []string{"gocloud.dev/blob"}}, []string{"web/b.go imports gocloud.dev/blob: too near to a cloud (w)"}},
		{"driver side", file{pkg: "docs", name: "b.go", imports: []string{"gocloud.dev/docstore/driver"}}, []string{"docs/b.go imports gocloud.dev/docstore/driver: too near to a cloud (s)"}},
		{"provider's driver", file{pkg: "drivers/x", name: "b.go", imports: []string{"gocloud.dev/docstore/memdocstore"}}, []string{"drivers/x/b.go imports gocloud.dev/docstore/memdocstore: too near to a cloud (g)"}},
		{"SDK", file{pkg: "docs", name: "b.go", imports: []string{"github.com/aws/smithy-go"}}, []string{"docs/b.go imports github.com/aws/smithy-go: too near to a cloud (s)"}},
		{"SDK in another file of the root", file{pkg: ".", name: "run.go", imports: []string{"github.com/aws/smithy-go"}}, []string{"run.go imports github.com/aws/smithy-go: providers only in open.go (r)"}},
		{"library not listed", file{pkg: "domain", name: "b.go", imports: []string{"example.org/goodbye"}}, []string{"domain/b.go imports example.org/goodbye: a library that is not on its list (d)"}},
		{"test support in the program", file{pkg: ".", name: "open.go", imports: []string{"promptz/fakes"}}, []string{"open.go imports promptz/fakes: test support (r)"}},
		{"no rule", file{pkg: "util", name: "a.go"}, []string{"util has no rule: give it a row with its reason"}},
		{"no rule below a pattern", file{pkg: "drivers/x/y", name: "a.go"}, []string{"drivers/x/y has no rule: give it a row with its reason"}},
		{"one's exception is not another's", file{pkg: "drivers/x", name: "b.go", imports: []string{"promptz/docs"}}, []string{"drivers/x/b.go imports promptz/docs: not on its list (g)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := append([]file{tt.add}, fakeFiles...)
			if diff := cmp.Diff(tt.want, check(fakeRules, fakeExceptions, files)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The checker finds what the table no longer needs.
func TestCheckUnused(t *testing.T) {
	t.Parallel()
	want := []string{"the exception web -> docs is not needed", "the rule for web has no package"}
	if diff := cmp.Diff(want, check(fakeRules[2:3], fakeExceptions, nil)); diff != "" {
		t.Error(diff)
	}
}
