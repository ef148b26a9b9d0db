package api_test

import (
	"strings"
	"testing"
)

func TestUsers(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{name: "profile", method: "GET", path: "/v1/users/maria", status: 200, want: []string{`"handle":"Maria"`, `"bio":""`, `"createdAt":"2026-11-23T08:00:00.000Z"`}, wantNot: []string{"role", "email", maria}, wantHeaders: headers("Content-Location", "")},
		{name: "former handle", method: "GET", path: "/v1/users/" + formerHandle, status: 200, wantHeaders: headers("Content-Location", "/v1/users/Maria")},
		{name: "unknown", method: "GET", path: "/v1/users/nobody", status: 404},
		{name: "no handle", method: "GET", path: "/v1/users/%2F", status: 404},
		{name: "me", as: "maria-read", method: "GET", path: "/v1/me", status: 200, want: []string{`"handle":"Maria"`, `"provisional":false`, `"role":"user"`}, wantHeaders: headers("Cache-Control", "private, no-store")},
		{name: "nobody", method: "GET", path: "/v1/me", status: 401, wantHeaders: headers("WWW-Authenticate", "Bearer")},
		{name: "me without the scope", as: "maria-public", method: "GET", path: "/v1/me", status: 403},
	})
}

func TestUpdateMe(t *testing.T) {
	t.Parallel()
	patch := func(name, body string, status int, want ...string) scenario {
		return scenario{name: name, as: "maria", method: "PATCH", path: "/v1/me", headers: anyState, body: body, status: status, want: want}
	}
	run(t, []scenario{
		patch("display name", `{"displayName":"Maria M"}`, 200, `"displayName":"Maria M"`, `"handle":"Maria"`),
		patch("handle", `{"handle":"maria2"}`, 200, `"handle":"maria2"`),
		patch("cleared", `{"displayName":null,"bio":null}`, 200, `"displayName":""`),
		patch("nothing", `{}`, 200),
		patch("handle cleared", `{"handle":null}`, 422, `"pointer":"/handle"`),
		patch("handle reserved", `{"handle":"admin"}`, 422, `"pointer":"/handle"`, `"code":"reserved"`),
		patch("handle taken", `{"handle":"BOB"}`, 409, `"code":"conflict"`),
		patch("role", `{"role":"admin"}`, 422, `"pointer":"/role"`, `"code":"unknown"`),
		patch("wrong type", `{"bio":[]}`, 422, `"pointer":"/bio"`),
		patch("null", `null`, 400),
		{name: "no precondition", as: "maria", method: "PATCH", path: "/v1/me", body: `{}`, status: 428},
		{name: "no precondition, not decodable", as: "maria", method: "PATCH", path: "/v1/me", body: `{"x":1}`, status: 422},
		{name: "plain JSON", as: "maria", method: "PATCH", path: "/v1/me", headers: headers("If-Match", "*", "Content-Type", "application/json"), body: `{}`, status: 415, wantHeaders: headers("Accept-Patch", "application/merge-patch+json")},
		{name: "without the scope", as: "maria-read", method: "PATCH", path: "/v1/me", body: `{`, status: 403},
		{name: "nobody", method: "PATCH", path: "/v1/me", body: `{`, status: 401},
	})
}

func TestStaleMe(t *testing.T) {
	t.Parallel()
	f := newFake()
	h := newHandler(t, f)
	tag := do(t, h, scenario{as: "maria", method: "GET", path: "/v1/me"}.request()).Header().Get("ETag")
	stale := scenario{as: "maria", method: "PATCH", path: "/v1/me", body: `{}`, headers: headers("If-Match", `"9.x"`), status: 412, wantHeaders: headers("ETag", tag)}
	stale.check(t, f, do(t, h, stale.request()))
	fresh := scenario{as: "maria", method: "PATCH", path: "/v1/me", body: `{"bio":"new"}`, headers: headers("If-Match", tag), status: 200, want: []string{`"bio":"new"`}}
	w := do(t, h, fresh.request())
	fresh.check(t, f, w)
	if now := w.Header().Get("ETag"); !strings.HasPrefix(now, `"2.`) {
		t.Errorf("ETag %s after a change of %s", now, tag)
	}
}
