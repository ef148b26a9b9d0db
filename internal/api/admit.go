package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"promptz/internal/promptz"
)

// admit lets through to an operation who may use it, with a query that it knows.
func (s *server) admit(op *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := s.authenticate(op, w, r)
		if err == nil {
			err = checkRequest(op, r)
		}
		if err != nil {
			s.Problems.Write(w, r, err)
			return
		}
		prepare(r)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// authenticate says who sends the request. A bad credential is refused even where
// none is needed, but health takes none: it must not ask the store. A bearer
// beats a cookie, and a cookie counts from pages of our own only.
func (s *server) authenticate(op *operation, w http.ResponseWriter, r *http.Request) (context.Context, error) {
	ctx := r.Context()
	if op.signsIn() {
		if err := s.crossOrigin.Check(r); err != nil {
			return nil, errCrossOrigin
		}
	}
	if !op.Authenticated() {
		return ctx, nil
	}
	p, err := s.principal(op, w, r)
	if err != nil {
		return nil, err
	}
	if scope := op.Scope(); scope != "" {
		if err := p.Require(scope); err != nil {
			return nil, err
		}
	}
	return withPrincipal(ctx, p), nil
}

var errCrossOrigin = promptz.Errorf(promptz.CodeForbidden, "A browser sent this from a page of another origin.")

// principal gives whom the request's credential is of, nobody where there is none.
func (s *server) principal(op *operation, w http.ResponseWriter, r *http.Request) (promptz.Principal, error) {
	bearer, err := BearerOf(r)
	if err != nil {
		return promptz.Principal{}, err
	}
	if bearer != "" {
		return s.SignIn.AuthenticateBearer(r.Context(), bearer)
	}
	cookie := s.cookies.get(r, sessionCookie)
	if cookie == "" {
		return promptz.Principal{}, nil
	}
	if err := s.crossOrigin.Check(r); err != nil {
		return promptz.Principal{}, errCrossOrigin
	}
	p, err := s.SignIn.AuthenticateCookie(r.Context(), cookie)
	switch {
	case promptz.ErrorCode(err) != promptz.CodeUnauthenticated:
		return p, err
	case op.signsIn(): // the session that it gets takes its place
		return promptz.Principal{}, nil
	}
	// Scripts can't remove it: the browser would be refused for ever.
	s.cookies.drop(w, sessionCookie)
	return promptz.Principal{}, err
}

// checkRequest holds the request to the contract where the binder does not: it
// knows no other parameters and no limits, and drops what it can't read.
func checkRequest(op *operation, r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return promptz.Errorf(CodeUnreadable, "The query can't be read.")
	}
	if err := op.checkQuery(query); err != nil {
		return err
	}
	if len(r.Header.Values("Content-Encoding")) > 0 {
		return promptz.Errorf(CodeUnsupported, "The body must not have a Content-Encoding.")
	}
	return nil
}

// prepare makes of the request what the binder understands: lists of tags in one
// line, and path variables without escapes.
func prepare(r *http.Request) {
	for _, name := range []string{"If-Match", "If-None-Match"} {
		if lines := r.Header.Values(name); len(lines) > 1 {
			r.Header.Set(name, strings.Join(lines, ", "))
		}
	}
	vars := mux.Vars(r)
	for name, escaped := range vars {
		if value, err := url.PathUnescape(escaped); err == nil {
			vars[name] = value
		}
	}
}
