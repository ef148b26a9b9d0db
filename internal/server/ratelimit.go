package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"promptz/internal/promptz"
)

// Caller says who sends a request, as far as can be told without asking a store:
// "" is nobody that is known.
type Caller func(r *http.Request) string

// limit refuses callers that ask too often: users by who they are, all others by
// their address. Health is never refused: who asks for it would take us for dead.
func limit(l *Limits, caller Caller, metrics *Metrics, refuse Refuse, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asksHealth(r) {
			next.ServeHTTP(w, r)
			return
		}
		key := bucketKey{name: caller(r)}
		if key.name == "" {
			key = bucketKey{address: true, name: network(ClientAddr(r.Context())).String()}
		}
		b := l.take(key)
		if !b.allowed {
			metrics.limited.Inc()
			b.describe(w.Header())
			w.Header().Set("Retry-After", strconv.Itoa(b.untilNext()))
			refuse(w, r, promptz.CodeRateLimited,
				fmt.Sprintf("More than %g requests a second. Wait as long as Retry-After says.", b.perSecond))
			return
		}
		described := &response{ResponseWriter: w, before: func() {
			// A shared cache would hand what is left to one caller to all.
			if !strings.Contains(w.Header().Get("Cache-Control"), "public") {
				b.describe(w.Header())
			}
		}}
		next.ServeHTTP(described, r)
		described.begin()
	})
}

// describe writes the fields of draft-ietf-httpapi-ratelimit-headers: q requests
// in w seconds is the policy, r are left and in t seconds all will be again.
func (b bucket) describe(h http.Header) {
	h.Set("RateLimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, burst, b.window()))
	h.Set("RateLimit", fmt.Sprintf(`"default";r=%d;t=%d`, int(b.left), b.untilFull()))
}
