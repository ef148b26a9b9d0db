package scenario

import (
	"net/http"
	"strings"
)

var refusals = []scenario{
	{name: "refusals/without a credential", run: withoutCredential},
	{name: "refusals/with a bad credential, where none is needed too", run: badCredential},
	{name: "refusals/with a credential for less", run: lesserScopes},
	{name: "refusals/methods that are not there", run: wrongMethods},
	{name: "refusals/paths that are not there", run: wrongPaths},
	{name: "refusals/forms that are not there", run: notAcceptable},
	{name: "refusals/have pages that explain them", run: problemPages},
}

func withoutCredential(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Hers"))
	for _, asked := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPost, "/v1/prompts", w.public("Nobody's")},
		{http.MethodPut, it.path, w.public("Nobody's")},
		{http.MethodPatch, it.path, body{}},
		{http.MethodDelete, it.path, nil},
		{http.MethodPut, it.path + "/star", nil},
		{http.MethodDelete, it.path + "/star", nil},
		{http.MethodPost, it.path + "/moderation", body{"action": "release"}},
		{http.MethodGet, "/v1/me", nil},
		{http.MethodPatch, "/v1/me", body{}},
		{http.MethodDelete, "/v1/me", nil},
		{http.MethodGet, "/v1/me/items", nil},
		{http.MethodGet, "/v1/me/stars", nil},
		{http.MethodGet, "/v1/me/export", nil},
		{http.MethodGet, "/v1/me/keys", nil},
		{http.MethodPost, "/v1/me/keys", body{"name": "x", "scopes": []string{"read"}}},
		{http.MethodGet, "/v1/me/sessions", nil},
		{http.MethodDelete, "/v1/me/sessions", nil},
		{http.MethodPost, "/v1/me/address", body{"email": "x@example.com"}},
		{http.MethodGet, "/v1/changes?feed=accounts", nil},
	} {
		w.anybody.refused("unauthenticated", asked.method, asked.path, asked.body, "If-Match", "*")
	}
}

func badCredential(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Hers"))
	last := maria.token[len(maria.token)-1:]
	forged := strings.TrimSuffix(maria.token, last) + map[bool]string{true: "1", false: "0"}[last == "0"]
	for _, authorization := range []string{
		"Bearer nonsense", "Bearer", "Basic bWFyaWE6", "Bearer " + forged, "Bearer " + maria.token + ", Bearer " + maria.token, maria.token,
	} {
		w.anybody.refused("unauthenticated", http.MethodGet, it.path, nil, "Authorization", authorization)
		w.anybody.refused("unauthenticated", http.MethodGet, "/v1/prompts", nil, "Authorization", authorization)
	}
	w.anybody.want(http.StatusOK, http.MethodGet, it.path, nil, "Authorization", "bEARER "+maria.token)
	w.anybody.want(http.StatusOK, http.MethodGet, "/healthz/liveness", nil, "Authorization", "Bearer nonsense")
}

func lesserScopes(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Hers"))
	reader := maria.key("read")
	for _, asked := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPost, "/v1/prompts", w.public("Hers")},
		{http.MethodPut, it.path, w.public("Hers")},
		{http.MethodPatch, it.path, body{"howto": "x"}},
		{http.MethodDelete, it.path, nil},
		{http.MethodDelete, it.path + "/versions/1", nil},
		{http.MethodPost, it.path + "/versions/1/restore", nil},
		{http.MethodPut, it.path + "/star", nil},
		{http.MethodDelete, it.path + "/star", nil},
		{http.MethodPatch, "/v1/me", body{"bio": "x"}},
		{http.MethodPost, it.path + "/moderation", body{"action": "release"}},
	} {
		reader.refused("forbidden", asked.method, asked.path, asked.body, "If-Match", "*")
	}
	maria.refused("forbidden", http.MethodPost, it.path+"/moderation", body{"action": "unpublish", "reason": "x"})
	reader.get("/v1/me")
	maria.key("public").get(it.path)
}

func wrongMethods(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Methods"))
	for path, allowed := range map[string]string{
		"/v1/prompts":                   "GET, HEAD, POST",
		it.path:                         "DELETE, GET, HEAD, PATCH, PUT",
		it.path + "/versions":           "GET, HEAD",
		it.path + "/versions/1":         "DELETE, GET, HEAD",
		it.path + "/versions/1/restore": "POST",
		it.path + "/star":               "DELETE, PUT",
		it.path + "/copies":             "POST",
		it.path + "/download":           "GET, HEAD",
		"/v1/me":                        "DELETE, GET, HEAD, PATCH",
		"/v1/me/items":                  "GET, HEAD",
		"/v1/changes":                   "GET, HEAD",
		"/v1/users/" + maria.handle:     "GET, HEAD",
		"/healthz/liveness":             "GET, HEAD",
		"/docs":                         "GET, HEAD",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			if !strings.Contains(allowed, method) {
				maria.refused("method_not_allowed", method, path, nil).wantHeader("Allow", allowed)
			}
		}
	}
}

func wrongPaths(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Paths"))
	for _, path := range []string{
		"/nothing", "/v1", "/v1/", "/v1/poems", "/v1/prompts/", it.path + "/", it.path + "/nothing", it.path + "%2Fversions",
		"/v1/prompts/x", "/v1/prompts/" + strings.ToUpper(it.ID) + "0", "/v1/prompts/%25" + it.ID[1:], "/problems/nothing", "/schemas/nothing",
		"/v1/users/a%2Fb/items", "/V1/prompts",
	} {
		maria.hidden(http.MethodGet, path, nil)
	}
}

func notAcceptable(w *world) {
	maria := w.user("maria")
	prompt := maria.create(w.public("Prompt"))
	agent := itemOf(maria.want(http.StatusCreated, http.MethodPost, "/v1/agents", w.public("Agent")))
	maria.refused("not_acceptable", http.MethodGet, agent.path, nil, "Accept", "text/markdown")
	maria.refused("not_acceptable", http.MethodGet, prompt.path, nil, "Accept", "text/csv")
	maria.refused("not_acceptable", http.MethodGet, prompt.path, nil, "Accept", "text/csv, application/json;q=0")
	maria.refused("not_acceptable", http.MethodGet, "/v1/changes", nil, "Accept", "text/csv")
	for accept, want := range map[string]string{
		"*/*": "application/json", "text/*": "text/markdown; charset=utf-8", "text/markdown;q=0.5, application/json;q=0.4": "text/markdown; charset=utf-8",
		"text/html, */*;q=0.1": "application/json",
	} {
		maria.get(prompt.path, "Accept", accept).wantHeader("Content-Type", want)
	}
}

func problemPages(w *world) {
	for code := range statusOf {
		page := w.anybody.get("/problems/" + strings.ReplaceAll(code, "_", "-"))
		page.wantHeader("Content-Type", "text/html; charset=utf-8")
		if !strings.Contains(page.header.Get("Content-Security-Policy"), "default-src 'none'") {
			w.Errorf("%s may load %q", page.path, page.header.Get("Content-Security-Policy"))
		}
	}
	w.anybody.get("/docs").wantHeader("Content-Type", "text/html; charset=utf-8")
	if served := w.anybody.get("/openapi.yaml"); string(served.body) != string(w.Contract) {
		w.Error("it serves another contract than the one it is held to")
	}
}
