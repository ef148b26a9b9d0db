package api_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"

	"promptz/internal/api"
	"promptz/internal/promptz"
)

func TestRouting(t *testing.T) {
	t.Parallel()
	get := func(name, path string, status int) scenario {
		return scenario{name: name, method: "GET", path: path, status: status}
	}
	run(t, []scenario{
		get("root", "/", 404),
		get("two slashes", "//v1/prompts", 404),
		get("two slashes inside", "/v1//prompts", 404),
		get("dots", "/v1/prompts/../me", 404),
		get("slash at the end", "/v1/prompts/", 404),
		get("escaped slash", "/v1/prompts/"+publicPrompt+"%2Fversions", 404),
		get("escaped twice", "/v1/prompts/%2570bc000000001", 404),
		get("escaped slash in a handle", "/v1/users/a%2Fitems", 404),
		{name: "me is no kind", as: "maria", method: "POST", path: "/v1/me", status: 405, wantHeaders: headers("Allow", "DELETE, GET, HEAD, PATCH"), want: []string{`"code":"method_not_allowed"`}},
		{name: "items of me", as: "maria", method: "DELETE", path: "/v1/me/items", status: 405, wantHeaders: headers("Allow", "GET, HEAD")},
		{name: "list", method: "DELETE", path: "/v1/prompts", status: 405, wantHeaders: headers("Allow", "GET, HEAD, POST")},
		{name: "item", method: "POST", path: publicPath, status: 405, wantHeaders: headers("Allow", "DELETE, GET, HEAD, PATCH, PUT")},
		{name: "version", method: "PUT", path: publicPath + "/versions/1", status: 405, wantHeaders: headers("Allow", "DELETE, GET, HEAD")},
		{name: "restore", method: "GET", path: publicPath + "/versions/1/restore", status: 405, wantHeaders: headers("Allow", "POST")},
		{name: "health", method: "POST", path: "/healthz/liveness", status: 405, wantHeaders: headers("Allow", "GET, HEAD")},
		{name: "page", method: "POST", path: "/docs", status: 405, wantHeaders: headers("Allow", "GET, HEAD")},
		{name: "unknown method", method: "BREW", path: publicPath, status: 405},
		{name: "options", method: "OPTIONS", path: publicPath, status: 405},
		get("liveness", "/healthz/liveness", 200),
		get("readiness", "/healthz/readiness", 200),
		{name: "health looks at no credential", as: "down", method: "GET", path: "/healthz/liveness", status: 200},
		get("health takes no query", "/healthz/liveness?x=1", 400),
	})
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	with := func(name, authorization string, status int) scenario {
		return scenario{name: name, method: "GET", path: publicPath, headers: headers("Authorization", authorization), status: status}
	}
	run(t, []scenario{
		with("good", "Bearer bob", 200),
		with("scheme in any case", "bEARER bob", 200),
		with("unknown, where none is needed", "Bearer nobody", 401),
		with("no credential", "Bearer", 401),
		with("no credential but a space", "Bearer ", 401),
		with("other scheme", "Basic bWFyaWE6", 401),
		with("two credentials", "Bearer bob, Bearer maria", 401),
		with("store is away", "Bearer down", 503),
	})
	f := newFake()
	seed(f)
	r := scenario{method: "GET", path: publicPath}.request()
	r.Header["Authorization"] = []string{"Bearer bob", "Bearer bob"}
	w := do(t, newHandler(t, f), r)
	if w.Code != 401 || w.Header().Get("WWW-Authenticate") != "Bearer" || len(f.calls) > 0 {
		t.Errorf("two headers: status %d, %v, calls %v", w.Code, w.Header(), f.calls)
	}
}

// TestNotThereIsNotSaid compares what is hidden with what is not there.
func TestNotThereIsNotSaid(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	h := newHandler(t, f)
	for _, path := range []string{"", "/versions", "/versions/1"} {
		hidden := do(t, h, scenario{as: "bob", method: "GET", path: privatePath + path}.request())
		absent := do(t, h, scenario{as: "bob", method: "GET", path: "/v1/prompts/zzz000000001" + path}.request())
		if hidden.Code != 404 || hidden.Body.String() != absent.Body.String() || !cmp.Equal(hidden.Header(), absent.Header()) {
			t.Errorf("%s: hidden %d %v %s, absent %d %v %s", path, hidden.Code, hidden.Header(), hidden.Body, absent.Code, absent.Header(), absent.Body)
		}
	}
}

// TestHead answers like GET, without the body.
func TestHead(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	h := newHandler(t, f)
	for _, path := range []string{"/v1/prompts", publicPath, privatePath, "/v1/users/maria", "/docs", "/openapi.yaml", "/problems/", "/nowhere", "/v1/me"} {
		get := do(t, h, scenario{method: "GET", path: path}.request())
		head := do(t, h, scenario{method: "HEAD", path: path}.request())
		if head.Code != get.Code || !cmp.Equal(head.Header(), get.Header()) || head.Body.Len() > 0 {
			t.Errorf("%s: HEAD %d %v, GET %d %v", path, head.Code, head.Header(), get.Code, get.Header())
		}
	}
}

// TestMiddleware finds the template of the route, for metrics.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	var templates []string
	h := newHandler(t, f, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			template, _ := mux.CurrentRoute(r).GetPathTemplate()
			templates = append(templates, r.Method+" "+template)
			next.ServeHTTP(w, r)
		})
	})
	for _, r := range []scenario{{method: "GET", path: publicPath}, {method: "POST", path: publicPath}, {method: "GET", path: "/docs"}, {method: "GET", path: "/nowhere"}} {
		do(t, h, r.request())
	}
	want := []string{"GET /v1/{items:prompts|rules|agents}/{ref}", "POST /v1/{items:prompts|rules|agents}/{ref}", "GET /docs"}
	if diff := cmp.Diff(want, templates); diff != "" {
		t.Error(diff)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	problems := newProblems(&log)
	write := func(ctx context.Context, err error) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		problems.Write(w, httptest.NewRequestWithContext(ctx, "GET", "/x", nil), err)
		return w
	}
	if w := write(t.Context(), errDown); w.Code != 500 || strings.Contains(w.Body.String(), "secret") || !strings.Contains(log.String(), "secret") {
		t.Errorf("unforeseen: %d %s, log %s", w.Code, w.Body, log.String())
	}
	log.Reset()
	if w := write(t.Context(), promptz.ErrStale); w.Code != 412 || log.Len() > 0 {
		t.Errorf("foreseen: %d, log %s", w.Code, log.String())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if w := write(gone, context.Canceled); w.Code != 503 || log.Len() > 0 {
		t.Errorf("caller gone: %d, log %s", w.Code, log.String())
	}
	w := httptest.NewRecorder()
	problems.Refuse(w, httptest.NewRequest("GET", "/x", nil), api.CodeMisdirected, "No such host here.")
	if w.Code != 421 || !strings.Contains(w.Body.String(), "No such host here.") {
		t.Errorf("refused: %d %s", w.Code, w.Body)
	}
	checkProblem(t, httptest.NewRequest("GET", "/x", nil), w)
}

// TestStatuses says with which status each code is answered.
func TestStatuses(t *testing.T) {
	t.Parallel()
	want := map[promptz.Code]int{
		"unreadable": 400, "unauthenticated": 401, "forbidden": 403, "not_found": 404, "method_not_allowed": 405,
		"not_acceptable": 406, "conflict": 409, "held": 409, "expired": 410, "stale": 412, "too_large": 413,
		"unsupported": 415, "misdirected": 421, "not_valid": 422, "precondition_required": 428, "rate_limited": 429,
		"internal": 500, "unavailable": 503, "never heard of": 500,
	}
	for code, status := range want {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil)
		newProblems(io.Discard).Refuse(w, r, code, "Because.")
		checkProblem(t, r, w)
		if w.Code != status {
			t.Errorf("%s: status %d, want %d", code, w.Code, status)
		}
	}
}

// TestRoutesAreOperations holds the routes and openapi.yaml to each other.
func TestRoutesAreOperations(t *testing.T) {
	t.Parallel()
	var routes []string
	router := newHandler(t, newFake()).(*mux.Router)
	err := router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, _ := route.GetPathTemplate()
		methods, _ := route.GetMethods() // none on what answers 405
		for _, method := range methods {
			page := path == "/docs" || path == "/openapi.yaml" || strings.HasPrefix(path, "/problems/") || strings.HasPrefix(path, "/schemas/")
			if method != "HEAD" && !page {
				routes = append(routes, method+" "+strings.ReplaceAll(path, "{items:prompts|rules|agents}", "{items}"))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for _, op := range readContract(t).operations() {
		described = append(described, op.method+" "+op.path)
	}
	slices.Sort(routes)
	slices.Sort(described)
	if diff := cmp.Diff(described, routes); diff != "" || len(routes) < 10 {
		t.Errorf("openapi.yaml (-) and routes (+):\n%s", diff)
	}
}
