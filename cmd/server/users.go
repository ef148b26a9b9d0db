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
	create := &cobra.Command{
		Use:   "create HANDLE",
		Short: "Make an account",
		Args:  cobra.ExactArgs(1),
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, args []string) error {
			role := promptz.RoleUser
			if admin {
				role = promptz.RoleAdmin
			}
			u, err := tools.Identity.CreateUser(c.Context(), args[0], role)
			if err != nil {
				return err
			}
			return s.print(c, userView(u), "made %s %s, id %s", u.Role, u.Handle, u.ID)
		}),
	}
	create.Flags().BoolVar(&admin, "admin", false, "the account is an admin's")
	users.AddCommand(create)
	return users
}

func userView(u *promptz.User) any {
	return struct {
		ID        string       `json:"id"`
		Handle    string       `json:"handle"`
		Role      promptz.Role `json:"role"`
		CreatedAt time.Time    `json:"createdAt"`
	}{u.ID, u.Handle, u.Role, u.CreatedAt}
}

// findUser gives the account with a handle, in words that a shell needs.
func findUser(c *cobra.Command, tools *app.Tools, handle string) (*promptz.User, error) {
	u, err := tools.Identity.FindUser(c.Context(), handle)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return nil, fmt.Errorf("there is no user %q; make one with `promptz users create %s`", handle, handle)
	}
	return u, err
}
