package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// The functions below set one field each from text, or say what would be right.
// None repeats the value that it was given, which may hold a secret.

func setData(c *Config, value string) error {
	if strings.ContainsRune(value, 0) {
		return errors.New("must be the path of a folder")
	}
	c.Data = value
	return nil
}

func setListen(c *Config, value string) error {
	c.Listen = value
	return checkAddress(value)
}

func setOpsListen(c *Config, value string) error {
	if value == "off" {
		c.OpsListen = ""
		return nil
	}
	c.OpsListen = value
	if err := checkAddress(value); err != nil {
		return fmt.Errorf("%w, or off", err)
	}
	return nil
}

func checkAddress(value string) error {
	_, port, err := net.SplitHostPort(value)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New("must be host:port, such as 127.0.0.1:8080")
	}
	return nil
}

func setPublicURL(c *Config, value string) error {
	c.PublicURL = ""
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

// parseOrigin reads scheme://host[:port] of the web.
func parseOrigin(value string) (*url.URL, error) {
	u, err := url.Parse(value)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, errors.New("must be an absolute http or https URL")
	case u.User != nil, u.Path != "", u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return nil, errors.New("must be scheme, host and port alone")
	}
	return u, nil
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func setDocuments(c *Config, value string) error {
	c.Documents = value
	if !strings.Contains(value, "{collection}") {
		return errors.New("must hold {collection}, which stands for library and identity")
	}
	for _, p := range placeholder.FindAllString(value, -1) {
		if p != "{collection}" && p != "{data}" {
			return errors.New("may hold the placeholders {collection} and {data} only")
		}
	}
	filled := strings.NewReplacer("{collection}", "library", "{data}", "data").Replace(value)
	if u, err := url.Parse(filled); err != nil || u.Scheme == "" || u.Host == "" {
		return errors.New("must be a URL, such as sqlite://{collection}/id?file={data}/{collection}.db")
	}
	return nil
}

func setLimits(c *Config, value string) error {
	c.Limits = Limits{Off: value == "off"}
	if value == "on" || value == "off" {
		return nil
	}
	digits, ok := strings.CutSuffix(value, "/s")
	rate, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || rate < 0.01 || rate > 1e6 {
		return errors.New("must be on, off, or a rate such as 50/s")
	}
	c.Limits.PerSecond = rate
	return nil
}

func setHosts(c *Config, value string) error {
	c.Hosts = split(value)
	for _, host := range c.Hosts {
		u, err := parseOrigin("https://" + host)
		if err != nil || u.Host != host {
			return errors.New("must be names such as prompts.example.com or prompts.example.com:8443")
		}
	}
	return nil
}

var environmentPattern = regexp.MustCompile(`^[a-z0-9]{1,16}$`)

func setEnvironment(c *Config, value string) error {
	c.Environment = value
	if !environmentPattern.MatchString(value) {
		return errors.New("must be 1 to 16 small letters and digits")
	}
	return nil
}

func setTrustedProxies(c *Config, value string) error {
	c.TrustedProxies = nil
	for _, s := range split(value) {
		prefix, err := netip.ParsePrefix(s)
		if addr, addrErr := netip.ParseAddr(s); err != nil && addrErr == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return errors.New("must be networks or addresses, such as 10.0.0.0/8 or ::1")
		}
		c.TrustedProxies = append(c.TrustedProxies, prefix.Masked())
	}
	return nil
}

func setCORS(c *Config, value string) error {
	c.CORS = split(value)
	for _, origin := range c.CORS {
		if origin == "*" {
			return errors.New("must name origins: * would let every page on the web read with its visitors' credentials")
		}
		if _, err := parseOrigin(origin); err != nil {
			return errors.New("must be origins, such as https://app.example.com")
		}
	}
	return nil
}

func setLogFormat(c *Config, value string) error {
	c.LogFormat = value
	if value != "" && value != "text" && value != "json" {
		return errors.New("must be text or json")
	}
	return nil
}

func setLogLevel(c *Config, value string) error {
	switch value {
	case "debug", "info", "warn", "error":
		return c.LogLevel.UnmarshalText([]byte(value))
	}
	c.LogLevel = slog.LevelInfo
	return errors.New("must be debug, info, warn or error")
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

// isLoopback tells whether a host is this machine's own.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
