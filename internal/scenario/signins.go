package scenario

import (
	"net/http"
	"slices"
	"strings"
)

var signIns = []scenario{
	{name: "sign-in/keys are made, shown once, and revoked", run: ownKeys},
	{name: "sign-in/a key's creation happens once", run: keyOnce},
	{name: "sign-in/sessions are listed and ended", run: ownSessions},
	{name: "sign-in/an export holds everything", run: exportAccount},
}

type apiKey struct {
	ID, Name, Key, Last4 string
	Scopes               []string
}

func ownKeys(w *world) {
	maria := w.signIn("maria")
	wanted := body{"name": "laptop", "scopes": []string{"read"}}
	made := maria.want(http.StatusCreated, http.MethodPost, "/v1/me/keys", wanted)
	key := read[apiKey](made)
	made.wantHeader("Location", "/v1/me/keys/"+key.ID)
	if key.Name != "laptop" || !slices.Equal(key.Scopes, []string{"read"}) || !strings.HasSuffix(key.Key, key.Last4) {
		w.Errorf("it is %s", made.body)
	}
	if listed := maria.get("/v1/me/keys"); !listed.has(key.ID) || listed.has(key.Key) {
		w.Errorf("her keys are %s", listed.body)
	}
	mine := w.as(maria.handle, key.Key)
	mine.get("/v1/me")
	mine.refused("forbidden", http.MethodPost, "/v1/prompts", w.draft("Read only"))
	for pointer, bad := range map[string]body{
		"/name": wanted.with("name", ""), "/scopes": wanted.with("scopes", []string{}), "/scopes/0": wanted.with("scopes", []string{"admin"}),
		"/bogus": wanted.with("bogus", 1),
	} {
		maria.refused("not_valid", http.MethodPost, "/v1/me/keys", bad).wantField(pointer)
	}
	otto := w.signIn("otto")
	otto.hidden(http.MethodDelete, "/v1/me/keys/"+key.ID, nil)
	maria.want(http.StatusNoContent, http.MethodDelete, "/v1/me/keys/"+key.ID, nil)
	w.within(revokedLate, "the key is refused", func() bool { return mine.send(http.MethodGet, "/v1/me", nil).status == http.StatusUnauthorized })
	maria.hidden(http.MethodDelete, "/v1/me/keys/"+key.ID, nil)
}

func keyOnce(w *world) {
	maria := w.signIn("maria")
	wanted, once := body{"name": "laptop", "scopes": []string{"read"}}, w.unique("key")
	made := maria.want(http.StatusCreated, http.MethodPost, "/v1/me/keys", wanted, "Idempotency-Key", once)
	again := maria.refused("conflict", http.MethodPost, "/v1/me/keys", wanted, "Idempotency-Key", once)
	again.wantHeader("Location", made.header.Get("Location"))
	if again.has(read[apiKey](made).Key) {
		w.Error("the key is shown again")
	}
	if keys := read[struct{ Items []apiKey }](maria.get("/v1/me/keys")); len(keys.Items) != 1 {
		w.Errorf("%d keys were made", len(keys.Items))
	}
}

func ownSessions(w *world) {
	maria := w.signIn("maria")
	sessions := read[struct {
		Items []struct {
			ID      string
			Current bool
		}
	}](maria.get("/v1/me/sessions")).Items
	if len(sessions) != 1 || !sessions[0].Current {
		w.Fatalf("she is signed in at %+v", sessions)
	}
	otto := w.signIn("otto")
	otto.hidden(http.MethodDelete, "/v1/me/sessions/"+sessions[0].ID, nil)
	maria.want(http.StatusNoContent, http.MethodDelete, "/v1/me/sessions/"+sessions[0].ID, nil)
	w.within(revokedLate, "her token is refused", func() bool { return maria.send(http.MethodGet, "/v1/me", nil).status == http.StatusUnauthorized })
	otto.want(http.StatusNoContent, http.MethodDelete, "/v1/me/sessions", nil)
	w.within(revokedLate, "his token is refused", func() bool { return otto.send(http.MethodGet, "/v1/me", nil).status == http.StatusUnauthorized })
}

func exportAccount(w *world) {
	maria := w.signIn("maria")
	draft := maria.edit(maria.create(w.draft("Draft").with("content", "First text.")), body{"content": "Second text."})
	shown := maria.create(w.public("Shown"))
	key := read[apiKey](maria.want(http.StatusCreated, http.MethodPost, "/v1/me/keys", body{"name": "laptop", "scopes": []string{"read"}}))
	a := maria.get("/v1/me/export")
	a.wantHeader("Content-Disposition", `attachment; filename="promptz-account.json"`)
	a.wantHeader("Content-Security-Policy", "default-src 'none'; sandbox")
	all := read[struct {
		Account  account
		Sessions []struct{ ID string }
		Keys     []apiKey
		Items    []struct {
			Item     item
			Versions []version
		}
	}](a)
	if all.Account.Handle != maria.handle || !strings.HasSuffix(all.Account.Email, "@example.com") || len(all.Sessions) != 1 || len(all.Keys) != 1 || a.has(key.Key) {
		w.Errorf("it holds %s", a.body)
	}
	texts := map[string]int{}
	for _, entry := range all.Items {
		texts[entry.Item.ID] = len(entry.Versions)
	}
	if len(texts) != 2 || texts[draft.ID] != 2 || texts[shown.ID] != 1 || !a.has("First text.") || !a.has("Second text.") {
		w.Errorf("it holds the items and versions %v\n%s", texts, a.body)
	}
}

func eraseAccount(w *world) {
	maria, otto := w.signIn("maria"), w.user("otto")
	draft, shown := maria.create(w.draft("Draft")), maria.create(w.public("Shown"))
	otto.get("/v1/users/" + maria.handle)
	maria.want(http.StatusNoContent, http.MethodDelete, "/v1/me", nil)
	w.within(revokedLate, "her token is refused", func() bool { return maria.send(http.MethodGet, "/v1/me", nil).status == http.StatusUnauthorized })
	w.soon("there is no such user", func() bool { return !w.anybody.sees("/v1/users/" + maria.handle) })
	otto.hidden(http.MethodGet, draft.path, nil)
	w.within(erasedLate, "what was public is nobody's", func() bool {
		owner := otto.reread(shown).Owner
		return owner.Handle == "" && owner.DisplayName == "deleted user"
	})
	// Another process may answer, which learns it for itself.
	w.within(erasedLate, "its version names her no more", func() bool { return !otto.get(shown.path + "/versions/1").has(maria.handle) })
}

func eraseWithItems(w *world) {
	maria, otto := w.signIn("maria"), w.user("otto")
	shown := maria.create(w.public("Shown"))
	otto.get(shown.path)
	maria.refused("unreadable", http.MethodDelete, "/v1/me?publicItems=some", nil)
	maria.want(http.StatusNoContent, http.MethodDelete, "/v1/me?publicItems=delete", nil)
	w.within(erasedLate, "what was public is gone", func() bool { return !otto.sees(shown.path) })
}
