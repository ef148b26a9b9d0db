package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"

	"promptz/internal/api"
	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// scenario is one request and what it is answered with.
type scenario struct {
	name    string
	state   func(f *fake) // what is there beside the seed
	as      string        // the credential, "" for nobody
	method  string
	path    string
	headers map[string]string
	body    string

	status      int
	wantHeaders map[string]string // "" means absent
	want        []string          // in the body
	wantNot     []string
	wantCalls   []string // of the library, when not nil
}

// The items that every test begins with.
const (
	publicPrompt  = "pbc000000001"
	privatePrompt = "prv000000002"
	publicAgent   = "agt000000003"
	bobsRule      = "b0b000000004"
)

func seed(f *fake) {
	f.put(publicPrompt, maria, promptz.KindPrompt, promptz.VisibilityPublic)
	f.put(privatePrompt, maria, promptz.KindPrompt, promptz.VisibilityPrivate)
	f.put(publicAgent, maria, promptz.KindAgent, promptz.VisibilityPublic)
	f.put(bobsRule, bob, promptz.KindRule, promptz.VisibilityPublic)
	f.calls = nil
}

// newHandler makes the handler on f as the server does.
func newHandler(t testing.TB, f *fake, middleware ...mux.MiddlewareFunc) http.Handler {
	t.Helper()
	return newHandlerOn(t, f, f, &f.signIn, middleware...)
}

// newHandlerOn makes the handler on a library and its accounts.
func newHandlerOn(t testing.TB, library api.Library, accounts api.Accounts, signIn api.SignIn, middleware ...mux.MiddlewareFunc) http.Handler {
	t.Helper()
	d := depsOn(t, library, accounts, signIn)
	d.Middleware = middleware
	h, err := api.NewHandler(d)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// depsOn gives what a handler on them is made of.
func depsOn(t testing.TB, library api.Library, accounts api.Accounts, signIn api.SignIn) api.Deps {
	t.Helper()
	healthy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"status":"ok"}`)
	})
	happened, ok := library.(*fake)
	watch := happened.watch
	if !ok { // a test of something else: nothing happens, and nobody waits for it
		happened = newFake()
		watch = func(context.Context, promptz.Feed, int64) error { return context.DeadlineExceeded }
	}
	return api.Deps{
		Spec:       readSpec(t),
		Library:    library,
		Accounts:   accounts,
		SignIn:     signIn,
		KeySet:     keySet,
		Changes:    happened,
		Watch:      watch,
		Envelope:   fakeEnvelope,
		Schemas:    fakeSchemas(),
		Draining:   make(chan struct{}),
		Visitor:    fakeVisitor,
		ClientAddr: clientAddr,
		PublicURL:  "https://prompts.example.com",
		Origins:    []string{"https://app.example.com"},
		Now:        time.Now,
		Problems:   newProblems(io.Discard),
		Liveness:   healthy,
		Readiness:  healthy,
	}
}

func newProblems(log io.Writer) *api.Problems {
	return api.NewProblems(func(context.Context) string { return "request-1" }, slog.New(slog.NewTextHandler(log, nil)))
}

func readSpec(t testing.TB) []byte {
	t.Helper()
	spec, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func run(t *testing.T, scenarios []scenario) {
	t.Helper()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			seed(f)
			if s.state != nil {
				s.state(f)
				f.calls = nil
			}
			s.check(t, f, do(t, newHandler(t, f), s.request()))
		})
	}
}

func (s scenario) request() *http.Request {
	r := httptest.NewRequest(s.method, s.path, strings.NewReader(s.body))
	if s.body != "" {
		r.Header.Set("Content-Type", "application/json")
		if s.method == http.MethodPatch {
			r.Header.Set("Content-Type", "application/merge-patch+json")
		}
	}
	if s.as != "" {
		r.Header.Set("Authorization", "Bearer "+s.as)
	}
	for name, value := range s.headers {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	return r
}

func (s scenario) check(t *testing.T, f *fake, w *httptest.ResponseRecorder) {
	t.Helper()
	body := w.Body.String()
	if w.Code != s.status {
		t.Fatalf("status %d, want %d: %s", w.Code, s.status, body)
	}
	for name, want := range s.wantHeaders {
		if got := strings.Join(w.Header().Values(name), "\n"); got != want {
			t.Errorf("header %s: %q, want %q", name, got, want)
		}
	}
	for _, want := range s.want {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in the body: %s", want, body)
		}
	}
	for _, unwanted := range s.wantNot {
		if strings.Contains(body, unwanted) {
			t.Errorf("%q is in the body: %s", unwanted, body)
		}
	}
	if got, want := strings.Join(f.calls, " "), strings.Join(s.wantCalls, " "); s.wantCalls != nil && got != want {
		t.Errorf("calls %q, want %q", got, want)
	}
}

// do sends the request and holds the answer to the contract.
func do(t testing.TB, h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	checkContract(t, r, w)
	return w
}

// contractValidator holds answers to openapi.yaml, members that it does not name
// included.
var contractValidator = sync.OnceValues(func() (validator.Validator, error) {
	spec, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		return nil, err
	}
	doc, err := libopenapi.NewDocument(spec)
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(doc, config.WithFormatAssertions(), config.WithoutSecurityValidation())
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return v, nil
})

// validating guards the validator, whose caches are not made for many at once.
var validating sync.Mutex

// checkContract fails the test for an answer that openapi.yaml does not describe.
func checkContract(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code >= http.StatusBadRequest {
		checkProblem(t, r, w)
	}
	if r.Method == http.MethodHead || !isOperation(r) {
		return
	}
	v, err := contractValidator()
	if err != nil {
		t.Fatal(err)
	}
	answer := w.Result()
	answer.Body = io.NopCloser(bytes.NewReader(w.Body.Bytes()))
	validating.Lock()
	defer validating.Unlock()
	ok, errs := v.ValidateHttpResponse(r, answer)
	if ok {
		return
	}
	for _, e := range errs {
		t.Errorf("%s %s → %d breaks the contract: %s: %s %v", r.Method, r.URL, w.Code, e.Message, e.Reason, e.SchemaValidationErrors)
	}
}

// checkProblem holds a refusal to what is true of all of them.
func checkProblem(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	oauth := r.URL.Path == "/v1/auth/token" || r.URL.Path == "/v1/auth/revoke"
	if oauth && w.Code == http.StatusBadRequest && w.Header().Get("Content-Type") == "application/json" {
		checkOAuthError(t, w)
		return
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%s %s → %d: a refusal of type %q", r.Method, r.URL, w.Code, got)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s %s → %d: a refusal with Cache-Control %q", r.Method, r.URL, w.Code, got)
	}
	if r.Method == http.MethodHead {
		return
	}
	var p contract.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%s %s → %d: %v in %s", r.Method, r.URL, w.Code, err, w.Body)
	}
	if p.Status != w.Code || !p.Code.Valid() || p.RequestId != "request-1" || p.Title == "" || p.Detail == "" {
		t.Errorf("%s %s → %d: problem %+v", r.Method, r.URL, w.Code, p)
	}
	if p.Type != "/problems/"+strings.ReplaceAll(string(p.Code), "_", "-") {
		t.Errorf("%s %s → %d: problem type %q of code %q", r.Method, r.URL, w.Code, p.Type, p.Code)
	}
}

// checkOAuthError holds a refusal to RFC 6749, section 5.2.
func checkOAuthError(t testing.TB, w *httptest.ResponseRecorder) {
	t.Helper()
	var e contract.OAuthError
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || !e.Error.Valid() {
		t.Errorf("OAuth's refusal is %s: %v", w.Body, err)
	}
	if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("OAuth's refusal has Cache-Control %q", got)
	}
}

// operations matches what openapi.yaml describes, by the generated routes.
var operations = sync.OnceValue(func() *mux.Router {
	generated, narrowed := mux.NewRouter(), mux.NewRouter().UseEncodedPath().SkipClean(true)
	contract.HandlerFromMux(nil, generated)
	err := generated.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, _ := route.GetPathTemplate()
		methods, _ := route.GetMethods()
		narrowed.NewRoute().Path(strings.ReplaceAll(path, "{items}", "{items:prompts|rules|agents}")).Methods(methods...).HandlerFunc(http.NotFound)
		return nil
	})
	if err != nil {
		panic(err)
	}
	return narrowed
})

func isOperation(r *http.Request) bool {
	var match mux.RouteMatch
	return operations().Match(r, &match) && match.MatchErr == nil
}
