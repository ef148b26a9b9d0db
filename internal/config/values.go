package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The functions below set one field each from text, or leave it empty and say
// what would be right. None repeats the text, which may hold a secret.

func setData(c *Config, value string) error {
	if value == "" || strings.ContainsRune(value, 0) {
		return errors.New("must be the path of a folder")
	}
	c.Data = value
	return nil
}

func setListen(c *Config, value string) error {
	if !isAddress(value) {
		return errors.New("must be host:port, such as 127.0.0.1:8080")
	}
	c.Listen = value
	return nil
}

func setOpsListen(c *Config, value string) error {
	if value == "off" {
		return nil
	}
	if !isAddress(value) {
		return errors.New("must be host:port, such as 127.0.0.1:9090, or off")
	}
	c.OpsListen = value
	return nil
}

// handlers are the functions that the program can be on Lambda.
var handlers = []string{"http", "relay", "events", "activity", "sweep", "post-auth"}

// Handlers gives what `handler` can be: the functions of the program on Lambda.
func Handlers() []string { return slices.Clone(handlers) }

func setHandler(c *Config, value string) error {
	if !slices.Contains(handlers, value) {
		return errors.New("must be one of " + strings.Join(handlers, ", "))
	}
	c.Handler = value
	return nil
}

func setPublicURL(c *Config, value string) error {
	if value == "" {
		return nil
	}
	u, err := parseOrigin(strings.TrimSuffix(value, "/"))
	if err != nil {
		return fmt.Errorf("%w, such as https://prompts.example.com", err)
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return errors.New("must be https; http is for loopback only")
	}
	c.PublicURL = u.String()
	return nil
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func setDocuments(c *Config, value string) error {
	if !strings.Contains(value, "{collection}") {
		return errors.New("must hold {collection}, which stands for library, identity and ephemeral")
	}
	for _, p := range placeholder.FindAllString(value, -1) {
		if p != "{collection}" && p != "{data}" {
			return errors.New("may hold the placeholders {collection} and {data} only")
		}
	}
	filled := strings.NewReplacer("{collection}", "library", "{data}", "/data").Replace(value)
	u, err := url.Parse(filled)
	if err != nil || u.Scheme == "" || u.Host == "" || u.Fragment != "" || strings.ContainsAny(filled, "{}") {
		return errors.New("must be a URL, such as sqlite://{collection}/id?file={data}/{collection}.db")
	}
	c.Documents = value
	return nil
}

func setBlobs(c *Config, value string) error {
	if !isURL(value) {
		return errors.New("must be a URL, such as file://{data}/blobs?create_dir=1 or s3://bucket?region=eu-west-1")
	}
	c.Blobs = value
	return nil
}

func setWorkflows(c *Config, value string) error {
	if !isURL(value) || strings.Contains(value, "{") {
		return errors.New("must be a URL, such as local:// or stepfunctions://promptz?region=eu-west-1")
	}
	c.Workflows = value
	return nil
}

func setTopic(c *Config, value string) error {
	if !isURL(value) {
		return errors.New("must be a URL, such as sqlite://events?file={data}/events.db or awssns:///arn:aws:sns:eu-west-1:123456789012:events")
	}
	c.Topic = value
	return nil
}

func setSubscription(c *Config, value string) error {
	if !isURL(value) {
		return errors.New("must be a URL, such as sqlite://events?file={data}/events.db or awssqs://sqs.eu-west-1.amazonaws.com/123456789012/events")
	}
	c.Subscription = value
	return nil
}

var ratePattern = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?/s$`)

func setLimits(c *Config, value string) error {
	if value == "on" || value == "off" {
		c.Limits.Off = value == "off"
		return nil
	}
	rate, err := strconv.ParseFloat(strings.TrimSuffix(value, "/s"), 64)
	if !ratePattern.MatchString(value) || err != nil || rate < 0.01 || rate > 1e6 {
		return errors.New("must be on, off, or a rate such as 50/s, from 0.01/s to 1000000/s")
	}
	c.Limits.PerSecond = rate
	return nil
}

func setHosts(c *Config, value string) error {
	hosts := split(value)
	for _, host := range hosts {
		if u, err := parseOrigin("https://" + host); err != nil || u.Host != host {
			return errors.New("must be names such as prompts.example.com or prompts.example.com:8443")
		}
	}
	c.Hosts = hosts
	return nil
}

var environmentPattern = regexp.MustCompile(`^[a-z0-9]{1,16}$`)

func setEnvironment(c *Config, value string) error {
	if !environmentPattern.MatchString(value) {
		return errors.New("must be 1 to 16 small letters and digits")
	}
	c.Environment = value
	return nil
}

func setTrustedProxies(c *Config, value string) error {
	var networks []netip.Prefix
	for _, text := range split(value) {
		network, ok := parseNetwork(text)
		if !ok {
			return errors.New("must be networks or addresses, such as 10.0.0.0/8 or ::1")
		}
		if network != network.Masked() {
			return errors.New("must be networks whose address has no bits beyond its length, such as 10.0.0.0/8")
		}
		networks = append(networks, network)
	}
	c.TrustedProxies = networks
	return nil
}

func setCORS(c *Config, value string) error {
	var origins []string
	for _, text := range split(value) {
		if text == "*" {
			return errors.New("must name origins, such as https://app.example.com: * would let every page on the web " +
				"use this server from inside its visitors' networks")
		}
		u, err := parseOrigin(text)
		if err != nil {
			return fmt.Errorf("every origin %w, such as https://app.example.com", err)
		}
		if hasDefaultPort(u) {
			return errors.New("must be origins as browsers send them: without :443 after https and :80 after http")
		}
		origins = append(origins, u.Scheme+"://"+strings.ToLower(u.Host))
	}
	c.CORS = origins
	return nil
}

func setLogFormat(c *Config, value string) error {
	if value != "" && value != "text" && value != "json" {
		return errors.New("must be text or json")
	}
	c.LogFormat = value
	return nil
}

var logLevels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

func setLogLevel(c *Config, value string) error {
	level, ok := logLevels[value]
	if !ok {
		return errors.New("must be debug, info, warn or error")
	}
	c.LogLevel = level
	return nil
}

// split takes a list apart at its commas.
func split(value string) []string {
	var parts []string
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// setOriginSecret takes what can stand in a header and can't be guessed.
func setOriginSecret(c *Config, value string) error {
	if value != "" && !originSecretPattern.MatchString(value) {
		return errors.New("must have 16 to 200 letters, digits, '.', '_' and '-'")
	}
	c.OriginSecret = value
	return nil
}

var originSecretPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{16,200}$`)
