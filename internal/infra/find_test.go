package infra_test

import (
	"path/filepath"
	"strings"
	"testing"

	"promptz/internal/infra"
)

// A terraform that is missing or not fit is told in words: what is needed, and
// where it was looked for. The old one is a script: that is all that is asked of
// it, and the old program itself would have to be downloaded.
func TestUnfitTerraform(t *testing.T) {
	t.Parallel()
	empty, old := t.TempDir(), t.TempDir()
	write(t, filepath.Join(old, "terraform"), "no program\n")
	for _, tt := range []struct {
		name  string
		o     infra.Options
		extra string
		words []string
	}{
		{"no PATH", infra.Options{}, "", []string{"there is no terraform in PATH ()", "site needs >= 1.9", "install it (https://", "--terraform PATH"}},
		{"not in PATH", infra.Options{SearchPath: empty + ":" + old + ":."}, "", []string{"there is no terraform in PATH (" + empty + ":" + old, "needs >= 1.9"}},
		{"not where it was said to be", infra.Options{Terraform: filepath.Join(empty, "terraform")}, "", []string{"there is no terraform at " + empty}},
		{"too old", infra.Options{Terraform: "testdata/old-terraform"}, "", []string{"testdata/old-terraform is terraform 1.2.0", "site needs >= 1.9", "install it"}},
		{"too old, and the folder does not mind", infra.Options{Terraform: "testdata/old-terraform"}, ">= 1.0", []string{"is terraform 1.2.0"}},
		{"no terraform at all", infra.Options{Terraform: "/bin/ls"}, "", []string{"/bin/ls does not say which version of terraform it is"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.o.Dir = site(t, nil)
			if tt.extra != "" {
				tt.o.Dir = filepath.Join(t.TempDir(), "site")
				write(t, filepath.Join(tt.o.Dir, "main.tf"), "terraform {\n  required_version = \""+tt.extra+"\"\n}\n")
			}
			checkUnfit(t, tt.o, tt.words)
		})
	}
}

// The real one is held to what the folder needs, whichever of its files says so.
func TestRequiredVersion(t *testing.T) {
	t.Parallel()
	program := terraform(t)
	for _, tt := range []struct{ name, text, words string }{
		{"newer", "terraform {\n  required_version = \">= 99.1\"\n}\n", "site needs >= 99.1,>= 1.9"},
		{"no version", "terraform {\n  required_version = \"new\"\n}\n", "extra.tf:2,3-27: required_version: malformed constraint: new"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := site(t, map[string]string{"extra.tf": tt.text})
			checkUnfit(t, infra.Options{Dir: dir, Terraform: program}, []string{tt.words})
		})
	}
	checkUnfit(t, infra.Options{Dir: t.TempDir(), Terraform: program}, []string{"holds no configuration of terraform"})
}

func checkUnfit(t *testing.T, o infra.Options, words []string) {
	t.Helper()
	_, _, err := infra.Open(t.Context(), o)
	if err == nil {
		t.Fatal("it was opened")
	}
	checkSays(t, err.Error(), words...)
	if strings.Count(err.Error(), "\n") > 3 {
		t.Errorf("no words for a person:\n%v", err)
	}
}

// In PATH it is found, in the first folder that has it.
func TestFoundInPath(t *testing.T) {
	t.Parallel()
	program := terraform(t)
	o := infra.Options{Dir: site(t, nil), SearchPath: t.TempDir() + ":" + filepath.Dir(program)}
	_, cleanup, err := infra.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	cleanup()
}
