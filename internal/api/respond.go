package api

import (
	"fmt"
	"net/http"
	"strconv"

	"promptz/internal/promptz"
)

// What caches may do with answers. Thirty seconds at the edge and thirty more
// while it asks again are the bound for a take-down.
const (
	cachePublic  = "public, max-age=0, s-maxage=30, stale-while-revalidate=30"
	cachePrivate = "private, no-store"
)

// varies names the headers that answers depend on.
const varies = "Accept, Accept-Encoding, Authorization, Cookie"

// representation is what an answer shows.
type representation struct {
	status    int
	mediaType string
	revision  int64 // of what it shows, 0 for what has none
	body      []byte
}

// answer runs an operation and writes its error. It is the one place where the
// errors of operations end.
func (s *server) answer(w http.ResponseWriter, r *http.Request, operate func() error) {
	if err := operate(); err != nil {
		s.Problems.Write(w, r, err)
	}
}

// respondJSON answers with v, see respond.
func respondJSON(w http.ResponseWriter, r *http.Request, status int, revision int64, v any) error {
	body, err := encode(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	respond(w, r, representation{status, typeJSON, revision, body})
	return nil
}

// respond answers with rep, or with 304 to who has it. Headers that w has already
// are sent too.
func respond(w http.ResponseWriter, r *http.Request, rep representation) {
	h := w.Header()
	setCaching(h, principalOf(r.Context()))
	tag := tagOf(rep.revision, rep.body)
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	if known := matching(r.Header.Get("If-None-Match"), tag); reading && known != "" {
		h.Set("ETag", known)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("ETag", tag)
	h.Set("Content-Type", rep.mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(rep.body)))
	w.WriteHeader(rep.status)
	if r.Method != http.MethodHead {
		w.Write(rep.body)
	}
}

// respondUncached answers 200 with v, which nobody keeps.
func respondUncached(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := encode(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	h := w.Header()
	h.Set("Vary", varies)
	h.Set("Cache-Control", cachePrivate)
	h.Set("Content-Type", typeJSON)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body)
	}
	return nil
}

// respondFile answers with what a stranger wrote, as data: nothing in it is to run
// in a browser.
func respondFile(w http.ResponseWriter, r *http.Request, name string, rep representation) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+name)
	respond(w, r, rep)
}

// respondNothing answers 204.
func respondNothing(w http.ResponseWriter, r *http.Request) {
	setCaching(w.Header(), principalOf(r.Context()))
	w.WriteHeader(http.StatusNoContent)
}

func setCaching(h http.Header, p promptz.Principal) {
	h.Set("Vary", varies)
	h.Set("Cache-Control", cachePublic)
	if !p.Anonymous() {
		h.Set("Cache-Control", cachePrivate)
	}
}
