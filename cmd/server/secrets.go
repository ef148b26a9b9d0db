package main

import (
	"github.com/spf13/cobra"

	app "promptz"
)

func (s *shell) secretsCommand() *cobra.Command {
	secrets := &cobra.Command{Use: "secrets", Short: "Secret keys"}
	var to string
	rewrap := &cobra.Command{
		Use:   "rewrap --to URL",
		Short: "Seal the root key for another keeper; name that under secrets from then on",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := s.config(c)
			if err != nil {
				return err
			}
			if err := app.Rewrap(c.Context(), cfg, app.NewLogger(cfg, c.ErrOrStderr()), to); err != nil {
				return err
			}
			return s.print(c, map[string]bool{"rewrapped": true}, "sealed anew; start servers with this keeper under secrets from now on")
		},
	}
	rewrap.Flags().StringVar(&to, "to", "", "URL of the other keeper, as under secrets")
	rewrap.MarkFlagRequired("to")
	secrets.AddCommand(rewrap)
	return secrets
}
