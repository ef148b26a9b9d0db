package server

import (
	"context"
	"net/netip"
)

// unmatched stands for the route of a request that matched none.
const unmatched = "unmatched"

// facts are what is found out about a request on its way, for those that the way
// began with.
type facts struct {
	id     string
	client netip.Addr
	route  string // the template that matched
	err    error  // why it was refused, where the answer doesn't say
}

type factsKey struct{}

func withFacts(ctx context.Context, f *facts) context.Context {
	return context.WithValue(ctx, factsKey{}, f)
}

// factsOf gives the facts of the request that ctx belongs to, and none that
// anybody sees outside one.
func factsOf(ctx context.Context) *facts {
	if f, ok := ctx.Value(factsKey{}).(*facts); ok {
		return f
	}
	return &facts{route: unmatched}
}

// RequestID gives the id of the request that ctx belongs to, "" outside one.
func RequestID(ctx context.Context) string { return factsOf(ctx).id }

// WithRequestID gives a context whose request has a name already: that which the
// transport it came by has in its own logs. It is believed.
func WithRequestID(ctx context.Context, id string) context.Context {
	return withFacts(ctx, &facts{id: id, route: unmatched})
}

// ClientAddr gives the address of who sent the request that ctx belongs to: the
// connection's, or what trusted proxies say it is. It is not valid outside a
// request.
func ClientAddr(ctx context.Context) netip.Addr { return factsOf(ctx).client }

// Route says which route template a request matched; a router's middleware
// calls it. Metrics, logs and traces name requests by it.
func Route(ctx context.Context, template string) { factsOf(ctx).route = template }
