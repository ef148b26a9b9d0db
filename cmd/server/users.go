package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	app "promptz"
	"promptz/internal/promptz"
)

func (s *shell) usersCommand() *cobra.Command {
	users := &cobra.Command{Use: "users", Short: "Accounts"}
	var admin bool
	var email string
	create := &cobra.Command{
		Use:   "create HANDLE",
		Short: "Make an account",
		Args:  cobra.ExactArgs(1),
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, args []string) error {
			role := promptz.RoleUser
			if admin {
				role = promptz.RoleAdmin
			}
			u, err := tools.Identity.CreateUser(c.Context(), args[0], role, email)
			if err != nil {
				return err
			}
			return s.print(c, userView(u), "made %s %s, id %s", u.Role, u.Handle, u.ID)
		}),
	}
	create.Flags().BoolVar(&admin, "admin", false, "the account is an admin's")
	create.Flags().StringVar(&email, "email", "", "the address that the user signs in by")
	users.AddCommand(create, s.promoteCommand(), s.suspendCommand(), s.readmitCommand())
	return users
}

func (s *shell) promoteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "promote HANDLE ROLE",
		Short: "Make a user an admin, a moderator, or a user again",
		Args:  cobra.ExactArgs(2),
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, args []string) error {
			u, err := tools.Identity.Promote(c.Context(), args[0], promptz.Role(args[1]))
			if err != nil {
				return err
			}
			return s.print(c, userView(u), "%s is %s now", u.Handle, u.Role)
		}),
	}
}

func (s *shell) suspendCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "suspend HANDLE",
		Short: "Keep a user out: sessions and keys stop within five seconds",
		Args:  cobra.ExactArgs(1),
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, args []string) error {
			u, err := tools.Identity.Suspend(c.Context(), args[0])
			if err != nil {
				return err
			}
			return s.print(c, userView(u), "%s is suspended", u.Handle)
		}),
	}
}

func (s *shell) readmitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "readmit HANDLE",
		Short: "Let a suspended user in again",
		Args:  cobra.ExactArgs(1),
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, args []string) error {
			u, err := tools.Identity.Readmit(c.Context(), args[0])
			if err != nil {
				return err
			}
			return s.print(c, userView(u), "%s may come in again", u.Handle)
		}),
	}
}

func userView(u *promptz.User) any {
	return struct {
		ID        string       `json:"id"`
		Handle    string       `json:"handle"`
		Role      promptz.Role `json:"role"`
		Suspended bool         `json:"suspended"`
		CreatedAt time.Time    `json:"createdAt"`
	}{u.ID, u.Handle, u.Role, u.Suspended(), u.CreatedAt}
}

// findUser gives the account with a handle, in words that a shell needs.
func findUser(c *cobra.Command, tools *app.Tools, handle string) (*promptz.User, error) {
	u, err := tools.Identity.FindUser(c.Context(), handle)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return nil, fmt.Errorf("there is no user %q; make one with `promptz users create %s`", handle, handle)
	}
	return u, err
}
