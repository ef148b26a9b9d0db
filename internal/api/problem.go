package api

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// Problems writes every refusal, as a problem document (RFC 9457). Safe for
// concurrent use.
type Problems struct {
	requestID func(ctx context.Context) string
	log       *slog.Logger
}

// NewProblems makes the writer. requestID gives the id of the request that a
// context belongs to; log gets the cause of what is our own fault.
func NewProblems(requestID func(ctx context.Context) string, log *slog.Logger) *Problems {
	return &Problems{requestID: requestID, log: log}
}

// Refuse answers with a code of this package or of package promptz. detail is
// for people. Headers that w has already are sent too.
func (p *Problems) Refuse(w http.ResponseWriter, r *http.Request, code promptz.Code, detail string) {
	p.write(w, r, &promptz.Error{Code: code, Message: detail})
}

// Write answers with the [promptz.Error] in err's chain. Any other error is our
// fault: it is logged, and the caller learns the request's id alone.
func (p *Problems) Write(w http.ResponseWriter, r *http.Request, err error) {
	p.write(w, r, p.expose(r, err))
}

// expose gives what a caller may know of err.
func (p *Problems) expose(r *http.Request, err error) *promptz.Error {
	e, ok := errors.AsType[*promptz.Error](err)
	switch {
	case ok && infoOf(e.Code).Status < http.StatusInternalServerError:
		return e
	case errors.Is(r.Context().Err(), context.Canceled): // the client is gone, not the store
		return promptz.Errorf(promptz.CodeUnavailable, "The request was given up before it was answered.")
	}
	p.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "error", err)
	if ok && e.Code == promptz.CodeUnavailable || r.Context().Err() != nil {
		return promptz.Errorf(promptz.CodeUnavailable, "This can't be answered now. Try again in a few seconds.")
	}
	return promptz.Errorf(promptz.CodeInternal, "Something failed that should not have. The request id finds it in the log.")
}

// abandon breaks off an answer that is half out, lest it looks like a whole one.
// It does not return.
func (p *Problems) abandon(r *http.Request, err error) {
	if !errors.Is(r.Context().Err(), context.Canceled) { // else the client is gone
		p.log.ErrorContext(r.Context(), "answer broken off", "method", r.Method, "error", err)
	}
	panic(http.ErrAbortHandler)
}

func (p *Problems) write(w http.ResponseWriter, r *http.Request, e *promptz.Error) {
	info, detail := infoOf(e.Code), e.Message
	if e.Code == promptz.CodeNotFound {
		// One text for all, so that what may not be seen looks like what is not.
		detail = "There is nothing here, or nothing that you may see."
	}
	body, err := json.Marshal(contract.Problem{
		Type:      info.Path(),
		Code:      contract.ProblemCode(info.Code),
		Title:     info.Title,
		Status:    info.Status,
		Detail:    detail,
		RequestId: p.requestID(r.Context()),
		Errors:    fieldErrors(e.Fields),
	})
	if err != nil {
		p.log.ErrorContext(r.Context(), "write problem", "error", err)
		body = []byte("{}")
	}
	if info.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(info.Status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

func fieldErrors(fields []promptz.FieldError) []contract.FieldError {
	errs := make([]contract.FieldError, len(fields))
	for i, f := range fields {
		errs[i] = contract.FieldError{Pointer: f.Pointer, Code: f.Code, Message: f.Message}
	}
	return errs
}
