package scenario

import (
	"net/http"
	"strings"
)

var accounts = []scenario{
	{name: "accounts/oneself and what others see", run: readAccount},
	{name: "accounts/profiles are edited and shown", run: editProfile},
	{name: "accounts/an old handle leads to the new one", run: renameUser},
	{name: "accounts/handles that are taken or none", run: badHandles},
	{name: "accounts/a key can't do what a sign-in can", run: keyIsNoSignIn},
}

func readAccount(w *world) {
	maria := w.user("maria")
	me := read[account](maria.get("/v1/me"))
	if me.Handle != maria.handle || me.Role != RoleUser || me.CreatedAt == "" {
		w.Errorf("she is %+v", me)
	}
	for _, handle := range []string{maria.handle, strings.ToUpper(maria.handle)} {
		a := w.anybody.get("/v1/users/" + handle)
		a.wantHeader("Content-Location", "")
		if got := read[account](a); got.Handle != maria.handle || got.CreatedAt != me.CreatedAt || a.has("email") || a.has("role") {
			w.Errorf("anybody sees %s", a.body)
		}
	}
	w.anybody.hidden(http.MethodGet, "/v1/users/"+w.unique("no"), nil)
}

func editProfile(w *world) {
	maria := w.user("maria")
	me := maria.get("/v1/me")
	a := maria.want(http.StatusOK, http.MethodPatch, "/v1/me", body{"displayName": "  María ", "bio": "Likes\nlines."}, "If-Match", me.tag())
	if got := read[account](a); got.DisplayName != "María" || got.Bio != "Likes\nlines." || got.Handle != maria.handle || a.tag() == me.tag() {
		w.Errorf("she is %s", a.body)
	}
	w.soon("her page shows it", func() bool { return read[account](w.anybody.get("/v1/users/"+maria.handle)).Bio == "Likes\nlines." })
	a = maria.want(http.StatusOK, http.MethodPatch, "/v1/me", body{"displayName": nil}, "If-Match", a.tag())
	if got := read[account](a); got.DisplayName != "" || got.Bio == "" {
		w.Errorf("emptied, she is %s", a.body)
	}
	same := maria.want(http.StatusOK, http.MethodPatch, "/v1/me", body{}, "If-Match", a.tag())
	same.wantHeader("ETag", a.tag())
	for pointer, changes := range map[string]body{
		"/displayName": {"displayName": strings.Repeat("x", 81)}, "/bio": {"bio": strings.Repeat("x", 501)},
		"/handle": {"handle": nil}, "/role": {"role": "admin"}, "/email": {"email": "x@example.com"}, "/Bio": {"Bio": "x"},
	} {
		maria.refused("not_valid", http.MethodPatch, "/v1/me", changes, "If-Match", "*").wantField(pointer)
	}
}

func renameUser(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Hers"))
	next := w.unique("marie")
	me := read[account](maria.want(http.StatusOK, http.MethodPatch, "/v1/me", body{"handle": next}, "If-Match", "*"))
	if me.Handle != next || me.Provisional {
		w.Errorf("she is %+v", me)
	}
	w.soon("her old handle leads to her", func() bool {
		a := w.anybody.send(http.MethodGet, "/v1/users/"+maria.handle, nil)
		return a.status == http.StatusOK && a.header.Get("Content-Location") == "/v1/users/"+next && read[account](a).Handle == next
	})
	w.soon("her items are hers under both", func() bool {
		return w.anybody.lists("/v1/users/"+next+"/items", it) && w.anybody.lists("/v1/users/"+maria.handle+"/items", it)
	})
	maria.refused("conflict", http.MethodPatch, "/v1/me", body{"handle": w.unique("mary")}, "If-Match", "*")
	otto := w.user("otto")
	otto.refused("conflict", http.MethodPatch, "/v1/me", body{"handle": maria.handle}, "If-Match", "*")
}

func showProfile(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Hers"))
	maria.want(http.StatusOK, http.MethodPatch, "/v1/me", body{"displayName": "María", "handle": w.unique("marie")}, "If-Match", "*")
	now := read[account](maria.get("/v1/me")).Handle
	w.within(profilesLate, "her items show who she is now", func() bool {
		v, owner := otto.version(it, 1), otto.reread(it).Owner
		return owner == profile{now, "María"} && v.Author == owner && otto.entries("/v1/users/" + now + "/items")[0].Owner == owner
	})
}

func badHandles(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	for _, handle := range []string{"ab", strings.Repeat("x", 21), "_maria", "ma ria", "märia", "admin", "Deleted-User"} {
		otto.refused("not_valid", http.MethodPatch, "/v1/me", body{"handle": handle}, "If-Match", "*").wantField("/handle")
	}
	otto.refused("conflict", http.MethodPatch, "/v1/me", body{"handle": strings.ToUpper(maria.handle)}, "If-Match", "*")
	if got := read[account](otto.get("/v1/me")).Handle; got != otto.handle {
		w.Errorf("he is %s", got)
	}
}

func keyIsNoSignIn(w *world) {
	maria := w.user("maria")
	listed := maria.get("/v1/me/keys")
	keys := read[struct{ Items []apiKey }](listed)
	if len(keys.Items) != 1 || listed.has(maria.token) || listed.has(`"key"`) || !strings.HasSuffix(maria.token, keys.Items[0].Last4) {
		w.Fatalf("her keys are %s", listed.body)
	}
	for _, asked := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPost, "/v1/me/keys", body{"name": "another", "scopes": []string{"read"}}},
		{http.MethodDelete, "/v1/me/keys/" + keys.Items[0].ID, nil},
		{http.MethodDelete, "/v1/me/sessions", nil},
		{http.MethodDelete, "/v1/me/sessions/zzzzzzzzzzzz", nil},
		{http.MethodGet, "/v1/me/export", nil},
		{http.MethodPost, "/v1/me/address", body{"email": w.unique("new") + "@example.com"}},
		{http.MethodDelete, "/v1/me", nil},
	} {
		maria.refused("forbidden", asked.method, asked.path, asked.body)
	}
	maria.get("/v1/me")
}
