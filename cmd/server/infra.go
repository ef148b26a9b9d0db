package main

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"promptz/internal/config"
	"promptz/internal/infra"
)

// infraFlags are those that every command of infra has.
type infraFlags struct {
	options infra.Options
	state   string
	backend []string
}

func (s *shell) infraCommand() *cobra.Command {
	f := &infraFlags{}
	c := &cobra.Command{Use: "infra", Short: "Put the program up on AWS, with terraform"}
	flags := c.PersistentFlags()
	flags.StringVar(&f.options.Dir, "dir", filepath.FromSlash("terraform/aws"), "folder of the terraform configuration")
	flags.StringArrayVar(&f.options.VarFiles, "var-file", nil, "file of terraform variables; may be repeated")
	flags.StringArrayVar(&f.options.Vars, "var", nil, "terraform variable, name=value; may be repeated")
	flags.StringVar(&f.state, "state", "", "where the state is kept: local is a file in the folder, s3 what --backend-config says (default local)")
	flags.StringArrayVar(&f.backend, "backend-config", nil, "setting of the state on S3, key=value: bucket, key and region at least; may be repeated")
	flags.StringVar(&f.options.Terraform, "terraform", "", "path of terraform (default the one in PATH)")
	c.AddCommand(s.infraPlanCommand(f), s.infraApplyCommand(f), s.infraOutputCommand(f), s.infraDestroyCommand(f))
	return c
}

func (f *infraFlags) bindTarget(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.options.Targets, "target", nil, "address of the one resource to work on, with what it needs; may be repeated")
}

// withDeployment makes a command that works on a deployment. What would end this
// process would end terraform with it, halfway: an interrupt and a terminal that is
// closed let it save its state, a second one ends it at once, and that nobody reads
// what is printed any more is no reason to stop.
func (s *shell) withDeployment(f *infraFlags, run func(*cobra.Command, *infra.Deployment) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		options, err := f.complete(s.environ)
		if err != nil {
			return err
		}
		options.Progress = c.ErrOrStderr()
		ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGHUP)
		defer stop()
		c.SetContext(ctx)
		defer watchInterrupts(c)()
		d, cleanup, err := infra.Open(c.Context(), options)
		if err != nil {
			return err
		}
		defer cleanup()
		return run(c, d)
	}
}

// complete gives the options with what follows from several flags.
func (f *infraFlags) complete(environ []string) (infra.Options, error) {
	options := f.options
	for _, entry := range environ {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			options.SearchPath = path
		}
	}
	switch {
	case f.state == "s3" && len(f.backend) == 0:
		return options, errors.New("--state s3 needs --backend-config bucket=NAME, and so on for key and region")
	case f.state == "s3", f.state == "" && len(f.backend) > 0:
		cache, err := os.UserCacheDir()
		if err != nil {
			return options, fmt.Errorf("find cache: %w", err)
		}
		options.Remote = &infra.Remote{Config: f.backend, Cache: filepath.Join(cache, "promptz", "infra")}
	case f.state != "" && f.state != "local":
		return options, fmt.Errorf("--state %q: must be local or s3", f.state)
	case len(f.backend) > 0:
		return options, errors.New("--backend-config is for --state s3")
	}
	return options, nil
}

// watchInterrupts says what an interrupt does, and has a second one kill.
func watchInterrupts(c *cobra.Command) func() {
	signals, done := make(chan os.Signal, 2), make(chan struct{})
	unread := make(chan os.Signal, 1) // writing gives an error instead
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Notify(unread, syscall.SIGPIPE)
	go func() {
		for _, react := range []func(){
			func() {
				fmt.Fprintln(c.ErrOrStderr(), "stopping: terraform ends what it is at and saves its state; once more ends it at once")
			},
			infra.Kill,
		} {
			select {
			case <-signals:
				react()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		signal.Stop(unread)
		close(done)
	}
}

func (s *shell) infraPlanCommand(f *infraFlags) *cobra.Command {
	c := &cobra.Command{
		Use:   "plan",
		Short: "Show what an apply would create, change, replace and destroy",
		Args:  cobra.NoArgs,
		RunE: s.withDeployment(f, func(c *cobra.Command, d *infra.Deployment) error {
			_, err := s.plan(c, d, false)
			return err
		}),
	}
	f.bindTarget(c)
	return c
}

// plan makes a plan and prints it.
func (s *shell) plan(c *cobra.Command, d *infra.Deployment, destroy bool) (*infra.Plan, error) {
	p, err := d.Plan(c.Context(), destroy)
	if err != nil {
		return nil, err
	}
	if s.json && c.Name() == "plan" {
		return p, s.print(c, p, "")
	}
	if s.json {
		return p, p.Write(c.ErrOrStderr())
	}
	return p, p.Write(c.OutOrStdout())
}

func (s *shell) infraApplyCommand(f *infraFlags) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "apply",
		Short: "Show the plan, ask, and do it; a second apply goes on where one was interrupted",
		Args:  cobra.NoArgs,
		RunE: s.withDeployment(f, func(c *cobra.Command, d *infra.Deployment) error {
			p, err := s.plan(c, d, false)
			if err != nil {
				return err
			}
			if !p.Empty() {
				if !yes {
					err = ask(c, `Type "yes" to do it: `, "yes")
				}
				if err == nil {
					err = d.Apply(c.Context(), p)
				}
			}
			if err != nil {
				return err
			}
			return s.printOutputs(c, d)
		}),
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	f.bindTarget(c)
	return c
}

func (s *shell) printOutputs(c *cobra.Command, d *infra.Deployment) error {
	o, err := d.Outputs(c.Context())
	if err != nil {
		return err
	}
	shown := o.Shown()
	if s.json {
		return s.print(c, shown, "")
	}
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", name, shown[name])
	}
	return nil
}

func (s *shell) infraOutputCommand(f *infraFlags) *cobra.Command {
	var file string
	var force bool
	c := &cobra.Command{
		Use:   "output",
		Short: "Write the configuration file with which serve and the other commands reach the deployment",
		Args:  cobra.NoArgs,
		RunE: s.withDeployment(f, func(c *cobra.Command, d *infra.Deployment) error {
			o, err := d.Outputs(c.Context())
			if err != nil {
				return err
			}
			if file == "-" {
				text, err := o.Config(config.Keys())
				if err != nil {
					return err
				}
				_, err = c.OutOrStdout().Write(text)
				return err
			}
			if err := o.WriteConfig(file, config.Keys(), force); err != nil {
				return err
			}
			return s.print(c, map[string]string{"file": file}, "wrote %s", file)
		}),
	}
	c.Flags().StringVar(&file, "file", "promptz.yaml", "the file; - is standard output")
	c.Flags().BoolVar(&force, "force", false, "overwrite a file that is not from this deployment")
	return c
}

func (s *shell) infraDestroyCommand(f *infraFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "destroy",
		Short: "Destroy everything, with all data; asks for the deployment's name",
		Args:  cobra.NoArgs,
		RunE: s.withDeployment(f, func(c *cobra.Command, d *infra.Deployment) error {
			p, err := s.plan(c, d, true)
			if err != nil || p.Empty() {
				return err
			}
			question := fmt.Sprintf("All of %s is destroyed, and its data with it. Type its name to do it: ", p.Name)
			if err := ask(c, question, p.Name); err != nil {
				return err
			}
			if err := d.Apply(c.Context(), p); err != nil {
				return err
			}
			return s.print(c, map[string]string{"destroyed": p.Name}, "destroyed %s", p.Name)
		}),
	}
}

// ask reads a line, and is an error unless it is the answer.
func ask(c *cobra.Command, question, answer string) error {
	fmt.Fprint(c.ErrOrStderr(), question)
	line := make(chan string, 1)
	go func() { // a read from a terminal can't be interrupted
		text, _ := bufio.NewReader(c.InOrStdin()).ReadString('\n')
		line <- strings.TrimSpace(text)
	}()
	select {
	case <-c.Context().Done():
		fmt.Fprintln(c.ErrOrStderr())
		return fmt.Errorf("nothing was done: %w", c.Context().Err())
	case text := <-line:
		if text != answer {
			return fmt.Errorf("the answer was not %q: nothing was done", answer)
		}
		return nil
	}
}
