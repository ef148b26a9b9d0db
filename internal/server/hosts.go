package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"promptz/internal/promptz"
)

// CodeMisdirected is HTTP's own: the request names a host that is not ours.
const CodeMisdirected promptz.Code = "misdirected"

// Refuse answers a request with a problem. detail is for people.
type Refuse func(w http.ResponseWriter, r *http.Request, code promptz.Code, detail string)

// checkHost lets pass requests for the hosts that we answer to: that keeps a page
// elsewhere from reaching a server on somebody's own machine by a name that it
// has resolve to loopback. Health is asked by address.
func checkHost(hosts []string, refuse Refuse, next http.Handler) http.Handler {
	ours := map[string]bool{}
	for _, host := range hosts {
		ours[strings.ToLower(host)] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower(r.Host)
		name := withoutPort(host)
		switch {
		case ours[host], ours[name]:
		case isLoopbackName(name) && arrivedOnLoopback(r):
		case asksHealth(r):
		default:
			refuse(w, r, CodeMisdirected, "This server does not answer to the host that the request names.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withoutPort gives the name of a host, an IPv6 address in its brackets.
func withoutPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host[:i]
	}
	return host
}

func isLoopbackName(name string) bool {
	return name == "localhost" || name == "127.0.0.1" || name == "[::1]"
}

// arrivedOnLoopback tells whether the connection came to a loopback address.
func arrivedOnLoopback(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	addr, err := netip.ParseAddrPort(local.String())
	return err == nil && addr.Addr().Unmap().IsLoopback()
}
