package infra_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"promptz/internal/infra"
)

var keys = []string{"publicURL", "secrets", "environment", "logLevel", "hosts", "admins", "mailFrom"}

// Outputs become a configuration file with the secrets; for people they have none.
func TestOutputs(t *testing.T) {
	t.Parallel()
	d := open(t, infra.Options{Dir: site(t, nil)})
	if _, err := outputs(t, d).Config(keys); err == nil || !strings.Contains(err.Error(), "nothing is applied") {
		t.Errorf("before the first apply: %v", err)
	}
	apply(t, d)
	o := outputs(t, d)
	text, err := o.Config(keys)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := yaml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"publicURL": "https://promptz.example.com", "secrets": "base64key://c2VjcmV0", "environment": "test", "logLevel": "info",
		"hosts": []any{"a.example.com", "b.example.com"}, "admins": []any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	shown := o.Shown()
	if fmt.Sprintf("%s", shown["hosts"]) != `["a.example.com","b.example.com"]` || shown["secrets"] != "(sensitive)" {
		t.Errorf("people see %s", shown)
	}
}

// What serve could not read is refused by name.
func TestOutputsThatAreNoConfiguration(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, words string }{
		{"unknown keys", "output \"bucket\" {\n  value = \"b\"\n}\noutput \"arn\" {\n  value = \"a\"\n}\n", "no keys of the configuration: arn, bucket"},
		{"a number", "output \"limits\" {\n  value = 1\n}\n", "neither a text nor a list of texts: limits"},
		{"an object", "output \"limits\" {\n  value = { a = \"b\" }\n}\n", "neither a text nor a list of texts: limits"},
		{"a list of numbers", "output \"limits\" {\n  value = [1]\n}\n", "neither a text nor a list of texts: limits"},
		{"a list with nothing", "output \"limits\" {\n  value = [\"a\", null]\n}\n", "neither a text nor a list of texts: limits"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := open(t, infra.Options{Dir: site(t, map[string]string{"extra.tf": tt.text})})
			apply(t, d)
			path := filepath.Join(t.TempDir(), "promptz.yaml")
			err := outputs(t, d).WriteConfig(path, append(keys, "limits"), true)
			if err == nil {
				t.Fatal("it was written")
			}
			checkSays(t, err.Error(), tt.words)
			if _, err := os.Stat(path); err == nil {
				t.Error("there is a file all the same")
			}
		})
	}
}

// The file is its owner's alone, is written anew, and no other is touched.
func TestWriteConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "promptz.yaml")
	site, other := site(t, nil), site(t, nil)
	d := open(t, infra.Options{Dir: site})
	apply(t, d)
	writeConfig := func(d *infra.Deployment, force bool) error { return outputs(t, d).WriteConfig(path, keys, force) }
	if err := writeConfig(d, false); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("it is %v, %v", info.Mode(), err)
	}
	changed := open(t, infra.Options{Dir: site, Vars: []string{"log_level=debug"}})
	apply(t, changed)
	if err := writeConfig(changed, false); err != nil {
		t.Fatal(err)
	}
	first := read(t, path)
	checkSays(t, first, "logLevel: debug\n")

	elsewhere := open(t, infra.Options{Dir: other})
	apply(t, elsewhere)
	if err := writeConfig(elsewhere, false); err == nil || read(t, path) != first {
		t.Errorf("another deployment's file: %v", err)
	}
	write(t, path, "listen: 127.0.0.1:80\n")
	if err := writeConfig(d, false); err == nil || read(t, path) != "listen: 127.0.0.1:80\n" {
		t.Errorf("a file written by hand: %v", err)
	}
	if err := writeConfig(d, true); err != nil {
		t.Fatal(err)
	}
	if read(t, path) != first {
		t.Errorf("forced, it is\n%s", read(t, path))
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("beside it lies %v, %v", entries, err)
	}
}
