package api_test

import (
	"strings"
	"testing"

	"promptz/internal/promptz"
)

// The paths of the items that are there.
const (
	publicPath  = "/v1/prompts/" + publicPrompt
	privatePath = "/v1/prompts/" + privatePrompt
	agentPath   = "/v1/agents/" + publicAgent
	bobsPath    = "/v1/rules/" + bobsRule
)

const validBody = `{"name":"Review a pull request","description":"Finds what matters in a pull request.","content":"Look.","visibility":"private"}`

// anyState overwrites whatever is there.
var anyState = map[string]string{"If-Match": "*"}

func headers(pairs ...string) map[string]string {
	h := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		h[pairs[i]] = pairs[i+1]
	}
	return h
}

func TestGetItem(t *testing.T) {
	t.Parallel()
	const slug = "name-of-pbc000000001-" + publicPrompt
	public := "public, max-age=0, s-maxage=30, stale-while-revalidate=30"
	run(t, []scenario{
		{
			name: "public, by id", method: "GET", path: publicPath,
			status:      200,
			wantHeaders: headers("Cache-Control", public, "Vary", "Accept, Accept-Encoding, Authorization, Cookie", "Content-Type", "application/json", "Content-Location", ""),
			want: []string{
				`"kind":"prompt"`, `"slug":"` + slug + `"`, `"owner":{"displayName":"Maria","handle":"Maria"}`,
				`"createdAt":"2026-11-23T08:00:01.000Z"`, `"publishedAt":"2026-11-23T08:00:02.000Z"`, `"content":"# Content of`,
				`"stats":{"copies":0,"downloads":0,"stars":0,"views":0}`, `"digest":"sha256:`, `"note":""`, `"tags":[]`,
			},
			wantNot: []string{`"agent"`, "null"},
		},
		{name: "by slug", method: "GET", path: "/v1/prompts/" + slug, status: 200, wantHeaders: headers("Content-Location", "")},
		{name: "by a stale slug", method: "GET", path: "/v1/prompts/old-name-" + publicPrompt, status: 200, wantHeaders: headers("Content-Location", "/v1/prompts/"+slug)},
		{name: "by an escaped id", method: "GET", path: "/v1/prompts/%70bc000000001", status: 200},
		{name: "own draft", as: "maria-read", method: "GET", path: privatePath, status: 200, wantHeaders: headers("Cache-Control", "private, no-store"), want: []string{`"visibility":"private"`}, wantNot: []string{"publishedAt"}},
		{name: "own draft without the scope", as: "maria-public", method: "GET", path: privatePath, status: 404},
		{name: "other's draft", as: "bob", method: "GET", path: privatePath, status: 404, want: []string{`"code":"not_found"`}},
		{name: "other kind", method: "GET", path: "/v1/rules/" + publicPrompt, status: 404},
		{name: "no such kind", method: "GET", path: "/v1/poems/" + publicPrompt, status: 404},
		{name: "no id", method: "GET", path: "/v1/prompts/short", status: 404},
		{name: "id without a hyphen before it", method: "GET", path: "/v1/prompts/xx" + publicPrompt, status: 404},
		{name: "unknown query parameter", method: "GET", path: publicPath + "?x=1", status: 400, want: []string{`"code":"unreadable"`, `\"x\"`}},
		{name: "compressed request", method: "GET", path: publicPath, headers: headers("Content-Encoding", "gzip"), status: 415},
		{name: "erased owner", method: "GET", path: publicPath, state: func(f *fake) { delete(f.users, maria) }, status: 200, want: []string{`"owner":{"displayName":"deleted user","handle":""}`}},
		{name: "store fails", method: "GET", path: publicPath, state: func(f *fake) { f.fails = errDown }, status: 500, want: []string{`"code":"internal"`}, wantNot: []string{"secret"}},
		{name: "store is away", method: "GET", path: publicPath, state: func(f *fake) { f.fails = promptz.Errorf(promptz.CodeUnavailable, "secret") }, status: 503, wantNot: []string{"secret"}},
		{name: "held", method: "GET", path: publicPath, state: func(f *fake) { f.fails = promptz.Errorf(promptz.CodeHeld, "Held by a moderator.") }, status: 409, want: []string{`"code":"held"`, "Held by a moderator."}},
	})
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	json, markdown := headers("Content-Type", "application/json"), headers("Content-Type", "text/markdown; charset=utf-8")
	accept := func(value string) map[string]string { return headers("Accept", value) }
	run(t, []scenario{
		{
			name: "markdown", method: "GET", path: publicPath, headers: accept("text/markdown"), status: 200,
			wantHeaders: headers("Content-Type", "text/markdown; charset=utf-8", "X-Content-Type-Options", "nosniff",
				"Content-Security-Policy", "default-src 'none'; sandbox",
				"Content-Disposition", "attachment; filename*=UTF-8''name-of-pbc000000001-pbc000000001.md"),
			want: []string{"# Content of pbc000000001"}, wantNot: []string{"{"},
		},
		{name: "anything", method: "GET", path: publicPath, headers: accept("*/*"), status: 200, wantHeaders: json},
		{name: "any text", method: "GET", path: publicPath, headers: accept("text/*"), status: 200, wantHeaders: markdown},
		{name: "markdown rather", method: "GET", path: publicPath, headers: accept("application/json;q=0.4, text/markdown;q=0.5"), status: 200, wantHeaders: markdown},
		{name: "equal", method: "GET", path: publicPath, headers: accept("text/markdown, application/json"), status: 200, wantHeaders: json},
		{name: "json refused", method: "GET", path: publicPath, headers: accept("*/*, application/json;q=0"), status: 200, wantHeaders: markdown},
		{name: "neither", method: "GET", path: publicPath, headers: accept("image/png"), status: 406, want: []string{`"code":"not_acceptable"`}},
		{name: "unreadable", method: "GET", path: publicPath, headers: accept(";;"), status: 200, wantHeaders: json},
		{name: "agent", method: "GET", path: agentPath, headers: accept("text/markdown"), status: 406},
		{name: "agent, or anything", method: "GET", path: agentPath, headers: accept("text/markdown, */*;q=0.1"), status: 200, wantHeaders: json},
	})
}

func TestCreateItem(t *testing.T) {
	t.Parallel()
	create := func(name, body string, status int, want ...string) scenario {
		return scenario{name: name, as: "maria", method: "POST", path: "/v1/prompts", body: body, status: status, want: want}
	}
	run(t, []scenario{
		{
			name: "created", as: "maria", method: "POST", path: "/v1/prompts", body: validBody, status: 201,
			wantHeaders: headers("Location", "/v1/prompts/made00000001", "Cache-Control", "private, no-store", "Idempotency-Replayed", ""),
			want:        []string{`"version":1`, `"id":"made00000001"`, `"name":"Review a pull request"`},
		},
		create("visible to nobody in particular", `{"name":"Name","description":"A description.","content":"x","visibility":""}`, 422, `"pointer":"/visibility"`),
		create("private by default", `{"name":"Name","description":"A description.","content":"x"}`, 201, `"visibility":"private"`),
		{
			name: "agent", as: "maria", method: "POST", path: "/v1/agents", status: 201,
			body: `{"name":"Name","description":"A description.","agent":{"tools":["fs_read"],"mcpServers":{"b":{"x":1.10},"a":null},"hooks":{}}}`,
			want: []string{`"agent":{"tools":["fs_read"],"mcpServers":{"a":null,"b":{"x":1.10}},"hooks":{}}`, `"content":""`},
		},
		{name: "anonymous", method: "POST", path: "/v1/prompts", body: validBody, status: 401, wantHeaders: headers("WWW-Authenticate", "Bearer"), wantCalls: []string{}},
		{name: "anonymous, before the body is read", method: "POST", path: "/v1/prompts", body: "{", status: 401},
		{name: "without the scope", as: "maria-read", method: "POST", path: "/v1/prompts", body: "{", status: 403, want: []string{`"code":"forbidden"`}},
		create("domain's limit", strings.Replace(validBody, "Review a pull request", "R", 1), 422, `"pointer":"/name"`, `"code":"too_short"`),
		create("settings on a prompt", strings.Replace(validBody, "{", `{"agent":{"tools":["x"]},`, 1), 422, `"pointer":"/agent"`),
		create("read-only member", strings.Replace(validBody, "{", `{"id":"pbc000000001",`, 1), 422, `"pointer":"/id"`, `"code":"unknown"`),
		create("nothing required is there", `{}`, 422, `"pointer":"/name"`, `"pointer":"/description"`, `"code":"required"`),
	})
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	h := newHandler(t, f)
	create := scenario{as: "maria", method: "POST", path: "/v1/prompts", body: validBody, headers: headers("Idempotency-Key", "k1"), status: 201}
	steps := []struct {
		name string
		with func(s *scenario)
	}{
		{"first", func(s *scenario) {
			s.wantHeaders = headers("Idempotency-Replayed", "", "Location", "/v1/prompts/made00000001")
		}},
		{"repeat", func(s *scenario) {
			s.wantHeaders = headers("Idempotency-Replayed", "true", "Location", "/v1/prompts/made00000001")
		}},
		{"other body", func(s *scenario) { s.status, s.body = 422, strings.Replace(validBody, "Look", "See", 1) }},
		{"other path", func(s *scenario) { s.status, s.path = 422, "/v1/rules" }},
		{"other caller", func(s *scenario) {
			s.as = "bob"
			s.wantHeaders = headers("Idempotency-Replayed", "", "Location", "/v1/prompts/made00000002")
		}},
		{"space in the key", func(s *scenario) { s.status, s.headers = 400, headers("Idempotency-Key", "a b") }},
		{"beyond ASCII", func(s *scenario) { s.status, s.headers = 400, headers("Idempotency-Key", "ü") }},
		{"longest key", func(s *scenario) { s.headers = headers("Idempotency-Key", strings.Repeat("k", 255)) }},
		{"key too long", func(s *scenario) { s.status, s.headers = 400, headers("Idempotency-Key", strings.Repeat("k", 256)) }},
		{"gone", func(s *scenario) { delete(f.items, "made00000001"); s.status = 409 }},
	}
	for _, step := range steps {
		s := create
		step.with(&s)
		t.Run(step.name, func(t *testing.T) { s.check(t, f, do(t, h, s.request())) })
	}
	empty, twice := create.request(), create.request()
	empty.Header["Idempotency-Key"] = []string{""}
	twice.Header["Idempotency-Key"] = []string{"a", "b"}
	for name, r := range map[string]int{"empty": 0, "twice": 1} {
		request := empty
		if r == 1 {
			request = twice
		}
		t.Run(name, func(t *testing.T) {
			if w := do(t, h, request); w.Code != 400 {
				t.Errorf("status %d, want 400: %s", w.Code, w.Body)
			}
		})
	}
}
