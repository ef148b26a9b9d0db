package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/trace"
)

// requestTimeout bounds what one request may take of the stores.
const requestTimeout = 30 * time.Second

// Middleware is what every request passes on its way to the handler.
type Middleware struct {
	Log     *slog.Logger
	Metrics *Metrics
	Limits  *Limits // nil is none
	Caller  Caller  // who a request is counted for
	Proxies Proxies
	Hosts   []string // names that we answer to, with their ports
	Refuse  Refuse
}

// Handler puts the middleware around next. The order is: what names a request
// comes first, so that everything after can say which it was; then what
// watches, so that it sees refusals too; then what refuses, the cheapest first.
func (m Middleware) Handler(next http.Handler) (http.Handler, error) {
	h, err := compress(bounded(next))
	if err != nil {
		return nil, err
	}
	if m.Limits != nil {
		h = limit(m.Limits, m.Caller, m.Proxies, m.Metrics, m.Refuse, h)
	}
	h = checkHost(m.Hosts, m.Refuse, h)
	h = rescue(m.Log, m.Refuse, h)
	h = traced(h)
	h = observe(m.Log, m.Metrics, m.Proxies, h)
	return identify(m.Proxies, h), nil
}

// bounded gives every request a deadline.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// traced makes a span of each request, named by its route; it costs nothing
// while no exporter is set up.
func traced(next http.Handler) http.Handler {
	named := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if f := factsOf(r.Context()); f != nil && f.route != "" {
			trace.SpanFromContext(r.Context()).SetName(r.Method + " " + f.route)
		}
	})
	return otelhttp.NewHandler(named, "request")
}
