package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	app "promptz"
	"promptz/internal/config"
)

// config loads the configuration.
func (s *shell) config(*cobra.Command) (config.Config, error) {
	return app.LoadConfig(&s.flags, s.environ)
}

// serve serves on a socket, or on Lambda as a function.
func (s *shell) serve(c *cobra.Command, _ []string) error {
	if app.OnLambda(s.environ) {
		return app.RunLambda(c.Context(), &s.flags, s.environ, c.ErrOrStderr())
	}
	cfg, err := s.config(c)
	if err != nil {
		return err
	}
	log := app.NewLogger(cfg, c.ErrOrStderr())
	slog.SetDefault(log)
	a, cleanup, err := app.Open(c.Context(), cfg, log)
	if err != nil {
		return err
	}
	defer cleanup()
	return a.Run(c.Context())
}

func (s *shell) printConfig(c *cobra.Command, _ []string) error {
	cfg, err := s.config(c)
	if err != nil {
		return err
	}
	return config.Print(c.OutOrStdout(), cfg, s.json)
}
