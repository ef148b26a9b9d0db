package api_test

import (
	"net/http"
	"strings"
	"testing"

	"promptz/internal/promptz"
)

func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	// Each request is wrong in the way that is expected and in every way that
	// is checked later.
	put := func(name, as, path, body string, h map[string]string, status int) scenario {
		return scenario{name: name, as: as, method: "PUT", path: path, headers: h, body: body, status: status}
	}
	stale, invalid := headers("If-Match", `"99.x"`), strings.Replace(validBody, "Review a pull request", "R", 1)
	run(t, []scenario{
		put("nobody", "", privatePath, "{", nil, 401),
		put("bad credential", "nonsense", privatePath, "{", nil, 401),
		put("no scope", "maria-read", privatePath, "{", nil, 403),
		put("unreadable", "bob", privatePath, "{", nil, 400),
		put("decoder", "bob", privatePath, `{"x":1}`, nil, 422),
		put("invisible", "bob", privatePath, invalid, nil, 404),
		put("not yours", "bob", publicPath, invalid, nil, 403),
		put("no precondition", "maria", publicPath, invalid, nil, 428),
		put("stale", "maria", publicPath, invalid, stale, 412),
		put("not valid", "maria", publicPath, invalid, anyState, 422),
		put("all right", "maria", publicPath, validBody, anyState, 200),
	})
}

func TestReplaceItem(t *testing.T) {
	t.Parallel()
	put := func(name, body string, status int, want ...string) scenario {
		return scenario{name: name, as: "maria", method: "PUT", path: publicPath, headers: anyState, body: body, status: status, want: want}
	}
	with := func(member string) string { return strings.Replace(validBody, "{", "{"+member+",", 1) }
	run(t, []scenario{
		put("replaced", with(`"note":"better","tags":["Go"]`), 200, `"version":2`, `"note":"better"`, `"tags":["Go"]`, `"content":"Look."`),
		put("own read-only members", with(`"id":"pbc000000001","kind":"prompt","slug":3,"owner":null,"version":"x","digest":"","createdAt":0,"updatedAt":0,"publishedAt":0,"stats":[]`), 200),
		put("another's id", with(`"id":"prv000000002"`), 422, `"pointer":"/id"`),
		put("another kind", with(`"kind":"rule"`), 422, `"pointer":"/kind"`),
		put("id of another type", with(`"id":3`), 422, `"pointer":"/id"`),
		put("no visibility", `{"name":"Name","description":"A description.","content":"x"}`, 422, `"pointer":"/visibility"`, `"code":"required"`),
		put("unknown visibility", strings.Replace(validBody, "private", "secret", 1), 422, `"pointer":"/visibility"`),
		put("null", with(`"howto":null`), 422, `"pointer":"/howto"`, `"code":"null"`),
		{name: "creates nothing", as: "maria", method: "PUT", path: "/v1/prompts/zzz000000001", headers: anyState, body: validBody, status: 404},
		{name: "stale slug", as: "maria", method: "PUT", path: "/v1/prompts/old-" + publicPrompt, headers: anyState, body: validBody, status: 200, wantHeaders: headers("Content-Location", "/v1/prompts/review-a-pull-request-"+publicPrompt)},
		{name: "merge patch as the type", as: "maria", method: "PUT", path: publicPath, headers: headers("If-Match", "*", "Content-Type", "application/merge-patch+json"), body: validBody, status: 415},
	})
}

// TestReadEditWrite sends back what was read, which changes nothing.
func TestReadEditWrite(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	h := newHandler(t, f)
	agent := scenario{as: "maria", method: "POST", path: "/v1/agents", body: `{"name":"Name","description":"A description.","agent":{"hooks":{},"toolAliases":{"a":1e2}}}`}
	for _, path := range []string{publicPath, do(t, h, agent.request()).Header().Get("Location")} {
		read := do(t, h, scenario{as: "maria", method: "GET", path: path}.request())
		put := scenario{as: "maria", method: "PUT", path: path, body: read.Body.String(), headers: headers("If-Match", read.Header().Get("ETag")), status: 200, want: []string{`"version":1`}}
		put.check(t, f, do(t, h, put.request()))
	}
}

func TestUpdateItem(t *testing.T) {
	t.Parallel()
	patch := func(name, body string, status int, want ...string) scenario {
		return scenario{name: name, as: "maria", method: "PATCH", path: publicPath, headers: anyState, body: body, status: status, want: want}
	}
	noted := func(f *fake) {
		item := f.items[publicPrompt]
		f.save(item, promptz.Draft{Text: promptz.Text{Name: "Name", Description: "A description.", Content: "c", Howto: "how", Tags: []string{"a", "b"}}, Visibility: promptz.VisibilityPublic, Note: "old note"})
	}
	settings := func(f *fake) {
		item := f.items[publicAgent]
		f.save(item, promptz.Draft{Text: promptz.Text{Name: "Name", Description: "A description.", Agent: &promptz.AgentSettings{Tools: []string{"x"}, MCPServers: `{"a":{"n":12345678901234567890},"b":1}`}}, Visibility: promptz.VisibilityPublic})
	}
	scenarios := []scenario{
		patch("one member", `{"name":"Another name"}`, 200, `"name":"Another name"`, `"content":"# Content`, `"version":2`),
		patch("nothing", `{}`, 200, `"version":1`),
		patch("visibility alone", `{"visibility":"private"}`, 200, `"version":1`, `"visibility":"private"`),
		patch("null on what is required", `{"name":null}`, 422, `"pointer":"/name"`, `"code":"null"`),
		patch("null on visibility", `{"visibility":null}`, 422, `"pointer":"/visibility"`),
		patch("null on an unknown member", `{"bogus":null}`, 422, `"pointer":"/bogus"`),
		patch("null in wrong case", `{"Howto":null}`, 422, `"pointer":"/Howto"`),
		patch("null on content", `{"content":null}`, 422, `"pointer":"/content"`),
		patch("wrong type", `{"tags":"Go"}`, 422, `"pointer":"/tags"`),
		patch("array", `[]`, 422, `must be an object`),
		patch("bare null", `null`, 400),
		patch("own id", `{"id":"pbc000000001"}`, 200),
		patch("another's id", `{"id":"prv000000002"}`, 422),
		{name: "plain JSON", as: "maria", method: "PATCH", path: publicPath, headers: headers("If-Match", "*", "Content-Type", "application/json"), body: `{}`, status: 415, wantHeaders: headers("Accept-Patch", "application/merge-patch+json")},
		{name: "decoder before visibility", as: "bob", method: "PATCH", path: privatePath, body: `{"x":1}`, status: 422},
		{name: "somebody else was faster", as: "maria", method: "PATCH", path: publicPath, state: func(f *fake) { f.races = 1 }, headers: headers("If-Match", `"1.x"`), body: `{}`, status: 412, wantCalls: []string{"UpdateItem", "FindItem"}},
		{name: "somebody else was faster, whatever", as: "maria", method: "PATCH", path: publicPath, state: func(f *fake) { f.races = 1 }, headers: anyState, body: `{}`, status: 200},
		{name: "arrays are replaced", state: noted, as: "maria", method: "PATCH", path: publicPath, headers: anyState, body: `{"tags":["c"],"howto":null}`, status: 200, want: []string{`"tags":["c"]`, `"howto":""`, `"note":""`}},
		{name: "settings are merged", state: settings, as: "maria", method: "PATCH", path: agentPath, headers: anyState, body: `{"agent":{"tools":null,"mcpServers":{"b":null,"c":{}}}}`, status: 200, want: []string{`"agent":{"mcpServers":{"a":{"n":12345678901234567890},"c":{}}}`}},
		{name: "settings are cleared", state: settings, as: "maria", method: "PATCH", path: agentPath, headers: anyState, body: `{"agent":null}`, status: 200, wantNot: []string{`"agent":{`}},
	}
	run(t, scenarios)
}

func TestDeleteItem(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{name: "deleted", as: "maria", method: "DELETE", path: publicPath, headers: anyState, status: 204, wantHeaders: headers("Cache-Control", "private, no-store", "Content-Type", "")},
		{name: "nobody", method: "DELETE", path: publicPath, headers: anyState, status: 401},
		{name: "not yours", as: "bob", method: "DELETE", path: publicPath, headers: anyState, status: 403},
		{name: "invisible", as: "bob", method: "DELETE", path: privatePath, headers: anyState, status: 404},
		{name: "no precondition", as: "maria", method: "DELETE", path: publicPath, status: 428},
		{name: "stale", as: "maria", method: "DELETE", path: publicPath, headers: headers("If-Match", `"9.x"`), status: 412},
		{name: "malformed precondition, before visibility", as: "bob", method: "DELETE", path: privatePath, headers: headers("If-Match", `9.x`), status: 400},
	})
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lines  []string
		status int
	}{
		"revision alone counts": {[]string{`"1.whatever"`}, 200},
		"compressed variant":    {[]string{`"1.whatever-gz"`}, 200},
		"one of several":        {[]string{`"7.a", "1.b"`}, 200},
		"two lines":             {[]string{`"7.a"`, `"1.b"`}, 200},
		"star":                  {[]string{`*`}, 200},
		"weak":                  {[]string{`W/"1.whatever"`}, 412},
		"weak beside strong":    {[]string{`W/"1.a", "1.b"`}, 200},
		"other revision":        {[]string{`"11.a"`}, 412},
		"no revision":           {[]string{`"1"`}, 412},
		"unquoted":              {[]string{`1.a`}, 400},
		"not closed":            {[]string{`"1.a`}, 400},
		"no comma":              {[]string{`"1.a" "2.b"`}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			seed(f)
			h := newHandler(t, f)
			r := scenario{as: "maria", method: "PATCH", path: publicPath, body: `{"name":"Another name"}`}.request()
			r.Header["If-Match"] = test.lines
			w := do(t, h, r)
			if w.Code != test.status {
				t.Fatalf("status %d, want %d: %s", w.Code, test.status, w.Body)
			}
			current := do(t, h, scenario{as: "maria", method: "GET", path: publicPath}.request()).Header().Get("ETag")
			if got := w.Header().Get("ETag"); test.status != http.StatusBadRequest && got != current {
				t.Errorf("ETag %s, but the current one is %s", got, current)
			}
		})
	}
}

func TestIfNoneMatch(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	h := newHandler(t, f)
	tagOf := func(accept string) string {
		return do(t, h, scenario{method: "GET", path: publicPath, headers: headers("Accept", accept)}.request()).Header().Get("ETag")
	}
	tag, other := tagOf("application/json"), tagOf("text/markdown")
	compressed := strings.TrimSuffix(tag, `"`) + `-gz"`
	if tag == other || !strings.HasPrefix(tag, `"1.`) || !strings.HasPrefix(other, `"1.`) {
		t.Fatalf("tags %s and %s", tag, other)
	}
	for name, test := range map[string]struct {
		lines []string
		etag  string // of the 304, "" for 200
	}{
		"same":             {[]string{tag}, tag},
		"weak":             {[]string{"W/" + tag}, tag},
		"compressed":       {[]string{compressed}, compressed},
		"one of several":   {[]string{`"x", ` + tag}, tag},
		"two lines":        {[]string{`"x"`, tag}, tag},
		"star":             {[]string{"*"}, tag},
		"other form":       {[]string{other}, ""},
		"revision alone":   {[]string{`"1.x"`}, ""},
		"unreadable":       {[]string{`x`}, ""},
		"later, not valid": {[]string{`"x", y`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD"} {
				r := scenario{method: method, path: publicPath}.request()
				r.Header["If-None-Match"] = test.lines
				w := do(t, h, r)
				if test.etag == "" {
					if w.Code != 200 || w.Header().Get("ETag") != tag {
						t.Errorf("%s: status %d with %s, want 200 with %s", method, w.Code, w.Header().Get("ETag"), tag)
					}
					continue
				}
				if w.Code != 304 || w.Header().Get("ETag") != test.etag || w.Body.Len() > 0 || w.Header().Get("Cache-Control") == "" || w.Header().Get("Vary") == "" {
					t.Errorf("%s: status %d with %v, want 304 with %s", method, w.Code, w.Header(), test.etag)
				}
			}
		})
	}
}
