package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
)

// Config is the effective configuration. Make one with [Load].
type Config struct {
	Data           string         // folder of the embedded defaults, as it was given
	Listen         string         // host:port; port 0 picks one
	PublicURL      string         // without a slash at its end; "" is that of the listener
	Documents      string         // URL with {collection} and perhaps {data}
	Limits         Limits         // request rates
	OpsListen      string         // host:port of /metrics; "" is off
	Hosts          []string       // further names it answers to: host or host:port
	Environment    string         // the middle part of API keys
	TrustedProxies []netip.Prefix // whose forwarding headers are believed
	CORS           []string       // allowed origins
	LogFormat      string         // "text", "json", or "" for what fits the terminal
	LogLevel       slog.Level

	sources map[string]string // where each key's value came from
	shown   map[string]string // each key's value as it may be shown
}

// Limits are the request rates.
type Limits struct {
	Off       bool
	PerSecond float64 // for each key or user; 0 is the built-in default
}

// DocumentsURL gives the URL of one collection: {collection} is replaced by its
// name and {data} by the data folder, absolute and escaped.
func (c Config) DocumentsURL(collection string) (string, error) {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return "", fmt.Errorf("find data folder: %w", err)
	}
	return strings.NewReplacer(
		"{collection}", url.PathEscape(collection),
		"{data}", url.QueryEscape(data),
	).Replace(c.Documents), nil
}
