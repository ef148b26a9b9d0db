package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"promptz/internal/promptz"
)

// HealthPath begins the paths of health.
const HealthPath = "/healthz/"

// asksHealth tells whether a request is one for health.
func asksHealth(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, HealthPath) }

// How readiness is found.
const (
	checkTimeout  = 2 * time.Second // for all checks together
	checkLifetime = time.Second     // how long what was found holds
)

// Health tells whether the process lives and whether it can serve. Safe for
// concurrent use.
type Health struct {
	check  Check
	refuse Refuse
	now    func() time.Time

	serving  atomic.Bool
	drain    sync.Once
	draining chan struct{}
	mu       sync.Mutex
	checked  time.Time
	found    error
}

// NewHealth makes a health that is not ready until it is serving. check is asked
// at most once a second.
func NewHealth(check Check, refuse Refuse, now func() time.Time) *Health {
	return &Health{check: check, refuse: refuse, now: now, draining: make(chan struct{})}
}

// SetServing says whether requests are taken: not before the start's end, nor
// while the process drains.
func (h *Health) SetServing(serving bool) {
	if h.serving.Swap(serving) && !serving {
		h.drain.Do(func() { close(h.draining) })
	}
}

// Draining is closed when the process, having served, begins to drain.
func (h *Health) Draining() <-chan struct{} { return h.draining }

// Liveness answers 200 as long as the process runs.
func (h *Health) Liveness(w http.ResponseWriter, _ *http.Request) { answerOK(w) }

// Readiness answers 200 when requests can be served, else 503. Why is in the
// log, with the request, and in no answer.
func (h *Health) Readiness(w http.ResponseWriter, r *http.Request) {
	if !h.serving.Load() {
		h.refuse(w, r, promptz.CodeUnavailable, "The server is starting or stopping.")
		return
	}
	if err := h.ask(r.Context()); err != nil {
		factsOf(r.Context()).err = err
		h.refuse(w, r, promptz.CodeUnavailable, "A part that this server needs does not answer.")
		return
	}
	answerOK(w)
}

// ask runs the check, or gives what it found a moment ago. Who asked first may go
// away: the others wait for the same answer.
func (h *Health) ask(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if age := h.now().Sub(h.checked); age >= 0 && age < checkLifetime {
		return h.found
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
	defer cancel()
	h.found = h.check(ctx)
	if h.found != nil {
		h.found = fmt.Errorf("check readiness: %w", h.found)
	}
	h.checked = h.now()
	return h.found
}

func answerOK(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, `{"status":"ok"}`)
}
