package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	app "promptz"
	"promptz/internal/promptz"
)

func (s *shell) keysCommand() *cobra.Command {
	keys := &cobra.Command{Use: "keys", Short: "API keys"}
	keys.AddCommand(s.createKeyCommand(), s.listKeysCommand(), s.revokeKeyCommand())
	return keys
}

func (s *shell) createKeyCommand() *cobra.Command {
	var handle, name, expires string
	var scopes []string
	c := &cobra.Command{
		Use:   "create --user HANDLE",
		Short: "Make an API key; the key alone goes to standard output",
		Args:  cobra.NoArgs,
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, _ []string) error {
			lifetime, err := parseDays(expires)
			if err != nil {
				return err
			}
			u, err := findUser(c, tools, handle)
			if err != nil {
				return err
			}
			request := promptz.KeyRequest{UserID: u.ID, Name: name, Lifetime: lifetime}
			for _, scope := range scopes {
				request.Scopes = append(request.Scopes, promptz.Scope(scope))
			}
			key, secret, err := tools.Identity.CreateKey(c.Context(), request)
			if err != nil {
				return err
			}
			if s.json {
				view := viewKey(key)
				view.Key = secret
				return s.print(c, view, "")
			}
			fmt.Fprintf(c.ErrOrStderr(), "key %s of %s, good for %s until %s; it is never shown again:\n",
				key.ID, u.Handle, joinScopes(key), key.ExpiresAt.Format(time.DateOnly))
			_, err = fmt.Fprintln(c.OutOrStdout(), secret)
			return err
		}),
	}
	c.Flags().StringVar(&handle, "user", "", "whose key it is")
	c.Flags().StringVar(&name, "name", "shell", "what the key is called")
	c.Flags().StringArrayVar(&scopes, "scope", []string{"read", "write"}, "what it may be used for: public, read, write, admin")
	c.Flags().StringVar(&expires, "expires", "90d", "how long it lives, in days")
	c.MarkFlagRequired("user")
	return c
}

func (s *shell) listKeysCommand() *cobra.Command {
	var handle string
	c := &cobra.Command{
		Use:   "list --user HANDLE",
		Short: "List a user's keys",
		Args:  cobra.NoArgs,
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, _ []string) error {
			u, err := findUser(c, tools, handle)
			if err != nil {
				return err
			}
			keys, err := tools.Identity.FindKeys(c.Context(), u.ID)
			if err != nil {
				return err
			}
			if s.json {
				views := make([]keyView, len(keys))
				for i, k := range keys {
					views[i] = viewKey(k)
				}
				return s.print(c, views, "")
			}
			var rows [][]string
			for _, k := range keys {
				rows = append(rows, []string{k.ID, k.Name, k.Last4, joinScopes(k), day(k.ExpiresAt), day(k.LastUsedAt)})
			}
			return printTable(c.OutOrStdout(), rows, "ID", "NAME", "ENDS IN", "SCOPES", "EXPIRES", "LAST USED")
		}),
	}
	c.Flags().StringVar(&handle, "user", "", "whose keys")
	c.MarkFlagRequired("user")
	return c
}

func (s *shell) revokeKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "End a key: running servers refuse it within five seconds",
		Args:  cobra.ExactArgs(1),
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, args []string) error {
			if err := tools.Identity.DeleteKey(c.Context(), args[0]); err != nil {
				return err
			}
			return s.print(c, map[string]string{"revoked": args[0]}, "revoked %s", args[0])
		}),
	}
}

// day is a date for a table, "never" for no time.
func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(time.DateOnly)
}

// keyView is a key as --json prints it.
type keyView struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Key       string          `json:"key,omitempty"`
	Last4     string          `json:"last4"`
	Scopes    []promptz.Scope `json:"scopes"`
	CreatedAt time.Time       `json:"createdAt"`
	ExpiresAt time.Time       `json:"expiresAt"`
	LastUsed  *time.Time      `json:"lastUsedAt,omitempty"`
}

func viewKey(k *promptz.Key) keyView {
	v := keyView{ID: k.ID, Name: k.Name, Last4: k.Last4, Scopes: k.Scopes, CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt}
	if !k.LastUsedAt.IsZero() {
		v.LastUsed = &k.LastUsedAt
	}
	return v
}

func joinScopes(k *promptz.Key) string {
	names := make([]string, len(k.Scopes))
	for i, scope := range k.Scopes {
		names[i] = string(scope)
	}
	return strings.Join(names, ", ")
}

// parseDays reads a number of days: "90d".
func parseDays(s string) (time.Duration, error) {
	digits, ok := strings.CutSuffix(s, "d")
	days, err := strconv.Atoi(digits)
	if !ok || err != nil || days < 1 || days > 365 {
		return 0, fmt.Errorf("--expires %q: must be a number of days from 1d to 365d", s)
	}
	return time.Duration(days) * 24 * time.Hour, nil
}
