package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFile(t *testing.T) {
	t.Parallel()
	c, err := loadFile(t, `# All keys.
data: /srv/promptz
listen: 0.0.0.0:8080
publicURL: https://prompts.example.com
documents: "mem://{collection}/id"
limits: off
opsListen: 127.0.0.1:9090
hosts: [a.example.com, "b.example.com:8443"]
environment: "1"
trustedProxies:
  - 10.0.0.0/8
  - ::1
cors: []
logFormat: ~
logLevel: warn
signIn: oidc+https://id.example.com?client_id=a
signUp: closed
admins: [ada@example.com, bob@example.com]
mail: smtps://me:password@mail.example.com
mailFrom: Promptz <p@example.com>
mailTemplates: /srv/templates
`)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for name, s := range printed(t, c) {
		values[name] = s.Value
	}
	want := map[string]string{
		"data": "/srv/promptz", "listen": "0.0.0.0:8080", "publicURL": "https://prompts.example.com", "documents": "mem://{collection}/id",
		"limits": "off", "handler": "http", "opsListen": "127.0.0.1:9090", "hosts": "a.example.com,b.example.com:8443", "environment": "1",
		"trustedProxies": "10.0.0.0/8,::1", "originSecret": "", "cors": "", "logFormat": "", "logLevel": "warn",
		"secrets": "base64key://", "signIn": "oidc+https://id.example.com?client_id=a", "signUp": "closed",
		"admins": "ada@example.com,bob@example.com", "mail": "smtps://xxxxx@mail.example.com",
		"blobs": "file://{data}/blobs?create_dir=1", "workflows": "local://",
		"topic": "sqlite://events?file={data}/events.db", "subscription": "sqlite://events?file={data}/events.db",
		"mailFrom": "Promptz <p@example.com>", "mailTemplates": "/srv/templates",
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Error(diff)
	}
	if !c.Limits.Off || len(c.Hosts) != 2 || len(c.TrustedProxies) != 2 || c.CORS != nil {
		t.Errorf("fields are %+v", c)
	}
}

// Files that say nothing are the defaults.
func TestEmptyFile(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "{}\n", "~\n", "\ufeff", "listen:\ncors:\n", "data: ''\n"} {
		c, err := loadFile(t, text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := printed(t, c)["listen"]; got != (shown{"127.0.0.1:8080", "default"}) || c.Data != "./data" {
			t.Errorf("%q: listen is %v, data is %q", text, got, c.Data)
		}
	}
}

func TestBadFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, words string }{
		{"a sequence", "- listen\n", "line 1: must be a mapping"},
		{"a text", "listen\n", "line 1: must be a mapping"},
		{"broken", "listen: [1\n", "yaml: "},
		{"a tab", "listen:\n\tx: 1\n", "yaml: "},
		{"not UTF-8", "data: \xff\n", "yaml: "},
		{"two documents", "listen: 127.0.0.1:80\n---\nlisten: 127.0.0.1:81\n", "one YAML document"},
		{"a second document that is broken", "listen: 127.0.0.1:80\n---\n[\n", "one YAML document"},
		{"a key twice", "limits: on\ndata: x\nlimits: on\n", "limits: must be given once, but line 3 gives it again"},
		{"a key twice, first empty", "limits:\nlimits: on\n", "limits: must be given once, but line 2"},
		{"a number", "environment: 12\n", `environment: must be a text: put it in quotes (it is "12"`},
		{"a boolean", "limits: true\n", "limits: must be a text"},
		{"a date", "environment: 2026-01-02\n", "environment: must be a text"},
		{"bytes", "environment: !!binary bGl2ZQ==\n", "environment: must be a text"},
		{"a tag of one's own", "environment: !secret x\n", "environment: must be a text"},
		{"a sequence for a text", "listen: [127.0.0.1:80]\n", "listen: must be one text"},
		{"a mapping for a text", "documents: {url: x}\n", "documents: must be one text"},
		{"a text for a list", "hosts: a.example.com,b.example.com\n", "hosts: must be a sequence"},
		{"a mapping for a list", "cors: {a: b}\n", "cors: must be a sequence"},
		{"a comma in a list", "hosts: ['a.example.com,b.example.com']\n", "hosts: must be a sequence of texts without commas"},
		{"a number in a list", "hosts: [1]\n", "hosts: must be a sequence of texts"},
		{"a list in a list", "hosts: [[a.example.com]]\n", "hosts: must be a sequence of texts"},
		{"an alias", "data: &a x\nenvironment: *a\n", "environment: must be one text"},
		{"a merge", "<<: {data: x}\n", "there is no such key"},
		{"a key that is no word", "[a]: b\n", "there is no such key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := loadFile(t, tt.text)
			checkRefused(t, err, 1, "promptz.yaml", tt.words)
		})
	}
}
