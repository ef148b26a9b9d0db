package server

import (
	"crypto/rand"
	"encoding/base32"
	"net/http"
	"regexp"
	"strings"
)

// requestIDHeader carries a request's id, in and out.
const requestIDHeader = "X-Request-Id"

var requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// identify finds out which request this is and where it comes from. The id is
// that of the transport ([WithRequestID]) or of a trusted proxy, else a new one:
// what anybody else sends could be somebody's id, or a forged line of log.
func identify(proxies Proxies, edge Edge, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := RequestID(r.Context())
		if id == "" {
			id = r.Header.Get(requestIDHeader)
			if !requestIDPattern.MatchString(id) || !proxies.trust(r) {
				id = newRequestID()
			}
		}
		w.Header().Set(requestIDHeader, id)
		f := &facts{id: id, client: edge.client(r), route: unmatched}
		if !f.client.IsValid() {
			f.client = proxies.client(r)
		}
		r.Header.Del(edgeSecretHeader) // nobody else is to see it
		next.ServeHTTP(w, r.WithContext(withFacts(r.Context(), f)))
	})
}

// newRequestID makes 16 characters of 80 random bits.
func newRequestID() string {
	var b [10]byte
	rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}
