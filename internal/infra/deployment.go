package infra

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/hashicorp/terraform-exec/tfexec"
)

// Options say which configuration is worked on, and how.
type Options struct {
	Dir        string   // folder of the configuration
	Terraform  string   // the program; "" is looked for in SearchPath
	SearchPath string   // folders, as PATH has them
	VarFiles   []string // files of variables
	Vars       []string // name=value
	Targets    []string // addresses of resources; none is all
	Remote     *Remote  // nil is a state file in the folder, or what backend it names
	Progress   io.Writer
}

// Deployment is a configuration and its state. Make one with [Open]. Not safe for
// concurrent use.
type Deployment struct {
	options Options
	tf      *tfexec.Terraform
	dir     string // the configuration's, absolute
	work    string // folder of our own: plans, which hold secrets, and the mirror
}

// Open finds terraform, sees that it is new enough, and initializes the folder,
// which downloads the providers that the configuration names. The function that it
// gives removes what was written beside.
func Open(ctx context.Context, o Options) (*Deployment, func(), error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("find folder: %w", err)
	}
	o.Progress = cmp.Or(o.Progress, io.Discard)
	needs, err := requirement(o.Dir)
	if err != nil {
		return nil, nil, err
	}
	program, err := find(o, needs)
	if err != nil {
		return nil, nil, err
	}
	work, err := os.MkdirTemp("", "promptz-infra-*")
	if err != nil {
		return nil, nil, fmt.Errorf("make folder: %w", err)
	}
	cleanup := func() { os.RemoveAll(work) }
	d := &Deployment{options: o, dir: dir, work: work}
	if err := d.open(ctx, program, needs); err != nil {
		cleanup()
		return nil, nil, err
	}
	return d, cleanup, nil
}

func (d *Deployment) open(ctx context.Context, program string, needs needed) error {
	dir := d.dir
	if d.options.Remote != nil {
		var err error
		if dir, err = d.options.Remote.mirror(dir, d.work); err != nil {
			return err
		}
	}
	tf, err := tfexec.NewTerraform(dir, program)
	if err != nil {
		return fmt.Errorf("prepare terraform: %w", err)
	}
	// Terraform takes what it takes to stop well; whoever can't wait says so again.
	if err := tf.SetWaitDelay(0); err != nil {
		return fmt.Errorf("prepare terraform: %w", err)
	}
	d.tf = tf
	if err := d.checkVersion(ctx, program, needs); err != nil {
		return err
	}
	return d.init(ctx)
}

func (d *Deployment) init(ctx context.Context) error {
	var options []tfexec.InitOption
	if d.options.Remote != nil {
		options = append(options, tfexec.Reconfigure(true))
		for _, setting := range d.options.Remote.settings() {
			options = append(options, tfexec.BackendConfig(setting))
		}
	}
	return d.run(ctx, "init", func(ctx context.Context, w io.Writer) error {
		return d.tf.InitJSON(ctx, w, options...)
	})
}

// run runs one command of terraform: ctx interrupts it, and it is waited for.
func (d *Deployment) run(ctx context.Context, doing string, command func(context.Context, io.Writer) error) error {
	inner, release := interruptible(ctx)
	defer release()
	p := &progress{to: d.options.Progress}
	err := command(inner, p)
	d.tf.SetStdout(nil) // terraform-exec would go on writing there
	if ctx.Err() != nil {
		return stopped(doing, err, ctx.Err())
	}
	if err == nil {
		return nil
	}
	return failure(doing, p.faults, err)
}

// stopped is the error of a command that was interrupted. That of terraform-exec
// is not asked for its words: it panics where terraform ended well all the same.
func stopped(doing string, err, cause error) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() && s.Signal() == syscall.SIGKILL {
			return fmt.Errorf("%s was killed: what it was at may be missing in the state, and a lock may be left; plan says what is there: %w", doing, cause)
		}
	}
	if doing == "apply" {
		return fmt.Errorf("apply was stopped: the state is saved, and the next apply goes on from there: %w", cause)
	}
	return fmt.Errorf("%s was stopped: %w", doing, cause)
}
