package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
)

// Config is the effective configuration. Make one with [Load]. Safe for
// concurrent use, as nothing changes it.
type Config struct {
	Data           string         // folder of the embedded defaults, as it was given
	Listen         string         // host:port; port 0 picks one
	PublicURL      string         // scheme, host and port; "" is that of the listener, whose port is not known yet
	Documents      string         // URL with {collection} and perhaps {data}
	Blobs          string         // URL of where files are kept, perhaps with {data}
	Workflows      string         // URL of what runs workflows
	Topic          string         // URL of where events are sent to, perhaps with {data}
	Subscription   string         // and of where they come back from
	Secrets        string         // URL of the keeper of secret keys, perhaps with {data}
	SignIn         string         // URL of who proves who somebody is
	SignUp         SignUp         // who may make an account
	Admins         []string       // addresses whose accounts are admins'
	Mail           string         // URL of how mail leaves, perhaps with {data}
	MailFrom       string         // its sender, as RFC 5322 has it; "" is derived from PublicURL
	MailTemplates  string         // folder of templates that replace our own; "" is none
	Limits         Limits         // request rates
	Handler        string         // which function this is, on Lambda
	OpsListen      string         // host:port of /metrics; "" is off
	Hosts          []string       // further names it answers to: host or host:port
	Environment    string         // the middle part of API keys
	TrustedProxies []netip.Prefix // whose forwarding headers are believed
	OriginSecret   string         // of a content delivery network in front; "" is none
	CORS           []string       // allowed origins, as browsers send them
	LogFormat      string         // "text", "json", or "" for what fits the terminal
	LogLevel       slog.Level

	effective map[string]shown // by key, for people
}

// shown is a key's value as it may be shown, and where it came from.
type shown struct {
	Value  string `json:"value"`
	Source string `json:"source"`
}

// Limits are the request rates.
type Limits struct {
	Off       bool
	PerSecond float64 // for each key or user; 0 is the built-in default
}

// SignUp says who may make an account by signing in: everybody, unless Closed or
// Domains says otherwise.
type SignUp struct {
	Closed  bool
	Domains []string // of addresses, lower case
}

// Schemes are the URL schemes that keys may name, by key.
type Schemes map[string][]string

// DocumentsURL gives the URL of one collection: {collection} is replaced by its
// name and {data} by the data folder, absolute and escaped.
func (c Config) DocumentsURL(collection string) (string, error) {
	filled, err := c.Fill(c.Documents)
	return strings.ReplaceAll(filled, "{collection}", url.PathEscape(collection)), err
}

// Fill puts the data folder, absolute and escaped, in the place of {data}.
func (c Config) Fill(raw string) (string, error) {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return "", fmt.Errorf("find data folder: %w", err)
	}
	return strings.ReplaceAll(raw, "{data}", escapePath(data)), nil
}

// escapePath escapes a path so that it means the same in a URL's path and in its
// query: a plus is a space in the latter only.
func escapePath(path string) string {
	return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(path))
}
