package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	app "promptz"
)

// withTools makes a command that works on the library beside a running server.
func (s *shell) withTools(run func(c *cobra.Command, tools *app.Tools, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		cfg, err := s.config(c)
		if err != nil {
			return err
		}
		if err := app.CheckShared(cfg); err != nil {
			return err
		}
		tools, cleanup, err := app.OpenTools(c.Context(), cfg, app.NewLogger(cfg, c.ErrOrStderr()))
		if err != nil {
			return err
		}
		defer cleanup()
		return run(c, tools, args)
	}
}

// print writes a command's result: as JSON to standard output, or as words to
// standard error.
func (s *shell) print(c *cobra.Command, result any, words string, args ...any) error {
	if !s.json {
		_, err := fmt.Fprintf(c.ErrOrStderr(), words+"\n", args...)
		return err
	}
	e := json.NewEncoder(c.OutOrStdout())
	e.SetEscapeHTML(false)
	return e.Encode(result)
}
