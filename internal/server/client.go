package server

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose forwarding headers are believed.
type Proxies []netip.Prefix

// trust tells whether the request comes from one of them.
func (p Proxies) trust(r *http.Request) bool {
	addr, ok := peer(r)
	return ok && p.contains(addr)
}

func (p Proxies) contains(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// Client gives the caller's address: the connection's, or, behind proxies that
// are trusted, the right-most address in X-Forwarded-For that is none of them.
// What stands left of it anybody may have written.
func (p Proxies) Client(r *http.Request) netip.Addr {
	client, _ := peer(r)
	if !p.contains(client) {
		return client
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = hop.Unmap().WithZone("")
		if !p.contains(client) {
			break
		}
	}
	return client
}

// peer is the address of the connection.
func peer(r *http.Request) (netip.Addr, bool) {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	return addr.Addr().Unmap().WithZone(""), err == nil
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
