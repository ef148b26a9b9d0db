package infra_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"promptz/internal/awstest"
	"promptz/internal/infra"
)

// With the state on S3, of somebody else's making, it lies there, locked while it
// is written; two who share it see one deployment, and nothing is written into
// the folder. What the configuration reads from beside it is found.
func TestStateOnS3Moto(t *testing.T) {
	t.Parallel()
	program := terraform(t)
	endpoint := awstest.StartMoto(t)
	bucket := awstest.NewBucket(t, awstest.Config(endpoint))
	outside := "resource \"terraform_data\" \"outside\" {\n  input = file(\"${path.module}/../beside/text\")\n}\n"
	dir := site(t, map[string]string{"extra.tf": outside, "../beside/text": "found", ".terraform/kept": "of a state elsewhere"})
	before := tree(t, dir)
	remote := func(more ...string) *infra.Remote {
		return &infra.Remote{Cache: t.TempDir(), Config: append([]string{
			"bucket=" + bucket, "key=promptz", "region=us-east-1", "endpoints={s3=\"" + endpoint + "\"}", "use_path_style=true",
			"access_key=test", "secret_key=test", "skip_credentials_validation=true", "skip_requesting_account_id=true", "skip_metadata_api_check=true",
		}, more...)}
	}
	another := open(t, infra.Options{Dir: dir, Remote: remote()})
	release := filepath.Join(t.TempDir(), "release")
	var locked error
	progress := &told{words: "terraform_data.table[0]: creating", then: func() {
		_, locked = another.Plan(t.Context(), false)
		write(t, release, "")
	}}
	work := "work=until test -e " + release + "; do sleep 0.1; done"
	apply(t, open(t, infra.Options{Dir: dir, Vars: []string{work}, Remote: remote(), Progress: progress}))
	if locked == nil || !strings.Contains(locked.Error(), "Error acquiring the state lock") {
		t.Errorf("beside an apply, a plan gives %v", locked)
	}
	if objects := awstest.Objects(t, awstest.Config(endpoint), bucket, ""); !slices.Equal(objects, []string{"promptz"}) {
		t.Errorf("the bucket holds %q", objects)
	}
	if p, summary := plan(t, another, false); !p.Empty() {
		t.Errorf("whoever shares the state sees\n%s", summary)
	}
	text, err := outputs(t, another).Config(keys)
	if err != nil {
		t.Fatal(err)
	}
	checkSays(t, string(text), "publicURL: https://promptz.example.com\n")
	if after := tree(t, dir); after != before {
		t.Errorf("the folder holds %s, and held %s", after, before)
	}
	_, _, err = infra.Open(t.Context(), infra.Options{Dir: dir, Terraform: program, Remote: remote("bucket=absent")})
	if err == nil {
		t.Fatal("it was opened without its bucket")
	}
	checkSays(t, err.Error(), "terraform init failed:\n", "absent")
}

// A state in the folder is not passed over.
func TestStateOnS3BesideAnother(t *testing.T) {
	t.Parallel()
	dir := site(t, map[string]string{"terraform.tfstate": "{}"})
	checkUnfit(t, infra.Options{Dir: dir, Terraform: terraform(t), Remote: &infra.Remote{Config: []string{"bucket=b"}, Cache: t.TempDir()}},
		[]string{dir + " holds a state, which the one on S3 would not know of"})
}

// tree names all that is in a folder.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}
