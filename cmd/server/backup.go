package main

import (
	"github.com/spf13/cobra"

	app "promptz"
)

func (s *shell) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the live databases out, beside a running server",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := s.config(c)
			if err != nil {
				return err
			}
			if err := app.Backup(c.Context(), cfg, args[0]); err != nil {
				return err
			}
			return s.print(c, map[string]string{"backup": args[0]}, "wrote %s; %s", args[0], app.BackupNeeds(cfg))
		},
	}
}

func (s *shell) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in place of the databases; refuses while a server runs",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := s.config(c)
			if err != nil {
				return err
			}
			if err := app.Restore(c.Context(), cfg, args[0]); err != nil {
				return err
			}
			return s.print(c, map[string]string{"restored": args[0]}, "restored %s; what was there is kept beside as *.replaced", args[0])
		},
	}
}
