package main

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// TestJSONStandsAlone runs every command with --json: standard output has to
// be one JSON value with what a script needs, and standard error empty.
func TestJSONStandsAlone(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	folder := writeFiles(t, source)
	run := func(args ...string) (result any) {
		t.Helper()
		o := mustRun(t, append([]string{"--data", dir, "--json"}, args...)...)
		if o.stderr != "" {
			t.Errorf("%q: standard error is %q", args, o.stderr)
		}
		if err := json.Unmarshal([]byte(o.stdout), &result); err != nil {
			t.Fatalf("%q: %v in %q", args, err, o.stdout)
		}
		return result
	}
	member := func(result any, name string) any {
		t.Helper()
		object, _ := result.(map[string]any)
		if object[name] == nil {
			t.Fatalf("no %s in %v", name, result)
		}
		return object[name]
	}
	if handle := member(run("users", "create", "maria", "--admin"), "handle"); handle != "maria" {
		t.Errorf("made %v", handle)
	}
	key := run("keys", "create", "--user", "maria", "--name", "script", "--scope", "read", "--expires", "1d")
	member(key, "key")
	list, _ := run("keys", "list", "--user", "maria").([]any)
	if len(list) != 1 || member(list[0], "id") != member(key, "id") || list[0].(map[string]any)["key"] != nil {
		t.Errorf("keys list gives %v", list)
	}
	member(run("keys", "revoke", member(key, "id").(string)), "revoked")
	if list, ok := run("keys", "list", "--user", "maria").([]any); !ok || len(list) != 0 {
		t.Errorf("after the revocation keys list gives %v", list)
	}
	if created := member(run("import", "--user", "maria", folder), "created"); created != 6.0 {
		t.Errorf("imported %v", created)
	}
	if items := member(run("export", filepath.Join(out, "library.tar.gz")), "items"); items != 6.0 {
		t.Errorf("exported %v", items)
	}
	member(run("backup", filepath.Join(out, "backup.tar")), "backup")
	member(run("restore", filepath.Join(out, "backup.tar")), "restored")
	if source := member(member(run("config"), "data"), "source"); source != "--data" {
		t.Errorf("config says that data is from %v", source)
	}
}
