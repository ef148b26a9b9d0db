package api

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// server implements the operations of the contract.
type server struct {
	Deps
	cookies     cookies
	crossOrigin *http.CrossOriginProtection
	forms       forms
}

func newOperations(d Deps, pages *pages) (*server, error) {
	crossOrigin, err := newCrossOrigin(d.PublicURL, d.Origins)
	if err != nil {
		return nil, fmt.Errorf("trusted origins: %w", err)
	}
	return &server{Deps: d, cookies: newCookies(d.PublicURL), crossOrigin: crossOrigin, forms: pages.forms}, nil
}

var _ contract.ServerInterface = (*server)(nil)

// GetLiveness tells whether the process runs.
func (s *server) GetLiveness(w http.ResponseWriter, r *http.Request) { s.Liveness.ServeHTTP(w, r) }

// GetReadiness tells whether requests can be served.
func (s *server) GetReadiness(w http.ResponseWriter, r *http.Request) { s.Readiness.ServeHTTP(w, r) }

// refuseParameter answers where the generated binder fails: in our own words,
// since its own tell how it is made. A path that can't be bound leads nowhere.
func (s *server) refuseParameter(w http.ResponseWriter, r *http.Request, err error) {
	if many, ok := errors.AsType[*contract.TooManyValuesForParamError](err); ok {
		s.Problems.Refuse(w, r, CodeUnreadable, "The header "+many.ParamName+" is there twice.")
		return
	}
	if missing, ok := errors.AsType[*contract.RequiredParamError](err); ok {
		s.Problems.Refuse(w, r, CodeUnreadable, "The parameter "+missing.ParamName+" is missing.")
		return
	}
	bad, ok := errors.AsType[*contract.InvalidParamFormatError](err)
	if ok && bad.ParamName != "n" {
		s.Problems.Refuse(w, r, CodeUnreadable, "The parameter "+bad.ParamName+" can't be read.")
		return
	}
	s.Problems.Refuse(w, r, promptz.CodeNotFound, "")
}

// target is the item that a path names.
type target struct {
	kind promptz.Kind
	id   string
	ref  string // how the path names it
}

func parseTarget(items contract.Items, ref string) (target, error) {
	kind, ok := promptz.KindOfPlural(string(items))
	id, isRef := promptz.ParseRef(ref)
	if !ok || !isRef {
		return target{}, promptz.Errorf(promptz.CodeNotFound, "There is no such item.")
	}
	return target{kind, id, ref}, nil
}

// itemPath is where an item is; name is its id or slug.
func itemPath(kind promptz.Kind, name string) string {
	return "/v1/" + kind.Plural() + "/" + name
}

// visibleASCII is what an Idempotency-Key may be.
var visibleASCII = regexp.MustCompile(`^[!-~]{1,255}$`)

// onceOf makes the record that lets the request happen once, nil when it does not
// ask for that.
func onceOf(r *http.Request, body []byte) (*promptz.Once, error) {
	lines := r.Header.Values("Idempotency-Key")
	if len(lines) == 0 {
		return nil, nil
	}
	if len(lines) > 1 || !visibleASCII.MatchString(lines[0]) {
		return nil, promptz.Errorf(CodeUnreadable, "Idempotency-Key has to be one of 1 to 255 visible ASCII characters.")
	}
	request := append([]byte(r.Method+" "+r.URL.EscapedPath()+"\n"), body...)
	return &promptz.Once{
		UserID: principalOf(r.Context()).UserID,
		Key:    lines[0],
		Body:   sha256.Sum256(request),
	}, nil
}

func markReplayed(w http.ResponseWriter, replayed bool) {
	if replayed {
		w.Header().Set("Idempotency-Replayed", "true")
	}
}
