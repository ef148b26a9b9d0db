package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"promptz/internal/promptz"
)

func TestStars(t *testing.T) {
	t.Parallel()
	const star = "/v1/prompts/" + publicPrompt + "/star"
	starred := func(f *fake) {
		f.StarItem(t.Context(), principals["bob"], promptz.KindPrompt, publicPrompt)
	}
	run(t, []scenario{
		{name: "star", as: "bob", method: "PUT", path: star, status: 200, want: []string{`{"starred":true,"stars":1}`}, wantHeaders: headers("Cache-Control", "private, no-store")},
		{name: "twice", as: "bob", state: starred, method: "PUT", path: star, status: 200, want: []string{`"stars":1`}},
		{name: "unstar", as: "bob", state: starred, method: "DELETE", path: star, status: 200, want: []string{`{"starred":false,"stars":0}`}},
		{name: "nobody", method: "PUT", path: star, status: 401},
		{name: "a reader", as: "maria-read", method: "PUT", path: star, status: 403},
		{name: "a draft of another", as: "bob", method: "PUT", path: "/v1/prompts/" + privatePrompt + "/star", status: 404},
		{name: "no item", as: "bob", method: "PUT", path: "/v1/prompts/nothing/star", status: 404},
		{name: "another kind", as: "bob", method: "PUT", path: "/v1/rules/" + publicPrompt + "/star", status: 404},
		{name: "mine", as: "bob", state: starred, method: "GET", path: "/v1/me/stars", status: 200, want: []string{publicPrompt, `"starred":true`}, wantNot: []string{`"content"`}},
		{name: "nobody's", method: "GET", path: "/v1/me/stars", status: 401},
		{name: "a cursor of another list", as: "bob", method: "GET", path: "/v1/me/stars?cursor=abc", status: 400},
		{name: "false is not absent", as: "maria", method: "GET", path: "/v1/prompts/" + publicPrompt, status: 200, want: []string{`"starred":false`}},
		{name: "nobody stars", method: "GET", path: "/v1/prompts/" + publicPrompt, status: 200, wantNot: []string{`"starred"`}},
		{name: "nobody stars on a list", method: "GET", path: "/v1/prompts", status: 200, wantNot: []string{`"starred"`}},
	})
}

func TestCounted(t *testing.T) {
	t.Parallel()
	const item = "/v1/prompts/" + publicPrompt
	copied := func(f *fake) {
		f.Interact(t.Context(), promptz.Principal{}, promptz.KindPrompt, publicPrompt, "", promptz.InteractionCopy)
	}
	run(t, []scenario{
		{name: "copy", method: "POST", path: item + "/copies", status: 200, want: []string{`{"counted":true}`}, wantHeaders: headers("Cache-Control", "private, no-store")},
		{name: "copy again", state: copied, method: "POST", path: item + "/copies", status: 200, want: []string{`{"counted":false}`}},
		{name: "copy a draft", as: "bob", method: "POST", path: "/v1/prompts/" + privatePrompt + "/copies", status: 404},
		{name: "view", method: "POST", path: item + "/views", status: 200, want: []string{`{"counted":true}`}},
		{name: "view a draft", method: "POST", path: "/v1/prompts/" + privatePrompt + "/views", status: 404},
		{name: "a GET counts nothing", method: "GET", path: item, status: 200, wantCalls: []string{"FindItem"}},
		{name: "stats", method: "GET", path: item + "/stats", status: 200, want: []string{`"stars":0`}, wantNot: []string{"days"}},
		{name: "stats for the owner", as: "maria", method: "GET", path: item + "/stats", status: 200, want: []string{`"days":[{"copies":2,"day":"2026-11-23","downloads":0,"stars":-1,"views":0}]`}},
		{name: "stats of a draft", method: "GET", path: "/v1/prompts/" + privatePrompt + "/stats", status: 404},
	})
}

func TestDownloads(t *testing.T) {
	t.Parallel()
	const file = "/v1/prompts/" + publicPrompt + "/download"
	run(t, []scenario{
		{name: "prompt", method: "GET", path: file, status: 200, want: []string{"# Content of"}, wantHeaders: headers("Content-Type", "text/markdown; charset=utf-8", "Content-Security-Policy", "default-src 'none'; sandbox"), wantCalls: []string{"FindItem", "Interact download"}},
		{name: "agent", method: "GET", path: "/v1/agents/" + publicAgent + "/download", status: 200, want: []string{`"prompt":"# Content of`}, wantHeaders: headers("Content-Type", "application/json")},
		{name: "HEAD counts nothing", method: "HEAD", path: file, status: 200, wantCalls: []string{"FindItem"}},
		{name: "draft", method: "GET", path: "/v1/prompts/" + privatePrompt + "/download", status: 404},
	})
	f := newFake()
	seed(f)
	h := newHandler(t, f)
	first := do(t, h, httptest.NewRequest("GET", file, nil))
	again := httptest.NewRequest("GET", file, nil)
	again.Header.Set("If-None-Match", first.Header().Get("ETag"))
	if w := do(t, h, again); w.Code != http.StatusNotModified {
		t.Errorf("known already: %d, want 304", w.Code)
	}
}
