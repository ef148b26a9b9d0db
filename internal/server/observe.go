package server

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"promptz/internal/promptz"
)

// observe writes a line of log and counts each request when it is answered.
func observe(log *slog.Logger, metrics *Metrics, proxies Proxies, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		f := &facts{}
		seen := &response{ResponseWriter: w}
		metrics.inFlight.Inc()
		defer func() {
			took := time.Since(begin)
			metrics.inFlight.Dec()
			metrics.observe(r.Method, f.route, seen.status, took)
			log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("method", r.Method), slog.String("route", f.route), slog.String("path", r.URL.Path),
				slog.Int("status", seen.status), slog.Int64("bytes", seen.bytes),
				slog.Duration("took", took), slog.String("client", proxies.Client(r).String()))
		}()
		next.ServeHTTP(seen, r.WithContext(context.WithValue(r.Context(), factsKey{}, f)))
	})
}

// rescue answers for a handler that panicked, and logs where it did.
func rescue(log *slog.Logger, refuse Refuse, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &response{ResponseWriter: w}
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			if fault == http.ErrAbortHandler {
				panic(fault)
			}
			log.ErrorContext(r.Context(), "a handler panicked", "panic", fault, "stack", string(debug.Stack()))
			if seen.status != 0 {
				panic(http.ErrAbortHandler) // too late for an answer: break the connection
			}
			refuse(w, r, promptz.CodeInternal, "Something failed that should not have. The request id finds it in the log.")
		}()
		next.ServeHTTP(seen, r)
	})
}
