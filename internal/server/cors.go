package server

import (
	"net/http"

	"github.com/rs/cors"
)

// preflightSeconds is how long a browser may remember what is allowed.
const preflightSeconds = 600

// Origins are those of the pages that may call from a browser.
type Origins []string

// share lets pages of the origins call from a browser, with a credential that
// they hold themselves: cookies are not sent. With no origins there is no CORS.
func share(origins Origins, next http.Handler) http.Handler {
	if len(origins) == 0 {
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{
			http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		},
		AllowedHeaders: []string{"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"},
		ExposedHeaders: []string{"ETag", "Link", "Location", "Retry-After", requestIDHeader},
		MaxAge:         preflightSeconds,
	}).Handler(next)
}
