package server

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose forwarding headers are believed.
type Proxies []netip.Prefix

// trust tells whether the request comes from one of them.
func (p Proxies) trust(r *http.Request) bool { return p.contains(peer(r)) }

func (p Proxies) contains(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// client gives the caller's address: the connection's, or, behind proxies that
// are trusted, the right-most address in X-Forwarded-For that is none of them.
// What stands left of it anybody may have written.
func (p Proxies) client(r *http.Request) netip.Addr {
	client := peer(r)
	if !p.contains(client) {
		return client
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := parseHop(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		client = hop
		if !p.contains(client) {
			break
		}
	}
	return client
}

// peer is the address of the connection; it is not valid where there is none.
func peer(r *http.Request) netip.Addr { return parseHop(r.RemoteAddr) }

// parseHop reads an address with or without a port, as the one IPv4 or IPv6
// address that it is.
func parseHop(s string) netip.Addr {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		withPort, _ := netip.ParseAddrPort(s) // its zero value is not valid
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone("")
}

// network is what one caller is taken for: an IPv4 address, or the /64 that a
// single host has of IPv6.
func network(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr
	}
	return prefix.Addr()
}

// Visitor tells callers apart who are not signed in, roughly: by their network and
// what they say they are.
func Visitor(r *http.Request) string {
	return network(ClientAddr(r.Context())).String() + " " + r.UserAgent()
}
