package scenario

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

var items = []scenario{
	{name: "items/made private unless said otherwise", run: makeDraft},
	{name: "items/made public", run: makePublic},
	{name: "items/of each kind under its own path", run: eachKind},
	{name: "items/agents have settings of their own", run: agentSettings},
	{name: "items/limits name the field", run: itemLimits},
	{name: "items/text is kept as it was written", run: keepText},
	{name: "items/replaced whole", run: replaceWhole},
	{name: "items/what was read can be sent back", run: sendBack},
	{name: "items/put never creates", run: putCreatesNothing},
	{name: "items/a note belongs to one version", run: noteOfOneVersion},
	{name: "items/found by any slug that ends in the id", run: slugs},
	{name: "items/deleted are gone with all they had", run: deleteItem},
}

func makeDraft(w *world) {
	maria := w.user("maria")
	wanted := w.draft("Review").with("tags", []string{"Review", "Go"}).with("license", "MIT-0").
		with("sourceUrl", "https://example.com/a?b#c").with("howto", "Paste it.").with("note", "The first.")
	made := maria.want(http.StatusCreated, http.MethodPost, "/v1/prompts", wanted)
	it := itemOf(made)
	made.wantHeader("Location", it.path)
	if it.Visibility != "private" || it.Version != 1 || it.PublishedAt != "" || it.Owner.Handle != maria.handle {
		w.Errorf("it is\n%s", made.body)
	}
	if it.CreatedAt == "" || it.CreatedAt != it.UpdatedAt || it.Stats != (stats{}) || !strings.HasSuffix(it.Slug, "-"+it.ID) {
		w.Errorf("it is\n%s", made.body)
	}
	if it.Name != wanted["name"] || it.Content != wanted["content"] || !slices.Equal(it.Tags, []string{"Review", "Go"}) ||
		it.License != "MIT-0" || it.SourceURL != "https://example.com/a?b#c" || it.Howto != "Paste it." || it.Note != "The first." {
		w.Errorf("sent %v, got\n%s", wanted, made.body)
	}
	again := maria.get(it.path)
	if again.tag() != made.tag() || string(again.body) != string(made.body) {
		w.Errorf("made %s\n%s\nread %s\n%s", made.tag(), made.body, again.tag(), again.body)
	}
	w.anybody.hidden(http.MethodGet, it.path, nil)
}

func makePublic(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Review"))
	if it.PublishedAt == "" || it.PublishedAt != it.CreatedAt {
		w.Errorf("made at %s, published at %q", it.CreatedAt, it.PublishedAt)
	}
	w.soon("anybody reads it", func() bool { return w.anybody.sees(it.path) })
	if read := itemOf(w.anybody.get(it.path)); read.Content != it.Content || read.Starred != nil || read.Owner.Handle != maria.handle {
		w.Errorf("anybody reads %+v", read)
	}
}

func eachKind(w *world) {
	maria := w.user("maria")
	plurals := []string{"prompts", "rules", "agents"}
	for _, plural := range plurals {
		it := itemOf(maria.want(http.StatusCreated, http.MethodPost, "/v1/"+plural, w.public("One")))
		if it.Kind+"s" != plural {
			w.Errorf("one of %s is a %s", plural, it.Kind)
		}
		for _, other := range plurals {
			if other == plural {
				maria.get("/v1/" + other + "/" + it.ID)
				continue
			}
			path := "/v1/" + other + "/" + it.ID
			maria.hidden(http.MethodGet, path, nil)
			maria.hidden(http.MethodGet, path+"/versions", nil)
			maria.hidden(http.MethodGet, path+"/stats", nil)
			maria.hidden(http.MethodPut, path+"/star", nil)
			maria.hidden(http.MethodPatch, path, body{}, "If-Match", "*")
			maria.hidden(http.MethodDelete, path, nil, "If-Match", "*")
		}
	}
	maria.hidden(http.MethodPost, "/v1/poems", w.draft("Poem"))
}

func agentSettings(w *world) {
	maria := w.user("maria")
	settings := raw(`{"tools":["read","@git"],"mcpServers":{"a":{"command":"x","n":12345678901234567890,"off":null}},"hooks":{},"useLegacyMcpJson":false}`)
	b := w.draft("Agent").without("content").with("agent", json.RawMessage(settings))
	it := itemOf(maria.want(http.StatusCreated, http.MethodPost, "/v1/agents", b))
	if !strings.Contains(string(it.Agent), `"n":12345678901234567890`) || !strings.Contains(string(it.Agent), `"off":null`) {
		w.Errorf("sent %s, got %s", settings, it.Agent)
	}
	maria.refused("not_valid", http.MethodPost, "/v1/prompts", w.draft("Prompt").with("agent", body{"tools": []string{"read"}})).wantField("/agent")
	deep := strings.Repeat(`{"a":`, 16) + "1" + strings.Repeat("}", 16)
	maria.refused("not_valid", http.MethodPost, "/v1/agents", b.with("agent", json.RawMessage(`{"hooks":`+deep+`}`))).wantField("/agent")
	large := body{"hooks": body{"a": strings.Repeat("x", 64<<10)}}
	maria.refused("not_valid", http.MethodPost, "/v1/agents", b.with("agent", large)).wantField("/agent")
	maria.refused("not_valid", http.MethodPost, "/v1/agents", b.with("agent", body{"tools": nil})).wantField("/agent/tools")
	maria.refused("not_valid", http.MethodPost, "/v1/agents", b.with("agent", body{"Tools": []string{}})).wantField("/agent/Tools")
}

func itemLimits(w *world) {
	maria := w.user("maria")
	twenty := make([]string, 20)
	for i := range twenty {
		twenty[i] = fmt.Sprintf("tag %d", i)
	}
	for name, test := range map[string]struct {
		good any // at the limit
		bad  []any
	}{
		"name":        {"abc", []any{"ab", strings.Repeat("x", 201), "two\nlines", "turned \u202e around"}},
		"description": {strings.Repeat("é", 500), []any{"too short", strings.Repeat("é", 501), "one\ttab in it"}},
		"content":     {strings.Repeat("x", 200000), []any{"", " \n ", strings.Repeat("x", 200001), "a bell \a"}},
		"howto":       {strings.Repeat("x", 4000), []any{strings.Repeat("x", 4001)}},
		"tags":        {twenty, []any{append(slices.Clone(twenty), "one more"), []string{"Go", "go"}}},
		"sourceUrl":   {"", []any{"http://example.com", "https://user:word@example.com", "elsewhere", "https://"}},
		"license":     {"MIT OR Apache-2.0", []any{"mine;", "MIT AND", strings.Repeat("x", 101)}},
		"visibility":  {"private", []any{"secret", ""}},
		"note":        {strings.Repeat("x", 500), []any{strings.Repeat("x", 501), "two\nlines"}},
	} {
		maria.create(w.draft("Limits").with(name, test.good))
		for _, value := range test.bad {
			maria.refused("not_valid", http.MethodPost, "/v1/prompts", w.draft("Limits").with(name, value)).wantField("/" + name)
		}
	}
	maria.refused("not_valid", http.MethodPost, "/v1/prompts", w.draft("Limits").with("tags", []string{"Go", "a/b"})).wantField("/tags/1")
	both := maria.refused("not_valid", http.MethodPost, "/v1/prompts", w.draft("Limits").with("name", "x").with("note", "a\nb"))
	both.wantField("/name")
	both.wantField("/note")
	for _, name := range []string{"name", "description", "content"} {
		maria.refused("not_valid", http.MethodPost, "/v1/prompts", w.draft("Limits").without(name)).wantField("/" + name)
	}
}

func keepText(w *world) {
	const text = "\tFirst, indented.\n\nÜber 💡 <script>alert(1)</script> & \\u0041 \u2028 end"
	maria := w.user("maria")
	it := maria.create(w.draft("Text").with("content", text).with("name", "  Ñandú — "+w.unique("x")+" "))
	if it.Content != text {
		w.Errorf("%q became %q", text, it.Content)
	}
	if strings.TrimSpace(it.Name) != it.Name || !strings.HasPrefix(it.Name, "Ñandú — ") || !strings.HasPrefix(it.Slug, "nandu-") {
		w.Errorf("name %q, slug %q", it.Name, it.Slug)
	}
	lines := maria.create(w.draft("Text").with("content", "\n\na\r\nb\rc  \n\n"))
	if lines.Content != "a\nb\nc" {
		w.Errorf("lines became %q", lines.Content)
	}
	composed := maria.create(w.draft("Text").with("content", "e\u0301"))
	if composed.Content != "\u00e9" {
		w.Errorf("letters that are composed became %q", composed.Content)
	}
}

func replaceWhole(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Whole").with("tags", []string{"a"}).with("howto", "x").with("license", "MIT").with("sourceUrl", "https://example.com"))
	next := w.draft("Replaced").with("visibility", "public")
	got := itemOf(maria.want(http.StatusOK, http.MethodPut, it.path, next, "If-Match", it.tag))
	if len(got.Tags) != 0 || got.Howto+got.License+got.SourceURL != "" || got.Name != next["name"] || got.Version != 2 || got.ID != it.ID {
		w.Errorf("replaced by %v, it is %+v", next, got)
	}
	maria.refused("not_valid", http.MethodPut, it.path, next.without("visibility"), "If-Match", "*").wantField("/visibility")
	maria.refused("not_valid", http.MethodPut, it.path, next.without("content"), "If-Match", "*").wantField("/content")
	if maria.reread(it).tag != got.tag {
		w.Error("a refused replacement changed it")
	}
}

func sendBack(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Back").with("note", "Once."))
	whole := read[body](maria.get(it.path))
	got := itemOf(maria.want(http.StatusOK, http.MethodPut, it.path, whole.with("howto", "New."), "If-Match", it.tag))
	if got.Howto != "New." || got.Version != 2 {
		w.Errorf("it is %+v", got)
	}
	maria.want(http.StatusOK, http.MethodPut, it.path, whole.with("version", 77).with("owner", body{"handle": "x"}), "If-Match", "*")
	other := maria.create(w.draft("Other"))
	maria.refused("not_valid", http.MethodPut, it.path, whole.with("id", other.ID), "If-Match", "*").wantField("/id")
	maria.refused("not_valid", http.MethodPut, it.path, whole.with("kind", "rule"), "If-Match", "*").wantField("/kind")
	maria.refused("not_valid", http.MethodPut, it.path, whole.with("createdBy", "x"), "If-Match", "*").wantField("/createdBy")
	maria.refused("not_valid", http.MethodPost, "/v1/prompts", whole)
}

func putCreatesNothing(w *world) {
	w.user("maria").hidden(http.MethodPut, "/v1/prompts/zzzzzzzzzzzz", w.public("Nothing"), "If-Match", "*")
}

func noteOfOneVersion(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Note").with("note", "The first."))
	next := maria.edit(it, body{"content": "Another."})
	if next.Note != "" || next.Version != 2 {
		w.Errorf("version %d inherits the note %q", next.Version, next.Note)
	}
	if first := read[version](maria.get(it.path + "/versions/1")); first.Note != "The first." {
		w.Errorf("the first version's note is %q", first.Note)
	}
}

func slugs(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Old name"))
	maria.get("/v1/prompts/"+it.Slug).wantHeader("Content-Location", "")
	maria.get(it.path).wantHeader("Content-Location", "")
	now := maria.edit(it, body{"name": w.unique("New name")})
	if now.Slug == it.Slug || now.ID != it.ID {
		w.Fatalf("renamed, %s is %s", it.Slug, now.Slug)
	}
	want := "/v1/prompts/" + now.Slug
	for _, stale := range []string{it.Slug, "anything-" + it.ID} {
		a := maria.get("/v1/prompts/" + stale)
		a.wantHeader("Content-Location", want)
		if a.tag() != now.tag {
			w.Errorf("%s leads to %s instead of %s", stale, a.tag(), now.tag)
		}
		maria.get("/v1/prompts/"+stale, "Accept", "text/markdown").wantHeader("Content-Location", want)
		maria.get("/v1/prompts/" + stale + "/versions/1")
		maria.hidden(http.MethodGet, "/v1/rules/"+stale, nil)
	}
	maria.want(http.StatusOK, http.MethodPatch, "/v1/prompts/"+it.Slug, body{"howto": "x"}, "If-Match", now.tag).wantHeader("Content-Location", want)
	maria.hidden(http.MethodGet, "/v1/prompts/"+it.Slug[:len(it.Slug)-1], nil)
}

func deleteItem(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Gone"))
	maria.edit(it, body{"content": "Another."})
	otto.want(http.StatusOK, http.MethodPut, it.path+"/star", nil)
	maria.remove(it)
	for _, c := range []*caller{maria, otto} {
		for _, path := range []string{"", "/versions", "/versions/1", "/stats", "/download"} {
			c.hidden(http.MethodGet, it.path+path, nil)
		}
		c.hidden(http.MethodPut, it.path, w.public("Gone"), "If-Match", "*")
		c.hidden(http.MethodPatch, it.path, body{}, "If-Match", "*")
		c.hidden(http.MethodDelete, it.path, nil, "If-Match", "*")
		c.hidden(http.MethodPost, it.path+"/versions/1/restore", nil, "If-Match", "*")
		c.hidden(http.MethodDelete, it.path+"/versions/1", nil)
		c.hidden(http.MethodPut, it.path+"/star", nil)
		c.hidden(http.MethodDelete, it.path+"/star", nil)
		c.hidden(http.MethodPost, it.path+"/copies", nil)
		c.hidden(http.MethodPost, it.path+"/views", nil)
	}
	for _, c := range []*caller{maria, otto} {
		for _, path := range []string{"/v1/me/items", "/v1/me/stars", "/v1/users/" + maria.handle + "/items", "/v1/prompts?owner=" + maria.handle} {
			w.soon("it is in no list", func() bool { return !slices.Contains(ids(c.entries(path)), it.ID) })
		}
	}
}
