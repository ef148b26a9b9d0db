package server

import (
	"context"
	"net/http"
)

// response watches what is answered: the status and how many bytes.
type response struct {
	http.ResponseWriter
	status int
	bytes  int64
	// before is called once, right before the header is sent.
	before func(status int)
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
		if w.before != nil {
			w.before(status)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// facts are what is found out about a request on its way, for those that the way
// began with.
type facts struct {
	route string // the template that matched, "" for none
}

type factsKey struct{}

func factsOf(ctx context.Context) *facts {
	f, _ := ctx.Value(factsKey{}).(*facts)
	return f
}

// Route says which route template a request matched; a router's middleware
// calls it. Metrics, logs and traces name requests by it.
func Route(ctx context.Context, template string) {
	if f := factsOf(ctx); f != nil {
		f.route = template
	}
}
