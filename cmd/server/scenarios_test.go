package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"promptz/internal/scenario"
)

// settled is how late it may be seen what an answer has begun, on a busy machine.
const settled = 20 * time.Second

// runScenarios runs the scenarios against a deployment whose answers need nothing
// but its URL.
func runScenarios(t *testing.T, url string, accounts scenario.Accounts, cannot map[string]string) {
	t.Helper()
	runSettling(t, settled, url, accounts, cannot)
}

// runSettling is runScenarios for a deployment that may be later.
func runSettling(t *testing.T, settle time.Duration, url string, accounts scenario.Accounts, cannot map[string]string) {
	t.Helper()
	contract, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	scenario.Run(t, scenario.Deployment{URL: url, Contract: contract, Accounts: accounts, Settle: settle, Cannot: cannot})
}

// TestScenarios runs them as the program is with no configuration, twice on the same
// data at the same time.
func TestScenarios(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	server := startServer(t, dir)
	accounts := newByShell(t, server.url, dir, "--data", dir)
	runs := []string{"once", "again"}
	if testing.Short() {
		runs = runs[:1]
	}
	for _, run := range runs {
		t.Run(run, func(t *testing.T) {
			t.Parallel()
			runScenarios(t, server.url, accounts, nil)
		})
	}
}

// TestScenariosInMemory runs them with nothing on disk. No command reaches the
// memory of another process: users come in by signing in, each from a network of
// their own, which the server believes.
func TestScenariosInMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("with -short they run once, on SQLite")
	}
	dir := t.TempDir()
	server := startServer(t, dir, "--documents", "mem://{collection}/id", "--topic", "mem://events", "--subscription", "mem://events",
		"--blobs", "mem://", "--trusted-proxies", "127.0.0.1/32", "--admins", staffAddress(scenario.RoleModerator)+","+staffAddress(scenario.RoleAdmin))
	accounts := &bySignIn{anybody: client{t: t, url: server.url}, outbox: filepath.Join(dir, "outbox"), tokens: map[string]string{}}
	runScenarios(t, server.url, accounts, map[string]string{
		"requests/a stranger's request id is not taken over": "it believes a proxy, and whoever asks is one",
	})
}

// byShell makes users by commands beside the server.
type byShell struct {
	anybody client
	flags   []string // that tell commands where the server's data is
	outbox  string
}

// newByShell makes users of the server at url with the data folder dir.
func newByShell(t *testing.T, url, dir string, flags ...string) byShell {
	return byShell{anybody: client{t: t, url: url}, flags: flags, outbox: filepath.Join(dir, "outbox")}
}

func (s byShell) command(t testing.TB, args ...string) string {
	t.Helper()
	stdout, _ := command(t, append(slices.Clone(s.flags), args...)...)
	return strings.TrimSpace(stdout)
}

// NewUser implements scenario.Accounts.
func (s byShell) NewUser(t testing.TB, handle, role string) string {
	t.Helper()
	s.command(t, "users", "create", handle)
	if role != scenario.RoleUser {
		s.command(t, "users", "promote", handle, role)
	}
	return handle
}

// NewKey implements scenario.Accounts.
func (s byShell) NewKey(t testing.TB, handle string, scopes ...string) string {
	t.Helper()
	args := []string{"keys", "create", "--user", handle}
	for _, scope := range scopes {
		args = append(args, "--scope", scope)
	}
	return s.command(t, args...)
}

// SignIn implements scenario.Accounts.
func (s byShell) SignIn(t testing.TB, email string) string {
	t.Helper()
	c := s.anybody
	c.t = t
	return byMail(s.outbox)(c, email).access
}

// bySignIn makes users by signing in alone, and keys as they make theirs.
type bySignIn struct {
	anybody client
	outbox  string
	last    atomic.Int64
	mu      sync.Mutex
	tokens  map[string]string // by handle
}

// staffAddress is the address that the one of a role signs in by.
func staffAddress(role string) string { return role + "@example.com" }

// NewUser implements scenario.Accounts. Their handle is the one they are given
// until they choose one.
func (s *bySignIn) NewUser(t testing.TB, handle, role string) string {
	t.Helper()
	email := handle + "@example.com"
	if role != scenario.RoleUser {
		email = staffAddress(role)
	}
	token := s.SignIn(t, email)
	given := client{t, s.anybody.url, token}.expecting(http.StatusOK, http.MethodGet, "/v1/me", nil).member(t, "handle")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[given] = token
	return given
}

// NewKey implements scenario.Accounts.
func (s *bySignIn) NewKey(t testing.TB, handle string, scopes ...string) string {
	t.Helper()
	s.mu.Lock()
	token := s.tokens[handle]
	s.mu.Unlock()
	made := client{t, s.anybody.url, token}.expecting(http.StatusCreated, http.MethodPost, "/v1/me/keys", map[string]any{"name": "scenarios", "scopes": scopes})
	return made.member(t, "key")
}

// SignIn implements scenario.Accounts.
func (s *bySignIn) SignIn(t testing.TB, email string) string {
	t.Helper()
	n := s.last.Add(1)
	network := fmt.Sprintf("10.%d.%d.1", n/250, n%250) // what counts as one ends there
	c := client{t, s.anybody.url, ""}
	begun := c.expecting(http.StatusAccepted, http.MethodPost, "/v1/auth/challenges", map[string]any{"email": email}, "X-Forwarded-For", network)
	answered := c.expecting(http.StatusOK, http.MethodPost, "/v1/auth/challenges/"+begun.member(t, "challengeId")+"/answer",
		map[string]any{"code": readCode(t, s.outbox, email)}, "X-Forwarded-For", network)
	return answered.member(t, "access_token")
}
