package server

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// traced makes a span of each request, named by its route. A trace that a caller
// began is gone on with only behind a trusted proxy, and linked to else: nobody
// outside decides what is sampled. Without [OpenTracing] it does nothing, not
// even what an unused tracer costs.
func traced(proxies Proxies, next http.Handler) http.Handler {
	if _, open := otel.GetTracerProvider().(*sdk.TracerProvider); !open {
		return next
	}
	named := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { nameSpan(r) }()
		next.ServeHTTP(w, r)
	})
	return otelhttp.NewHandler(named, "request", otelhttp.WithPublicEndpointFn(func(r *http.Request) bool {
		return !proxies.trust(r)
	}))
}

// nameSpan says which route it was in place of the path, which may hold a secret,
// and who called in place of who they say they are.
func nameSpan(r *http.Request) {
	f := factsOf(r.Context())
	span := trace.SpanFromContext(r.Context())
	span.SetName(knownMethod(r.Method) + " " + f.route)
	span.SetAttributes(
		attribute.String("http.route", f.route),
		attribute.String("url.path", f.route),
		attribute.String("client.address", f.client.String()),
	)
}
