package scenario

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

var visibilities = []scenario{
	{name: "visibility/a draft is its owner's alone", run: draftIsHidden},
	{name: "visibility/hidden and absent look the same", run: hiddenLooksAbsent},
	{name: "visibility/unpublished is gone for others", run: unpublish},
	{name: "visibility/lists never show drafts", run: listsHideDrafts},
	{name: "visibility/drafts take the scope read", run: draftsTakeRead},
}

var orders = []scenario{
	{name: "order of checks/from who asks to what is asked", run: orderOfChecks},
}

// touches is everything that can be asked of an item.
func touches(w *world) []struct {
	method, path string
	body         any
} {
	return []struct {
		method, path string
		body         any
	}{
		{http.MethodGet, "", nil},
		{http.MethodGet, "/versions", nil},
		{http.MethodGet, "/versions/1", nil},
		{http.MethodGet, "/stats", nil},
		{http.MethodGet, "/download", nil},
		{http.MethodPut, "", w.public("Taken over")},
		{http.MethodPatch, "", body{"howto": "x"}},
		{http.MethodDelete, "", nil},
		{http.MethodPost, "/versions/1/restore", nil},
		{http.MethodDelete, "/versions/1", nil},
		{http.MethodPut, "/star", nil},
		{http.MethodDelete, "/star", nil},
		{http.MethodPost, "/copies", nil},
		{http.MethodPost, "/views", nil},
	}
}

func draftIsHidden(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.draft("Draft"))
	for _, touch := range touches(w) {
		otto.hidden(touch.method, it.path+touch.path, touch.body, "If-Match", "*")
		a := w.anybody.send(touch.method, it.path+touch.path, touch.body, "If-Match", "*")
		if a.status != http.StatusNotFound && a.status != http.StatusUnauthorized {
			w.Errorf("%s %s by anybody: status %d\n%s", touch.method, touch.path, a.status, a.body)
		}
	}
	w.moderator().hidden(http.MethodGet, it.path, nil)
	w.admin().hidden(http.MethodGet, it.path, nil)
	if now := maria.reread(it); now.tag != it.tag {
		w.Errorf("somebody made %s of %s", now.tag, it.tag)
	}
}

// hiddenLooksAbsent compares byte for byte, but for the request's id.
func hiddenLooksAbsent(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.draft("Draft"))
	for _, touch := range touches(w) {
		for _, c := range []*caller{otto, w.anybody} {
			hidden := c.send(touch.method, it.path+touch.path, touch.body, "If-Match", "*")
			absent := c.send(touch.method, "/v1/prompts/zzzzzzzzzzzz"+touch.path, touch.body, "If-Match", "*")
			if diff := cmp.Diff(comparable(absent), comparable(hidden)); diff != "" {
				w.Errorf("%s %s by %s (-absent +hidden):\n%s", touch.method, touch.path, c.who(), diff)
			}
		}
	}
}

// comparable gives what two answers to different requests can have in common.
func comparable(a answer) map[string]string {
	all := map[string]string{"body": strings.ReplaceAll(string(a.body), a.header.Get("X-Request-Id"), "ID"), "status": http.StatusText(a.status)}
	for name, values := range a.header {
		if !slices.Contains([]string{"Date", "X-Request-Id", "Apigw-Requestid"}, name) {
			all[name] = strings.Join(values, "\n")
		}
	}
	return all
}

func unpublish(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Shown"))
	w.soon("anybody lists it", func() bool { return w.anybody.lists("/v1/prompts?owner="+maria.handle, it) })
	hidden := maria.edit(it, body{"visibility": "private"})
	if hidden.PublishedAt != it.PublishedAt || hidden.Version != 1 {
		w.Errorf("unpublished, it is %+v", hidden)
	}
	for _, touch := range touches(w) {
		otto.hidden(touch.method, it.path+touch.path, touch.body, "If-Match", "*")
	}
	w.soon("it is gone for anybody", func() bool { return !w.anybody.sees(it.path) })
	for _, path := range []string{"/v1/prompts?owner=" + maria.handle, "/v1/users/" + maria.handle + "/items"} {
		w.soon("it is in no list", func() bool { return !w.anybody.lists(path, it) })
	}
	again := maria.edit(hidden, body{"visibility": "public"})
	if again.PublishedAt != it.PublishedAt {
		w.Errorf("published again, it was first public at %s instead of %s", again.PublishedAt, it.PublishedAt)
	}
	otto.get(it.path)
}

// lists tells whether an item is in a list.
func (c *caller) lists(path string, it item) bool {
	c.w.Helper()
	return slices.Contains(ids(c.entries(path)), it.ID)
}

func listsHideDrafts(w *world) {
	maria := w.user("maria")
	hidden, shown := maria.create(w.draft("Draft")), maria.create(w.public("Shown"))
	for _, c := range []*caller{maria, w.user("otto"), w.anybody} {
		for _, path := range []string{"/v1/prompts?owner=" + maria.handle, "/v1/users/" + maria.handle + "/items"} {
			w.soon("what is public is listed", func() bool { return c.lists(path, shown) })
			if c.lists(path, hidden) {
				w.Errorf("%s shows a draft to %s", path, c.who())
			}
		}
		for _, sort := range []string{"newest", "updated", "popular", "trending"} {
			list := c.get("/v1/prompts?limit=100&sort=" + sort)
			if list.has(hidden.ID) || list.has(`"visibility":"private"`) {
				w.Errorf("%s shows a draft to %s", list.path, c.who())
			}
		}
	}
	if !maria.lists("/v1/me/items", hidden) {
		w.Error("her own items lack her draft")
	}
}

func draftsTakeRead(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Draft"))
	maria.key("read").get(it.path)
	public := maria.key("public")
	public.hidden(http.MethodGet, it.path, nil)
	public.hidden(http.MethodGet, it.path+"/versions/1", nil)
	for _, path := range []string{"/v1/me", "/v1/me/items", "/v1/me/stars", "/v1/me/keys"} {
		public.refused("forbidden", http.MethodGet, path, nil)
	}
}

// orderOfChecks breaks everything at once, and mends one thing after the other.
func orderOfChecks(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	draft, shown := maria.create(w.draft("Draft")), maria.create(w.public("Shown"))
	bad := raw(`{"name":1}`)
	for _, step := range []struct {
		code   string
		as     *caller
		path   string
		body   raw
		header []string
	}{
		{"unauthenticated", w.anybody, draft.path + "?x=1", `{`, []string{"Content-Type", "text/plain", "If-Match", "x"}},
		{"unauthenticated", w.as("", "nonsense"), draft.path + "?x=1", `{`, nil},
		{"forbidden", otto.key("read"), draft.path + "?x=1", `{`, []string{"Content-Type", "text/plain", "If-Match", "x"}},
		{"unreadable", otto, draft.path + "?x=1", `{`, []string{"Content-Type", "text/plain"}},
		{"unsupported", otto, draft.path, `{`, []string{"Content-Type", "text/plain"}},
		{"unreadable", otto, draft.path, `{`, nil},
		{"not_valid", otto, draft.path, bad, nil},
		{"not_found", otto, draft.path, `{"name":"x"}`, nil},
		{"forbidden", otto, shown.path, `{"name":"x"}`, nil},
		{"precondition_required", maria, shown.path, `{"name":"x"}`, nil},
		{"stale", maria, shown.path, `{"name":"x"}`, []string{"If-Match", `"77.x"`}},
		{"not_valid", maria, shown.path, `{"name":"x"}`, []string{"If-Match", "*"}},
	} {
		step.as.refused(step.code, http.MethodPatch, step.path, step.body, step.header...)
	}
	if maria.reread(shown).tag != shown.tag || maria.reread(draft).tag != draft.tag {
		w.Error("something was changed")
	}
}
