package config_test

import (
	"net/url"
	"path/filepath"
	"testing"

	"promptz/internal/config"
)

// A data folder of any name comes out of the URL as it went in.
func TestDocumentsURL(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", "with a space", "a?b", "a#b", "100%", "%2F", "%41", "a&b=c", "a+b", "a;b", "ümläut", `a"b'c`, "{collection}", "a:b@c", "[x]"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := load(t, []string{"--data", filepath.Join("/srv", name)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := c.DocumentsURL("library")
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			if want := filepath.Join("/srv", name, "library.db"); u.Query().Get("file") != want || len(u.Query()) != 1 {
				t.Errorf("%s has the file %q, want %q", raw, u.Query().Get("file"), want)
			}
			if u.Scheme != "sqlite" || u.Host != "library" || u.Path != "/id" {
				t.Errorf("the URL is %s", raw)
			}
		})
	}
}

// In a URL's path, too, {data} is the folder.
func TestDocumentsURLWithDataInPath(t *testing.T) {
	t.Parallel()
	c := config.Config{Data: "/srv/a +?#%b", Documents: "mem://{collection}{data}"}
	raw, err := c.DocumentsURL("identity")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if u.Host != "identity" || u.Path != c.Data || u.RawQuery != "" || u.Fragment != "" {
		t.Errorf("%s is host %q, path %q", raw, u.Host, u.Path)
	}
}

// A relative folder becomes absolute: drivers may look from elsewhere.
func TestDocumentsURLIsAbsolute(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := load(t, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := filepath.Abs("data/library.db")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := c.DocumentsURL("library")
	if err != nil {
		t.Fatal(err)
	}
	if u, err := url.Parse(raw); err != nil || u.Query().Get("file") != want {
		t.Errorf("the URL is %s, want the file %s", raw, want)
	}
}
