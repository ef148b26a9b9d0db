package scenario

import (
	"net/http"

	"github.com/google/go-cmp/cmp"
)

var requests = []scenario{
	{name: "requests/HEAD answers like GET without the body", run: headLikeGet},
	{name: "requests/a stranger's request id is not taken over", run: foreignRequestID},
	{name: "requests/health", run: health},
	{name: "requests/signing keys are public", run: keySet},
}

func headLikeGet(w *world) {
	maria := w.user("maria")
	it, draft := maria.create(w.public("Head")), maria.create(w.draft("Head"))
	w.soon("anybody reads it", func() bool { return w.anybody.sees(it.path) })
	for _, path := range []string{
		it.path, draft.path, it.path + "/versions", it.path + "/versions/1", it.path + "/stats", "/v1/users/" + maria.handle,
		"/v1/users/" + maria.handle + "/items", "/v1/me", "/docs", "/openapi.yaml", "/problems/", "/nothing", "/v1/prompts?limit=0", "/healthz/liveness",
	} {
		for _, c := range []*caller{maria, w.anybody} {
			get, head := c.send(http.MethodGet, path, nil), c.send(http.MethodHead, path, nil)
			get.body = nil
			if diff := cmp.Diff(comparable(get), comparable(head)); diff != "" {
				w.Errorf("%s by %s (-GET +HEAD):\n%s", path, c.who(), diff)
			}
		}
	}
}

func foreignRequestID(w *world) {
	const mine = "my-own-request-id"
	for range 2 {
		if a := w.anybody.send(http.MethodGet, "/v1/prompts?limit=1", nil, "X-Request-Id", mine); a.header.Get("X-Request-Id") == mine {
			w.Errorf("the request is called %s", mine)
		}
	}
}

func health(w *world) {
	for _, path := range []string{"/healthz/liveness", "/healthz/readiness"} {
		a := w.anybody.get(path)
		a.wantHeader("Cache-Control", "no-store")
		if string(a.body) != `{"status":"ok"}` {
			w.Errorf("%s says %s", path, a.body)
		}
		w.anybody.refused("unreadable", http.MethodGet, path+"?x=1", nil)
	}
}

func keySet(w *world) {
	a := w.anybody.get("/.well-known/jwks.json")
	a.wantHeader("Cache-Control", "public, max-age=300")
	set := read[struct{ Keys []map[string]string }](a)
	if len(set.Keys) == 0 {
		w.Errorf("there are none: %s", a.body)
	}
	for _, key := range set.Keys {
		if key["d"] != "" || key["kid"] == "" {
			w.Error("a key lacks its id, or is told whole")
		}
	}
}
