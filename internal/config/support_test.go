package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"promptz/internal/config"
)

var schemes = config.Schemes{
	"documents":    {"sqlite", "mem", "dynamodb", "mongo"},
	"secrets":      {"base64key", "awskms"},
	"signIn":       {"local", "cognito", "oidc+https"},
	"mail":         {"file", "smtp", "smtps"},
	"blobs":        {"file", "mem", "s3"},
	"workflows":    {"local", "stepfunctions"},
	"topic":        {"sqlite", "mem", "awssns", "awssqs"},
	"subscription": {"sqlite", "mem", "awssqs"},
}

// load loads the configuration of a command line and an environment.
func load(t *testing.T, args, environ []string) (config.Config, error) {
	t.Helper()
	var flags config.Flags
	set := pflag.NewFlagSet("promptz", pflag.ContinueOnError)
	flags.Bind(set)
	if err := set.Parse(args); err != nil {
		t.Fatalf("parse %q: %v", args, err)
	}
	return config.Load(&flags, environ, schemes)
}

// loadFile loads the configuration of a file alone.
func loadFile(t *testing.T, text string) (config.Config, error) {
	t.Helper()
	return load(t, []string{"--config", writeFile(t, text)}, nil)
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "promptz.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// print gives what Print writes.
func print(t *testing.T, c config.Config, asJSON bool) string {
	t.Helper()
	var b strings.Builder
	if err := config.Print(&b, c, asJSON); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkRefused sees that err tells a number of faults and holds all words.
func checkRefused(t *testing.T, err error, faults int, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("it was accepted")
	}
	if lines := strings.Count(err.Error(), "\n"); lines != faults {
		t.Errorf("%d faults, want %d:\n%v", lines, faults, err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("it does not say %q:\n%v", word, err)
		}
	}
}
