package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// answerTimeout bounds what one request may take of the stores.
const answerTimeout = 30 * time.Second

// Middleware is what every request passes on its way to the handler. All of it
// has to be there but Limits, Proxies, Edge, Hosts and Origins.
type Middleware struct {
	Log     *slog.Logger
	Metrics *Metrics
	Limits  *Limits // nil is none
	Caller  Caller  // who a request is counted for
	Proxies Proxies
	Edge    Edge // "" is none
	// Hosts are the names that we answer to: host:port, or a host alone, which
	// is ours at any port. On loopback the machine's own names are, too.
	Hosts   []string
	Origins Origins // of other pages that may call; none is no CORS
	Refuse  Refuse
}

// Handler puts the middleware around next. The order is: what names a request
// comes first, so that everything after can say which it was; then what
// watches, so that it sees refusals too; then what refuses, the cheapest first.
func (m Middleware) Handler(next http.Handler) (http.Handler, error) {
	h, err := compress(bound(next))
	if err != nil {
		return nil, err
	}
	if m.Limits != nil {
		h = limit(m.Limits, m.Caller, m.Metrics, m.Refuse, h)
	}
	h = share(m.Origins, h)
	h = checkHost(m.Hosts, m.Refuse, h)
	h = rescue(m.Log, m.Refuse, h)
	h = traced(m.Proxies, h)
	h = observe(m.Log, m.Metrics, h)
	return identify(m.Proxies, m.Edge, h), nil
}

// bound gives every request a deadline, a later one where a body has to come in
// first.
func bound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timeout := answerTimeout
		if r.ContentLength != 0 {
			timeout += readTimeout
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
