package infra

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/hashicorp/go-version"
)

const install = "install it (https://developer.hashicorp.com/terraform/install), or name one by --terraform PATH"

// find gives the path of terraform.
func find(o Options, needs needed) (string, error) {
	if o.Terraform != "" {
		program, err := filepath.Abs(o.Terraform)
		if err == nil {
			program, err = exec.LookPath(program)
		}
		if err != nil {
			return "", fmt.Errorf("there is no terraform at %s: %w", o.Terraform, err)
		}
		return program, nil
	}
	for _, folder := range filepath.SplitList(o.SearchPath) {
		if !filepath.IsAbs(folder) {
			continue // what lies where one happens to stand is not run
		}
		if program, err := exec.LookPath(filepath.Join(folder, "terraform")); err == nil {
			return program, nil
		}
	}
	return "", fmt.Errorf("there is no terraform in PATH (%s); %s: %s", o.SearchPath, needs, install)
}

// checkVersion sees that terraform is one that the folder allows. Pre-releases
// count as what they will be.
func (d *Deployment) checkVersion(ctx context.Context, program string, needs needed) error {
	v, _, err := d.tf.Version(ctx, true)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s does not say which version of terraform it is: %w", program, plain(err))
	}
	both := append(version.MustConstraints(version.NewConstraint(least)), needs.constraints...)
	if both.Check(v.Core()) {
		return nil
	}
	return fmt.Errorf("%s is terraform %s; %s: %s", program, v, needs, install)
}
