package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

func TestMyKeys(t *testing.T) {
	t.Parallel()
	create := func(name, body string, status int, want ...string) scenario {
		return scenario{name: name, as: "maria", method: "POST", path: "/v1/me/keys", body: body, status: status, want: want}
	}
	made := create("made", `{"name":"laptop","scopes":["read","write"]}`, 201,
		`"key":"promptz_live_secret"`, `"last4":"wxyz"`, `"scopes":["read","write"]`, `"id":"`+someKey+`"`)
	made.wantHeaders = headers("Location", "/v1/me/keys/"+someKey, "Cache-Control", "private, no-store")
	long := create("until a day", `{"name":"laptop","scopes":["read"],"expiresAt":"2999-01-01T00:00:00Z"}`, 201)
	over := create("until a day that is over", `{"name":"laptop","scopes":["read"],"expiresAt":"1999-01-01T00:00:00Z"}`, 201, `"expiresAt":"2026-09-21T`)
	replayed := create("replayed", `{"name":"laptop","scopes":["read"]}`, 409, `"code":"conflict"`)
	replayed.state = func(f *fake) { f.once["once"] = someKey }
	replayed.headers = headers("Idempotency-Key", "once")
	replayed.wantHeaders, replayed.wantNot = headers("Location", "/v1/me/keys/"+someKey), []string{"promptz_live_secret"}
	notFresh := create("without a recent sign-in", `{"name":"laptop","scopes":["read"]}`, 403, "sign in again")
	notFresh.state = func(f *fake) { f.fails = promptz.Errorf(promptz.CodeForbidden, "To do this, sign in again.") }
	unscoped := create("without the scope", `{`, 403)
	unscoped.as = "maria-read"
	nobody := create("nobody", `{`, 401)
	nobody.as = ""
	run(t, []scenario{
		made, long, over, replayed, notFresh, unscoped, nobody,
		create("no scopes", `{"name":"laptop"}`, 422, `"pointer":"/scopes"`),
		create("scopes that are none", `{"name":"laptop","scopes":["root"]}`, 422, `"pointer":"/scopes/0"`),
		create("scope twice", `{"name":"laptop","scopes":["read","read"]}`, 422, `"pointer":"/scopes"`),
		create("name of two lines", `{"name":"a\nb","scopes":["read"]}`, 422, `"pointer":"/name"`),
		create("own id", `{"name":"a","scopes":["read"],"id":"x"}`, 422, `"pointer":"/id"`),
		create("end that is no time", `{"name":"a","scopes":["read"],"expiresAt":"soon"}`, 422, `"pointer":"/expiresAt"`),
		{name: "list", as: "maria-read", method: "GET", path: "/v1/me/keys", status: 200, want: []string{`"last4":"wxyz"`}, wantNot: []string{`"key"`, "hash"}, wantHeaders: headers("Cache-Control", "private, no-store")},
		{name: "list without the scope", as: "maria-public", method: "GET", path: "/v1/me/keys", status: 403},
		{name: "revoked", as: "maria", method: "DELETE", path: "/v1/me/keys/" + someKey, status: 204},
		{name: "somebody else's revoked", as: "maria", method: "DELETE", path: "/v1/me/keys/key000000009", status: 404},
		{name: "revoked without the scope", as: "maria-read", method: "DELETE", path: "/v1/me/keys/" + someKey, status: 403},
	})
}

func TestMySessions(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{name: "list", as: "maria-session", method: "GET", path: "/v1/me/sessions", status: 200, want: []string{`"client":"curl/8"`, `"network":"192.0.2.0/24"`, `"current":true`}, wantNot: []string{"ash", "refresh"}, wantHeaders: headers("Cache-Control", "private, no-store")},
		{name: "list by a key", as: "maria", method: "GET", path: "/v1/me/sessions", status: 200, want: []string{`"current":false`}},
		{name: "ended here", as: "maria-session", method: "DELETE", path: "/v1/me/sessions/" + someSession, status: 204, wantHeaders: headers("Set-Cookie", dropSession)},
		{name: "ended elsewhere", as: "maria", method: "DELETE", path: "/v1/me/sessions/" + someSession, status: 204, wantHeaders: headers("Set-Cookie", "")},
		{name: "somebody else's ended", as: "maria", method: "DELETE", path: "/v1/me/sessions/ses000000009", status: 404},
		{name: "all ended", as: "maria-session", method: "DELETE", path: "/v1/me/sessions", status: 204, wantHeaders: headers("Set-Cookie", dropSession)},
		{name: "ended without the scope", as: "maria-read", method: "DELETE", path: "/v1/me/sessions", status: 403},
		{name: "ended by nobody", method: "DELETE", path: "/v1/me/sessions", status: 401},
	})
}

func TestChangeOfAddress(t *testing.T) {
	t.Parallel()
	change := func(name, as, body string, status int, want ...string) scenario {
		return scenario{name: name, as: as, method: "POST", path: "/v1/me/address", body: body, status: status, want: want}
	}
	notFresh := change("without a recent sign-in", "maria", `{"email":"m@example.org"}`, 403, "sign in again")
	notFresh.state = func(f *fake) { f.signIn.fails = promptz.Errorf(promptz.CodeForbidden, "To do this, sign in again.") }
	run(t, []scenario{
		notFresh,
		change("begun", "maria", `{"email":"m@example.org"}`, 202, `"method":"code"`),
		change("none", "maria", `{}`, 422, `"pointer":"/email"`),
		change("without the scope", "maria-read", `{`, 403),
		change("nobody", "", `{`, 401),
	})
}

func TestEraseMe(t *testing.T) {
	t.Parallel()
	erase := func(name, as, query string, status int, calls ...string) scenario {
		return scenario{name: name, as: as, method: "DELETE", path: "/v1/me" + query, status: status, wantCalls: append([]string{}, calls...)}
	}
	gone := erase("public items stay", "maria", "", 204, "Erase, keep public")
	gone.wantHeaders = headers("Set-Cookie", dropSession, "Cache-Control", "private, no-store")
	notFresh := erase("without a recent sign-in", "maria", "", 403, "Erase, keep public")
	notFresh.state = func(f *fake) { f.fails = promptz.Errorf(promptz.CodeForbidden, "To do this, sign in again.") }
	notFresh.wantHeaders = headers("Set-Cookie", "")
	run(t, []scenario{
		gone, notFresh,
		erase("public items stay, as is said", "maria", "?publicItems=keep", 204, "Erase, keep public"),
		erase("public items go", "maria", "?publicItems=delete", 204, "Erase"),
		erase("unknown wish", "maria", "?publicItems=Delete", 400),
		erase("two wishes", "maria", "?publicItems=keep&publicItems=delete", 400),
		erase("unknown parameter", "maria", "?publicitems=delete", 400),
		erase("without the scope", "maria-read", "", 403),
		erase("nobody", "", "", 401),
	})
}

func TestExportMe(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{name: "without a recent sign-in", state: func(f *fake) { f.fails = promptz.Errorf(promptz.CodeForbidden, "Sign in again.") }, as: "maria", method: "GET", path: "/v1/me/export", status: 403, wantHeaders: headers("Content-Disposition", "")},
		{name: "without the scope", as: "maria-read", method: "GET", path: "/v1/me/export", status: 403},
		{name: "nobody", method: "GET", path: "/v1/me/export", status: 401},
		{name: "without its body", as: "maria", method: "HEAD", path: "/v1/me/export", status: 200, wantNot: []string{"items"}},
	})
	f := newFake()
	seed(f)
	f.rename(privatePrompt, "Second name")
	w := do(t, newHandler(t, f), scenario{as: "maria", method: "GET", path: "/v1/me/export"}.request())
	exported := scenario{status: 200, wantHeaders: unseen("Content-Type", "application/json", "Content-Disposition", `attachment; filename="promptz-account.json"`,
		"Content-Security-Policy", "default-src 'none'; sandbox", "X-Content-Type-Options", "nosniff")}
	exported.check(t, f, w)
	var export contract.Export
	if err := json.Unmarshal(w.Body.Bytes(), &export); err != nil {
		t.Fatal(err)
	}
	versions := map[string]int{}
	for _, entry := range export.Items {
		versions[entry.Item.Id] = len(entry.Versions)
		if owner, author := entry.Item.Owner.Handle, entry.Versions[0].Author.Handle; owner != "Maria" || author != "Maria" {
			t.Errorf("%s is of %q and its first version by %q", entry.Item.Id, owner, author)
		}
	}
	if export.Account.Handle != "Maria" || versions[publicPrompt] != 1 || versions[privatePrompt] != 2 || len(versions) != 2 {
		t.Errorf("exported %q with the versions %v", export.Account.Handle, versions)
	}
}

// TestBrokenExport ends the connection of an export that fails on its way: half of
// it must not look like all of it.
func TestBrokenExport(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	f.exportFails = errDown
	server := httptest.NewServer(newHandler(t, f))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1/me/export", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer maria")
	answer, err := server.Client().Do(r)
	if err != nil {
		return // it broke before the status came
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err == nil || strings.Contains(string(body), "secret") {
		t.Errorf("status %d, error %v: %s", answer.StatusCode, err, body)
	}
}

func TestModeration(t *testing.T) {
	t.Parallel()
	moderate := func(name, as, path, body string, status int, want ...string) scenario {
		return scenario{name: name, as: as, method: "POST", path: path + "/moderation", body: body, status: status, want: want}
	}
	const takeDown = `{"action":"unpublish","reason":"It holds a password."}`
	run(t, []scenario{
		moderate("taken down", "mod", publicPath, takeDown, 200, `"visibility":"private"`, `"held":{"at":"2026`, `"reason":"It holds a password."`),
		moderate("no reason", "mod", publicPath, `{"action":"unpublish"}`, 422, `"pointer":"/reason"`),
		moderate("no action", "mod", publicPath, `{"reason":"x"}`, 422, `"pointer":"/action"`),
		moderate("unknown action", "mod", publicPath, `{"action":"burn","reason":"x"}`, 422, `"pointer":"/action"`),
		moderate("of another kind", "mod", "/v1/rules/"+publicPrompt, takeDown, 404),
		moderate("by its owner", "maria", publicPath, takeDown, 403),
		moderate("by nobody", "", publicPath, takeDown, 401),
		{name: "what is not held says nothing of it", method: "GET", path: publicPath, status: 200, wantNot: []string{"held"}},
		{name: "its owner sees why", state: held, as: "maria", method: "GET", path: privatePath, status: 200, want: []string{`"held":{"at":"2026-11-23T08:00:00.000Z","reason":"Why not."}`}},
		{name: "its owner sends it back as it was", state: held, as: "maria", method: "PUT", path: privatePath, headers: anyState, status: 200,
			body: `{"name":"A name","description":"A description.","content":"x","visibility":"private","held":{"reason":"None.","at":"2026-11-23T08:00:00Z"}}`, want: []string{"Why not."}},
		{name: "publishing it", state: func(f *fake) { f.fails = promptz.Errorf(promptz.CodeHeld, "A moderator took this down.") }, as: "maria", method: "PATCH", path: privatePath, headers: anyState, body: `{"visibility":"public"}`, status: 409, want: []string{`"code":"held"`, `"type":"/problems/held"`}},
	})
}

// held lets a moderator have taken maria's private prompt down.
func held(f *fake) {
	f.items[privatePrompt].Held = &promptz.Hold{Reason: "Why not.", At: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
}
