package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/config"
)

// What wins, and which source it is said to come from.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "data: /file\n")
	for _, tt := range []struct {
		name          string
		args, environ []string
		want          shown
	}{
		{"nothing", nil, nil, shown{"./data", "default"}},
		{"file", []string{"--config", file}, nil, shown{"/file", "file " + file}},
		{"variable over file", []string{"--config", file}, []string{"PROMPTZ_DATA=/variable"}, shown{"/variable", "PROMPTZ_DATA"}},
		{"flag over all", []string{"--config", file, "--data", "/flag"}, []string{"PROMPTZ_DATA=/variable"}, shown{"/flag", "--data"}},
		{"flag that is the default", []string{"--config", file, "--data=./data"}, nil, shown{"./data", "--data"}},
		{"an empty variable is not set", []string{"--config", file}, []string{"PROMPTZ_DATA="}, shown{"/file", "file " + file}},
		{"a variable with an equals sign", nil, []string{"PROMPTZ_DATA=/a=b"}, shown{"/a=b", "PROMPTZ_DATA"}},
		{"others' variables", nil, []string{"HOME=/root", "PROMPTZ=1", "PROMPTZ_TEST_X=1", "PROMPTZ_UNKNOWN="}, shown{"./data", "default"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := load(t, tt.args, tt.environ)
			if err != nil {
				t.Fatal(err)
			}
			got := printed(t, c)["data"]
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if c.Data != tt.want.Value {
				t.Errorf("Data is %q", c.Data)
			}
		})
	}
}

type shown struct{ Value, Source string }

// printed gives what Print writes as JSON.
func printed(t *testing.T, c config.Config) map[string]shown {
	t.Helper()
	var got map[string]shown
	if err := json.Unmarshal([]byte(print(t, c, true)), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// What is replaced by something valid is not looked at.
func TestOverriddenValueIsNotLookedAt(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "limits: fast\nhosts: no sequence\n")
	c, err := load(t, []string{"--config", file, "--limits", "off"}, []string{"PROMPTZ_LIMITS=slow", "PROMPTZ_HOSTS=a.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if !c.Limits.Off || len(c.Hosts) != 1 {
		t.Errorf("limits %v, hosts %v", c.Limits, c.Hosts)
	}
}

// The file of the default name is read in the working folder, where there is one.
// No t.Parallel: it changes the folder.
func TestDefaultFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if c, err := load(t, nil, nil); err != nil || c.Environment != "live" {
		t.Fatalf("without a file: environment %q, %v", c.Environment, err)
	}
	if err := os.WriteFile("promptz.yaml", []byte("environment: staging\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := load(t, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := printed(t, c)["environment"]; got != (shown{"staging", "file promptz.yaml"}) {
		t.Errorf("environment is %v", got)
	}
	if zero, err := config.Load(&config.Flags{}, nil, schemes); err != nil || zero.Environment != "staging" {
		t.Errorf("without a command line: environment %q, %v", zero.Environment, err)
	}
}

func TestNamedFileMustBeThere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{filepath.Join(t.TempDir(), "none.yaml"), t.TempDir(), ""} {
		_, err := load(t, []string{"--config", name}, nil)
		checkRefused(t, err, 1, "--config: must name a file", name)
	}
}

// One start tells everything that is wrong, whatever its source.
func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "lissten: 127.0.0.1:80\nhosts: a.example.com\nenvironment: Bad\n")
	args := []string{"--config", file, "--limits", "fast", "--listen", "0.0.0.0:80"}
	_, err := load(t, args, []string{"PROMPTZ_LOG_LEVEL=loud", "PROMPTZ_DOCUMENTS=oracle://{collection}", "PROMPTZ_LISTN=x", "PROMPTZ_SEARCH=bleve:///x"})
	checkRefused(t, err, 9,
		"line 1: lissten: there is no such key; did you mean listen?",
		`hosts: must be a sequence, such as [one, two] (it is "a.example.com", from file `+file+")",
		`environment: must be 1 to 16 small letters and digits (it is "Bad", from file `+file+")",
		`limits: must be on, off, or a rate such as 50/s, from 0.01/s to 1000000/s (it is "fast", from --limits)`,
		`logLevel: must be debug, info, warn or error (it is "loud", from PROMPTZ_LOG_LEVEL)`,
		`documents: must begin with one of sqlite://, mem://, dynamodb://, mongo:// (it is "oracle://{collection}", from PROMPTZ_DOCUMENTS)`,
		"PROMPTZ_LISTN: there is no such variable; did you mean PROMPTZ_LISTEN?",
		"PROMPTZ_SEARCH: there is no such variable",
		"publicURL: is required, as listen is 0.0.0.0:80 (from --listen)",
	)
}

// Keys of later issues are unknown until then, and like no key of today.
func TestUnknownNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, near string }{
		{"databse", "data"}, {"Listen", "listen"}, {"public_url", "publicURL"}, {"publicUrl", "publicURL"}, {"document", "documents"},
		{"log-level", "logLevel"}, {"trustedProxy", "trustedProxies"}, {"host", "hosts"}, {"opsListn", "opsListen"},
		{"blob", "blobs"}, {"topics", "topic"}, {"workflow", "workflows"},
		{"search", ""}, {"handlers", "handler"}, {"port", ""}, {"secret", "secrets"}, {"signin", "signIn"}, {"mailfrom", "mailFrom"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := loadFile(t, tt.name+": x\n")
			checkRefused(t, err, 1, "line 1: "+tt.name+": there is no such key")
			_, near, _ := strings.Cut(err.Error(), "did you mean ")
			if strings.TrimSuffix(near, "?") != tt.near {
				t.Errorf("it suggests %q, want %q", near, tt.near)
			}
		})
	}
}
