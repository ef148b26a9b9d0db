package config

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// hostName is the name of a machine, as RFC 1123 has it but for lengths. It has
// no wildcards: they would be taken for such further on.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)

// isHost tells whether text names a machine or is an address, not in brackets.
func isHost(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil || hostName.MatchString(text)
}

// isAddress tells whether something can listen on text. No host is all of the
// machine's addresses.
func isAddress(text string) bool {
	host, port, err := net.SplitHostPort(text)
	return err == nil && (host == "" || isHost(host)) && isPort(port)
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && strconv.FormatUint(n, 10) == text
}

// parseOrigin reads scheme://host[:port] of the web.
func parseOrigin(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, errors.New("must be an absolute http or https URL")
	case u.Path != "" || strings.ContainsAny(text, "@?#"):
		return nil, errors.New("must be scheme, host and port alone")
	case !isHost(u.Hostname()):
		return nil, errors.New("must name one host")
	case strings.HasSuffix(u.Host, ":"), u.Port() != "" && (u.Port() == "0" || !isPort(u.Port())):
		return nil, errors.New("must have a port from 1 to 65535, or none")
	}
	return u, nil
}

// hasDefaultPort tells whether a URL names the port that its scheme has anyway.
func hasDefaultPort(u *url.URL) bool {
	return u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80"
}

// parseNetwork reads a network in CIDR notation (RFC 4632), or one address. An
// IPv4 network inside IPv6 is none: no address that arrives would be in it.
func parseNetwork(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	return network, err == nil && !network.Addr().Is4In6()
}

// isLoopback tells whether a host is this machine's own.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	name := strings.ToLower(host)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && addr.Unmap().IsLoopback()
}
