package infra_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/infra"
)

// What is planned is applied, and there is nothing to do then.
func TestPlanAndApply(t *testing.T) {
	t.Parallel()
	dir, progress := site(t, nil), new(told)
	d := open(t, infra.Options{Dir: dir, Progress: progress})
	p, summary := plan(t, d, false)
	want := `create   terraform_data.queue
create   terraform_data.table[0]
create   terraform_data.table[1]
promptz-test: 3 to create, 0 to change, 0 to replace, 0 to destroy
`
	if diff := cmp.Diff(want, summary); diff != "" {
		t.Error(diff)
	}
	if progress.String() != "" {
		t.Errorf("planning said %q", progress)
	}
	if err := d.Apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(progress.String()), "\n")
	seconds := regexp.MustCompile(`\d+s`)
	for i := range lines {
		lines[i] = seconds.ReplaceAllString(lines[i], "Ns")
	}
	slices.Sort(lines)
	wantLines := []string{
		"terraform_data.queue: created in Ns", "terraform_data.queue: creating",
		"terraform_data.table[0]: created in Ns", "terraform_data.table[0]: creating",
		"terraform_data.table[1]: created in Ns", "terraform_data.table[1]: creating",
	}
	if diff := cmp.Diff(wantLines, lines); diff != "" {
		t.Error(diff)
	}
	if p, summary := plan(t, d, false); !p.Empty() || summary != "promptz-test: nothing to change\n" {
		t.Errorf("after an apply: empty is %t, %q", p.Empty(), summary)
	}
}

// A change, a replacement, outputs and the end are planned as such, of what files,
// variables and targets say.
func TestPlanOfChanges(t *testing.T) {
	t.Parallel()
	dir := site(t, nil)
	apply(t, open(t, infra.Options{Dir: dir}))
	for _, tt := range []struct {
		name    string
		vars    []string
		files   []string
		targets []string
		destroy bool
		want    string
	}{
		{"a change", []string{"log_level=debug"}, nil, nil, false,
			"change   terraform_data.queue  (input, output)\npromptz-test: 0 to create, 1 to change, 0 to replace, 0 to destroy\n"},
		{"a replacement, of one", []string{"name=other"}, nil, []string{"terraform_data.table[1]"}, false,
			"replace  terraform_data.table[1]  (triggers_replace)\nother-test: 0 to create, 0 to change, 1 to replace, 0 to destroy\n"},
		{"outputs alone", nil, []string{"live.tfvars"}, nil, false,
			"promptz-live: 0 to create, 0 to change, 0 to replace, 0 to destroy; outputs that change: 1\n"},
		{"the end", nil, nil, nil, true,
			"destroy  terraform_data.queue\ndestroy  terraform_data.table[0]\ndestroy  terraform_data.table[1]\npromptz-test: 0 to create, 0 to change, 0 to replace, 3 to destroy\n"},
	} {
		o := infra.Options{Dir: dir, Vars: tt.vars, Targets: tt.targets}
		for _, name := range tt.files {
			path := filepath.Join(t.TempDir(), name)
			write(t, path, "environment = \"live\"\n")
			o.VarFiles = append(o.VarFiles, path)
		}
		p, summary := plan(t, open(t, o), tt.destroy)
		if diff := cmp.Diff(tt.want, summary); diff != "" || p.Empty() {
			t.Errorf("%s: empty is %t\n%s", tt.name, p.Empty(), diff)
		}
	}
}

// A configuration without the two variables is called as its folder.
func TestNameWithoutVariables(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "local")
	write(t, filepath.Join(dir, "main.tf"), "resource \"terraform_data\" \"a\" {}\n")
	if p, _ := plan(t, open(t, infra.Options{Dir: dir}), false); p.Name != "local" {
		t.Errorf("it is called %q", p.Name)
	}
}

// What takes long says how long it has been at it, as terraform does each 10 s.
func TestProgress(t *testing.T) {
	t.Parallel()
	progress := new(told)
	apply(t, open(t, infra.Options{Dir: site(t, nil), Vars: []string{"work=exec sleep 11"}, Progress: progress}))
	checkSays(t, progress.String(), "terraform_data.table[0]: creating, 10s so far\n", "terraform_data.table[1]: creating, 10s so far\n")
	if strings.Contains(progress.String(), "{") {
		t.Errorf("it is raw:\n%s", progress)
	}
}

// An apply that is interrupted halfway keeps what is done in the state, and the
// next one does the rest.
func TestCancel(t *testing.T) {
	t.Parallel()
	dir := site(t, nil)
	started := filepath.Join(t.TempDir(), "started")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	progress := &told{words: "terraform_data.queue: created", then: cancel}
	d := open(t, infra.Options{Dir: dir, Vars: []string{"work=echo x >> " + started + "; exec sleep 100"}, Progress: progress})
	p, _ := plan(t, d, false)
	err := d.Apply(ctx, p)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("an apply that was interrupted gives %v", err)
	}
	checkSays(t, err.Error(), "the state is saved", "next apply goes on")
	if state := read(t, filepath.Join(dir, "terraform.tfstate")); !strings.Contains(state, `"queue"`) {
		t.Errorf("the state has lost what was done:\n%s", state)
	}
	if _, err := os.Stat(filepath.Join(dir, ".terraform.tfstate.lock.info")); err == nil {
		t.Error("the state is still locked")
	}
	again := open(t, infra.Options{Dir: dir})
	_, summary := plan(t, again, false)
	if strings.Contains(summary, "queue") || !strings.Contains(summary, "terraform_data.table[1]") {
		t.Errorf("the next plan is\n%s", summary)
	}
	apply(t, again)
	if p, summary := plan(t, again, false); !p.Empty() {
		t.Errorf("the second apply has left\n%s", summary)
	}
}

// A context that has ended before begins nothing.
func TestCancelledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := infra.Open(ctx, infra.Options{Dir: site(t, nil), Terraform: terraform(t)})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it gives %v", err)
	}
}

// What fails says so in terraform's words, with the place, and not what is secret.
func TestFailedApply(t *testing.T) {
	t.Parallel()
	dir, progress := site(t, nil), new(told)
	d := open(t, infra.Options{Dir: dir, Vars: []string{"work=echo no such zone >&2; exit 3"}, Progress: progress})
	p, _ := plan(t, d, false)
	err := d.Apply(t.Context(), p)
	if err == nil {
		t.Fatal("it was applied")
	}
	checkSays(t, err.Error(), "terraform apply failed:\nlocal-exec provisioner error (main.tf:", "terraform_data.table[0])", "exit status 3", "no such zone")
	if strings.Contains(err.Error(), "{") || strings.Contains(err.Error(), "│") {
		t.Errorf("it is raw:\n%v", err)
	}
	checkSays(t, progress.String(), "terraform_data.table[0]: failed to create after ")
}

// What a configuration has wrong is told with file and line, and nothing is done.
func TestBrokenConfiguration(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		vars       []string
		files      []string
		words      []string
	}{
		{"a syntax", "resource \"terraform_data\" \"x\" {\n", nil, nil, []string{"terraform init failed:\nUnclosed configuration block (extra.tf:1)\n  There is no closing brace"}},
		{"a reference", "output \"x\" {\n  value = terraform_data.absent.id\n}\n", nil, nil, []string{"terraform plan failed:\nReference to undeclared resource (extra.tf:2)"}},
		{"a module", "module \"x\" {\n  source = \"./absent\"\n}\n", nil, nil, []string{"terraform init failed:\nUnreadable module directory"}},
		{"a value that is missing", "variable \"region\" {}\n", nil, nil, []string{"No value for required variable (extra.tf:1)"}},
		{"a value that is not valid", "variable \"region\" {\n  validation {\n    condition     = var.region != \"x\"\n    error_message = \"The region has to be another.\"\n  }\n}\n",
			[]string{"region=x"}, nil, []string{"Invalid value for variable (extra.tf:1)\n  The region has to be another."}},
		{"a variable that is not declared", "", []string{"absent=x"}, nil, []string{"absent"}},
		{"a file that is not there", "", nil, []string{"absent.tfvars"}, []string{"terraform plan failed:", "absent.tfvars"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := infra.Options{Dir: site(t, map[string]string{"extra.tf": tt.text}), Terraform: terraform(t), Vars: tt.vars, VarFiles: tt.files}
			d, cleanup, err := infra.Open(t.Context(), o)
			if err == nil {
				defer cleanup()
				_, err = d.Plan(t.Context(), false)
			}
			if err == nil {
				t.Fatal("it was planned")
			}
			checkSays(t, err.Error(), tt.words...)
			if strings.Contains(err.Error(), `{"`) || strings.Contains(err.Error(), "│") {
				t.Errorf("it is raw:\n%v", err)
			}
		})
	}
}

// Warnings are told, and are no reason to stop.
func TestWarning(t *testing.T) {
	t.Parallel()
	progress := new(told)
	dir := site(t, map[string]string{"extra.tf": "check \"x\" {\n  assert {\n    condition     = var.name == \"x\"\n    error_message = \"Look at this.\"\n  }\n}\n"})
	plan(t, open(t, infra.Options{Dir: dir, Progress: progress}), false)
	checkSays(t, progress.String(), "warning: Check block assertion failed (extra.tf:3)\n  Look at this.\n")
}
