package server

import (
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"

	"promptz/internal/promptz"
)

// rescue answers for a handler that panicked, and logs where it did.
// [http.ErrAbortHandler] goes on: it is how a handler breaks a connection.
func rescue(log *slog.Logger, refuse Refuse, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &response{ResponseWriter: w}
		before := maps.Clone(w.Header())
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
				// Half an answer is out: only a broken connection tells.
				panic(http.ErrAbortHandler)
			}
			// What the handler meant to say of its answer is not true of ours.
			clear(w.Header())
			maps.Copy(w.Header(), before)
			refuse(w, r, promptz.CodeInternal, "Something failed that should not have. The request id finds it in the log.")
		}()
		next.ServeHTTP(seen, r)
	})
}
