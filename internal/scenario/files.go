package scenario

import (
	"net/http"
	"strings"
)

var files = []scenario{
	{name: "files/markdown is the content and nothing else", run: markdown},
	{name: "files/downloads", run: download},
	{name: "files/an agent is what its tool reads", run: downloadAgent},
}

var caches = []scenario{
	{name: "caches/may keep what is public for half a minute", run: caching},
	{name: "caches/pages elsewhere can't read answers", run: crossOrigin},
}

// wantInert checks that nothing in a file can run in a browser.
func (a answer) wantInert(name string) {
	a.w.Helper()
	a.wantHeader("Content-Disposition", "attachment; filename*=UTF-8''"+name)
	a.wantHeader("Content-Security-Policy", "default-src 'none'; sandbox")
	a.wantHeader("X-Content-Type-Options", "nosniff")
}

const evil = "# Hi\n\n<script>alert(1)</script>\n\n---\nname: x\n---"

func markdown(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Markdown").with("content", evil))
	a := maria.get(it.path, "Accept", "text/markdown")
	a.wantHeader("Content-Type", "text/markdown; charset=utf-8")
	a.wantInert(it.Slug + ".md")
	if string(a.body) != evil {
		w.Errorf("%q became %q", evil, a.body)
	}
	if a.tag() == it.tag {
		w.Error("it has the tag of the JSON")
	}
}

func download(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Download").with("content", evil))
	a := maria.get(it.path + "/download")
	a.wantHeader("Content-Type", "text/markdown; charset=utf-8")
	a.wantInert(it.Slug + ".md")
	if string(a.body) != evil {
		w.Errorf("%q became %q", evil, a.body)
	}
	maria.get("/v1/prompts/old-"+it.ID+"/download").wantHeader("Content-Location", "/v1/prompts/"+it.Slug)
	rule := itemOf(maria.want(http.StatusCreated, http.MethodPost, "/v1/rules", w.draft("Rule")))
	maria.get(rule.path + "/download").wantInert(rule.Slug + ".md")
}

func downloadAgent(w *world) {
	maria := w.user("maria")
	b := w.public("Agent").with("agent", body{"tools": []string{"read"}, "hooks": body{}})
	it := itemOf(maria.want(http.StatusCreated, http.MethodPost, "/v1/agents", b))
	a := maria.get(it.path + "/download")
	a.wantHeader("Content-Type", "application/json")
	a.wantInert(it.Slug + ".json")
	file := read[struct {
		Name, Description, Prompt string
		Tools                     []string
		Visibility                *string
	}](a)
	if file.Name != it.Name || file.Description != it.Description || file.Prompt != it.Content || len(file.Tools) != 1 || file.Visibility != nil {
		w.Errorf("the file is %s", a.body)
	}
}

func caching(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Cached"))
	w.soon("anybody reads it", func() bool { return w.anybody.sees(it.path) })
	for _, path := range []string{it.path, "/v1/prompts", it.path + "/versions", "/v1/users/" + maria.handle} {
		w.anybody.get(path).wantHeader("Cache-Control", cachePublic)
		maria.get(path).wantHeader("Cache-Control", cachePrivate)
		w.anybody.get(path).wantHeader("Vary", varies)
	}
	w.anybody.get("/v1/changes?limit=1").wantHeader("Cache-Control", cachePrivate)
	w.anybody.hidden(http.MethodGet, "/v1/prompts/zzzzzzzzzzzz", nil).wantHeader("Cache-Control", "no-store")
}

func crossOrigin(w *world) {
	const elsewhere = "https://elsewhere.example"
	w.anybody.get("/v1/prompts?limit=1", "Origin", elsewhere).wantHeader("Access-Control-Allow-Origin", "")
	preflight := w.anybody.refused("method_not_allowed", http.MethodOptions, "/v1/prompts", nil, "Origin", elsewhere, "Access-Control-Request-Method", "POST")
	for name := range preflight.header {
		if strings.HasPrefix(name, "Access-Control-") {
			w.Errorf("%s is there", name)
		}
	}
}
