package config_test

import (
	"strings"
	"testing"
)

const secret = "hunter2"

// leaks are values with a secret where a URL or its remains can hold one.
var leaks = map[string]string{
	"password":                   "mem://me:hunter2@{collection}/id",
	"user":                       "mem://hunter2@{collection}/id",
	"parameter":                  "mem://{collection}/id?password=hunter2",
	"parameter without a value":  "mem://{collection}/id?hunter2",
	"parameter's name":           "mem://{collection}/id?hunter2=1",
	"parameter, escaped":         "mem://{collection}/id?pass%77ord=hunter2",
	"after a semicolon":          "mem://{collection}/id?file=a;password=hunter2",
	"escaped in a harmless one":  "mem://{collection}/id?file=a%26password%3Dhunter2",
	"URL in a harmless one":      "mem://{collection}/id?endpoint=http://me:hunter2@localhost",
	"query of a URL in one":      "mem://{collection}/id?endpoint=http://localhost?token=hunter2",
	"fragment":                   "mem://{collection}/id#hunter2",
	"unparsable, escape":         "mem://me:hunter2@{collection}/%zz",
	"unparsable, port":           "mem://{collection}:hunter2/id",
	"unparsable, host":           "mem://me:hunter2@{collection}{x}/id",
	"unparsable, query":          "mem://{collection}/id?a=%zz&password=hunter2",
	"unparsable, control":        "mem://me:hunter2@{collection}/\x7f",
	"no scheme":                  "me:hunter2@{collection}/id",
	"one slash":                  "mem:/me:hunter2@{collection}/id",
	"three slashes":              "mem:///me:hunter2@{collection}/id",
	"opaque":                     "mem:hunter2@{collection}",
	"comma within":               "mem://me:12,hunter2@{collection}/id",
	"unknown scheme":             "oracle://me:hunter2@{collection}/id",
	"unknown placeholder":        "mem://me:hunter2@{collection}/{table}",
	"no collection":              "mem://me:hunter2@library/id",
	"origin":                     "https://me:hunter2@app.example.com",
	"origin with a query":        "https://app.example.com?token=hunter2",
	"second of a list":           "https://app.example.com,https://me:hunter2@b.example.com",
	"second of a list, no URL":   "b.example.com,me:hunter2@c.example.com",
	"address":                    "me:hunter2@localhost:80",
	"assignment":                 "localhost:80?password=hunter2",
	"a URL with another's words": "postgres://me:hunter2@db/x?sslmode=require",
	"a client's secret":          "oidc+https://id.example.com?client_id=a&client_secret=hunter2",
	"a key as host":              "base64key://hunter2",
	"mail's password":            "smtp://me:hunter2@mail.example.com:587",
}

// Whatever key holds the secret, by whatever way, and whether it is refused or
// accepted, nothing that is said of it shows it.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	for name, value := range leaks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, flag := range []string{
				"data", "listen", "public-url", "documents", "limits", "ops-listen", "hosts", "environment", "trusted-proxies",
				"cors", "log-format", "log-level", "secrets", "sign-in", "sign-up", "admins", "mail", "mail-from", "mail-templates",
			} {
				c, err := load(t, []string{"--" + flag, value}, nil)
				said := print(t, c, false) + print(t, c, true)
				if err != nil {
					said = err.Error()
				}
				if strings.Contains(said, secret) {
					t.Errorf("--%s shows it:\n%s", flag, said)
				}
			}
		})
	}
}

// The file shows no secrets either, not even where it can't be read.
func TestSecretsInTheFileAreNotShown(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"value":              "documents: mem://me:hunter2@x\n",
		"number":             "cors: 'https://a?hunter2'\n",
		"wrong type":         "documents: [hunter2]\n",
		"wrong type of list": "hosts: https://me:hunter2@x\n",
		"entry of a list":    "hosts: ['me:hunter2@x,y']\n",
		"alias":              "documents: *hunter2\n",
		"broken":             "documents: 'mem://me:hunter2@x\n",
		"name":               "'mem://me:hunter2@x': y\n",
		"unknown key":        "password: hunter2\n",
		"twice":              "documents: mem://me:hunter2@x\ndocuments: mem://me:hunter2@x\n",
		"a text":             "hunter2\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := loadFile(t, text)
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

// What is no secret is shown as it was given: a mask hides a mistake as well.
func TestWhatIsShown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, value, want string }{
		{"the default", "sqlite://{collection}/id?file={data}/{collection}.db", "sqlite://{collection}/id?file={data}/{collection}.db"},
		{"harmless parameters", "dynamodb://{collection}?region=eu-central-1&endpoint=http://127.0.0.1:8000&partition_key=id", "dynamodb://{collection}?region=eu-central-1&endpoint=http://127.0.0.1:8000&partition_key=id"},
		{"userinfo", "mem://me:hunter2@{collection}/id", "mem://xxxxx@{collection}/id"},
		{"a parameter", "mem://{collection}/id?filename=a.db&password=hunter2&sort_key=b", "mem://{collection}/id?filename=a.db&password=xxxxx&sort_key=b"},
		{"a bare parameter", "mem://{collection}/id?letters&file=a.db", "mem://{collection}/id?xxxxx&file=a.db"},
		{"an endpoint", "dynamodb://{collection}?endpoint=http://me:hunter2@localhost:8000", "dynamodb://{collection}?endpoint=http://xxxxx@localhost:8000"},
		{"an escaped file", "sqlite://{collection}/id?file=/a%20b/{collection}.db", "sqlite://{collection}/id?file=/a%20b/{collection}.db"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := load(t, nil, []string{"PROMPTZ_DOCUMENTS=" + tt.value})
			if err != nil {
				t.Fatal(err)
			}
			if got := printed(t, c)["documents"]; got != (shown{tt.want, "PROMPTZ_DOCUMENTS"}) {
				t.Errorf("shown is %v, want %s", got, tt.want)
			}
			if c.Documents != tt.value {
				t.Errorf("Documents is %q", c.Documents)
			}
		})
	}
}

// What can't be read as a URL is masked whole: no part of it is known to be
// harmless.
func TestWhatIsNoURLIsMasked(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"mem:{collection}", "{collection}", "mem://{collection}/%zz", "mem://{collection}:port/id"} {
		_, err := load(t, []string{"--documents", value}, nil)
		checkRefused(t, err, 1, `(it is "xxxxx", from --documents)`)
	}
}
