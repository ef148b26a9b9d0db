package api_test

import (
	"testing"

	"promptz/internal/promptz"
)

// history gives the public prompt three versions, of which the second was only
// ever in a draft, and the first is erased.
func history(f *fake) {
	item := f.items[publicPrompt]
	f.save(item, promptz.Draft{Text: promptz.Text{Name: "Draft name", Description: "A description.", Content: "two"}, Visibility: promptz.VisibilityPrivate, Note: "a draft"})
	f.save(item, promptz.Draft{Text: promptz.Text{Name: "Third name", Description: "A description.", Content: "three"}, Visibility: promptz.VisibilityPublic, Note: "the third"})
	f.versions[publicPrompt][0].Text, f.versions[publicPrompt][0].Erased = promptz.Text{}, true
}

func TestVersions(t *testing.T) {
	t.Parallel()
	const versions = publicPath + "/versions"
	get := func(name, as, path string, status int, want ...string) scenario {
		return scenario{name: name, as: as, method: "GET", path: path, state: history, status: status, want: want}
	}
	run(t, []scenario{
		{
			name: "seen by others", state: history, method: "GET", path: versions, status: 200,
			want:    []string{`"number":3`, `"number":1`, `"erased":true`, `"shown":true`, `"note":"the third"`, `"author":{"displayName":"Maria","handle":"Maria"}`},
			wantNot: []string{`"number":2`, `"content"`, "next"},
		},
		get("seen by the owner", "maria", versions, 200, `"number":2`, `"shown":false`),
		get("of a draft", "", privatePath+"/versions", 404),
		get("of nothing", "", "/v1/prompts/zzz000000001/versions", 404),
		get("of no id", "", "/v1/prompts/x/versions", 404),
		get("bad cursor", "", versions+"?cursor=AAAA", 400),
		get("sort", "", versions+"?sort=newest", 400),
		get("one", "", versions+"/3", 200, `"content":"three"`, `"name":"Third name"`),
		{name: "erased", state: history, method: "GET", path: versions + "/1", status: 200, want: []string{`"erased":true`, `"digest":"sha256:`}, wantNot: []string{`"name"`, `"content"`, `"tags"`}},
		get("only in a draft", "", versions+"/2", 404),
		get("only in a draft, owner", "maria", versions+"/2", 200, `"content":"two"`),
		get("not there", "", versions+"/4", 404),
		get("zero", "", versions+"/0", 404),
		get("negative", "", versions+"/-1", 404),
		get("no number", "", versions+"/one", 404),
		get("beyond numbers", "", versions+"/99999999999999999999", 404),
	})
}

func TestEraseVersion(t *testing.T) {
	t.Parallel()
	const versions = publicPath + "/versions"
	erase := func(name, as, path string, status int) scenario {
		return scenario{name: name, as: as, method: "DELETE", path: path, state: history, status: status}
	}
	run(t, []scenario{
		erase("erased", "maria", versions+"/2", 204),
		erase("by a moderator", "mod", versions+"/1", 204),
		erase("current", "maria", versions+"/3", 409),
		erase("nobody", "", versions+"/1", 401),
		erase("not yours", "bob", versions+"/1", 403),
		erase("invisible", "bob", privatePath+"/versions/1", 404),
		erase("not there", "maria", versions+"/9", 404),
		erase("no number", "maria", versions+"/x", 404),
	})
}

func TestRestoreVersion(t *testing.T) {
	t.Parallel()
	const versions = publicPath + "/versions"
	restore := func(name, as, path, body string, status int, want ...string) scenario {
		return scenario{name: name, as: as, method: "POST", path: path + "/restore", headers: anyState, body: body, state: history, status: status, want: want}
	}
	run(t, []scenario{
		restore("without a note", "maria", versions+"/2", "", 200, `"version":4`, `"content":"two"`, `"note":""`),
		restore("with a note", "maria", versions+"/2", `{"note":"back"}`, 200, `"note":"back"`),
		restore("empty object", "maria", versions+"/2", `{}`, 200),
		restore("null", "maria", versions+"/2", `null`, 400),
		restore("null as the note", "maria", versions+"/2", `{"note":null}`, 422, `"pointer":"/note"`),
		restore("unknown member", "maria", versions+"/2", `{"text":"x"}`, 422),
		restore("erased", "maria", versions+"/1", "", 409),
		restore("not there", "maria", versions+"/9", "", 404),
		restore("nobody", "", versions+"/2", "", 401),
		restore("not yours", "bob", versions+"/3", "", 403),
		restore("invisible", "bob", privatePath+"/versions/1", "", 404),
		{name: "no precondition", as: "maria", method: "POST", path: versions + "/2/restore", state: history, status: 428},
		{name: "stale", as: "maria", method: "POST", path: versions + "/2/restore", headers: headers("If-Match", `"1.x"`), state: history, status: 412},
		{name: "type of nothing", as: "maria", method: "POST", path: versions + "/2/restore", headers: headers("If-Match", `*`, "Content-Type", "text/plain"), state: history, status: 200},
		{name: "wrong type", as: "maria", method: "POST", path: versions + "/2/restore", headers: headers("If-Match", `*`, "Content-Type", "text/plain"), body: "{}", state: history, status: 415},
	})
}

func TestRestoreOnce(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	history(f)
	h := newHandler(t, f)
	first := scenario{as: "maria", method: "POST", path: publicPath + "/versions/2/restore", headers: headers("If-Match", `"3.x"`, "Idempotency-Key", "k"), status: 200, want: []string{`"version":4`}}
	first.wantHeaders = headers("Idempotency-Replayed", "")
	first.check(t, f, do(t, h, first.request()))
	// Its If-Match is stale by now, and does not count.
	first.wantHeaders = headers("Idempotency-Replayed", "true")
	first.check(t, f, do(t, h, first.request()))
}
