package server

import (
	"log/slog"
	"net/http"
	"time"
)

// statusAborted is logged and counted where a handler broke the connection
// before it answered.
const statusAborted = 0

// observe writes a line of log and counts each request when it is answered. The
// line has no path, query or header: they may hold secrets.
func observe(log *slog.Logger, metrics *Metrics, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		seen := &response{ResponseWriter: w}
		metrics.inFlight.Inc()
		ended := false
		defer func() {
			metrics.inFlight.Dec()
			status := seen.status
			if ended && status == statusAborted {
				status = http.StatusOK // net/http sends it for a handler that sent nothing
			}
			took := time.Since(begin)
			metrics.observe(r.Method, factsOf(r.Context()).route, status, took)
			logRequest(log, r, status, seen.bytes, took)
		}()
		next.ServeHTTP(seen, r)
		ended = true
	})
}

func logRequest(log *slog.Logger, r *http.Request, status int, bytes int64, took time.Duration) {
	f := factsOf(r.Context())
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("route", f.route),
		slog.Int("status", status), slog.Int64("bytes", bytes),
		slog.Duration("took", took), slog.String("client", f.client.String()),
	}
	if f.err != nil {
		attrs = append(attrs, slog.Any("error", f.err))
	}
	log.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
}
