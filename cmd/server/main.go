// Command server is promptz: the server, and the commands that manage it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	app "promptz"
	"promptz/internal/config"
)

func main() {
	// What we write is ours alone: databases, backups, exports.
	unix.Umask(0o077)
	tuneMemory()
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run runs one command line and gives the exit status.
func run(args, environ []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	c := newCommand(environ)
	c.SetArgs(args)
	c.SetOut(stdout)
	c.SetErr(stderr)
	if err := c.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(stderr, "promptz:", app.Explain(err))
		if errors.Is(err, context.Canceled) {
			return 130
		}
		return 1
	}
	return 0
}

// shell is what every command has: the configuration as flags and environment
// make it, and how to print.
type shell struct {
	flags   config.Flags
	environ []string
	json    bool
}

func newCommand(environ []string) *cobra.Command {
	s := &shell{environ: environ}
	root := &cobra.Command{
		Use:           "promptz",
		Short:         "A library of prompts, project rules and agents for AI coding assistants",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          s.serve,
	}
	s.flags.Bind(root.PersistentFlags())
	root.PersistentFlags().BoolVar(&s.json, "json", false, "print results as JSON")
	root.AddCommand(
		&cobra.Command{Use: "serve", Short: "Serve (also with no command)", Args: cobra.NoArgs, RunE: s.serve},
		&cobra.Command{Use: "config", Short: "Print the effective configuration and where each value comes from", Args: cobra.NoArgs, RunE: s.printConfig},
		s.usersCommand(), s.keysCommand(), s.secretsCommand(),
		s.eventsCommand(), s.workflowsCommand(), s.statsCommand(),
		s.importCommand(), s.exportCommand(), s.backupCommand(), s.restoreCommand(),
		s.infraCommand(),
	)
	root.CompletionOptions.DisableDefaultCmd = true
	return root
}
