package config_test

import (
	"net/url"
	"strings"
	"testing"

	"promptz/internal/config"
)

// FuzzFile loads files of any content: nothing panics, and what is accepted
// holds what its fields promise.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"", "# c\n", "listen: 127.0.0.1:0\n", "hosts: [a, b]\n", "cors:\n  - https://a.example.com\n", "a: *b\n", "? [a]\n: b\n",
		"<<: *a\n", "--- |\n x\n", "data: !!binary x\n", "documents: mem://{collection}/id?a=b\n", "{listen: x, listen: y}\n", "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := loadFile(t, text); err == nil {
			checkPromises(t, c)
		}
	})
}

// FuzzValues gives every key the same text.
func FuzzValues(f *testing.F) {
	for _, value := range leaks {
		f.Add(value)
	}
	for _, seed := range []string{"", "on", "50/s", "127.0.0.1:0", "[::1]:80", "10.0.0.0/8,::1", "*", "live", "debug", "json", "mem://{collection}/id"} {
		f.Add(seed)
	}
	flags := []string{"--data", "--listen", "--public-url", "--documents", "--limits", "--ops-listen", "--hosts", "--environment", "--trusted-proxies", "--cors", "--log-format", "--log-level"}
	f.Fuzz(func(t *testing.T, value string) {
		for _, flag := range flags {
			c, err := load(t, []string{flag + "=" + value}, nil)
			if err == nil {
				checkPromises(t, c)
			} else if !strings.Contains(err.Error(), flag) && !strings.Contains(err.Error(), "publicURL: is required") {
				t.Errorf("it does not name %s: %v", flag, err)
			}
		}
	})
}

// checkPromises sees that a configuration that was accepted can be used.
func checkPromises(t *testing.T, c config.Config) {
	t.Helper()
	raw, err := c.DocumentsURL("library")
	if err != nil {
		t.Fatal(err)
	}
	if u, err := url.Parse(raw); err != nil || u.Host == "" {
		t.Errorf("documents %q become %q: %v", c.Documents, raw, err)
	}
	if c.Data == "" || c.Listen == "" || c.Environment == "" {
		t.Errorf("empty are some of %+v", c)
	}
	for _, origin := range append(c.CORS, c.PublicURL) {
		if u, err := url.Parse(origin); err != nil || u.Path+u.RawQuery+u.Fragment != "" || u.User != nil || strings.Contains(origin, "*") {
			t.Errorf("%q is no origin: %v", origin, err)
		}
	}
}
