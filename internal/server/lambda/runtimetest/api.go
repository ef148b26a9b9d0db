package runtimetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxResponse is how many bytes the runtime takes: its error names them.
const maxResponse = 6<<20 + 100

// invocation is one event on its way through the function.
type invocation struct {
	id       string
	event    []byte
	deadline time.Time
	done     chan outcome // holds the one there is
}

type outcome struct {
	response []byte
	err      error
}

// Failure is an error as Lambda tells it.
type Failure struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// Error gives both.
func (f *Failure) Error() string { return f.Type + ": " + f.Message }

// api answers the calls of the runtime's API.
func (f *Function) api() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /2018-06-01/runtime/invocation/next", f.next)
	m.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", f.response)
	m.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", f.error)
	m.HandleFunc("POST /2018-06-01/runtime/init/error", f.initError)
	return m
}

// next hands out an event, when there is one.
func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.once.Do(func() { close(f.polled) })
	select {
	case i := <-f.pending:
		f.mu.Lock()
		f.current = i
		f.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:promptz")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
		w.Write(i.event)
	case <-r.Context().Done():
	}
}

func (f *Function) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequest", err.Error())
		return
	}
	if len(body) > maxResponse {
		const kind = "Function.ResponseSizeTooLarge"
		message := fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse)
		f.answer(nil, r, outcome{err: &Failure{Type: kind, Message: message}})
		refuse(w, http.StatusRequestEntityTooLarge, kind, message)
		return
	}
	f.answer(w, r, outcome{response: body})
}

func (f *Function) error(w http.ResponseWriter, r *http.Request) {
	var failure Failure
	if err := json.NewDecoder(r.Body).Decode(&failure); err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequest", err.Error())
		return
	}
	f.answer(w, r, outcome{err: &failure})
}

// answer ends the invocation that the path names, if that is the current one, and
// tells the caller so unless w is nil.
func (f *Function) answer(w http.ResponseWriter, r *http.Request, o outcome) {
	f.mu.Lock()
	i := f.current
	known := i != nil && i.id == r.PathValue("id")
	if known {
		f.current = nil
		i.done <- o
	}
	f.mu.Unlock()
	switch {
	case w == nil:
	case known:
		w.WriteHeader(http.StatusAccepted)
	default:
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
	}
}

func (f *Function) initError(w http.ResponseWriter, r *http.Request) {
	var failure Failure
	if err := json.NewDecoder(r.Body).Decode(&failure); err != nil || r.Header.Get("Lambda-Runtime-Function-Error-Type") != failure.Type {
		refuse(w, http.StatusBadRequest, "InvalidRequest", "no error that can be read")
		return
	}
	select {
	case f.initErr <- failure:
		w.WriteHeader(http.StatusAccepted)
	default:
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "it was reported before")
	}
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(Failure{Type: kind, Message: message})
}

// output keeps what a process writes. Safe for concurrent use.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write keeps b.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

// String gives all that was kept.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
