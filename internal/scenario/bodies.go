package scenario

import (
	"net/http"
	"strings"
)

var bodies = []scenario{
	{name: "bodies/strict JSON or unreadable", run: strictJSON},
	{name: "bodies/faults are named by pointer", run: pointers},
	{name: "bodies/types that are not taken", run: wrongTypes},
	{name: "bodies/over the limit", run: tooLarge},
}

// valid is a body to spoil.
const valid = `"name":"A name","description":"A description.","content":"x"`

func strictJSON(w *world) {
	maria := w.user("maria")
	for _, text := range []raw{
		``, ` `, `{`, `{"name"}`, `{` + valid + `,}`, `{` + valid + `} {}`, `{` + valid + `}x`, `{` + valid + `,"name":"Twice"}`,
		`{` + valid + `,"howto":"` + "\xff" + `"}`, `{` + valid + `,"howto":"\ud800"}`, `{` + valid + `,"howto":"\u0000"}`,
		`{` + valid + `,"howto":"` + "\x00" + `"}`, `null`, `{'name':'x'}`, `{name:"x"}`, `{` + valid + `,"howto":NaN}`, "\ufeff{" + valid + "}",
		`{` + valid + `,"tags":["a",]}`, `{` + valid + `/* x */}`, `{` + valid + `,"agent":{"a":1,"a":2}}`,
	} {
		maria.refused("unreadable", http.MethodPost, "/v1/prompts", text)
	}
	maria.want(http.StatusCreated, http.MethodPost, "/v1/prompts", raw(" \n{"+valid+"} \t"))
	if made := maria.entries("/v1/me/items"); len(made) != 1 {
		w.Errorf("%d were made", len(made))
	}
}

func pointers(w *world) {
	maria := w.user("maria")
	for text, pointer := range map[raw]string{
		`{` + valid + `,"bogus":1}`:       "/bogus",
		`{` + valid + `,"Howto":"x"}`:     "/Howto",
		`{` + valid + `,"a/b~c":"x"}`:     "/a~1b~0c",
		`{` + valid + `,"howto":1}`:       "/howto",
		`{` + valid + `,"tags":"Go"}`:     "/tags",
		`{` + valid + `,"tags":["Go",1]}`: "/tags/1",
		`{` + valid + `,"howto":null}`:    "/howto",
		`{"name":"A name"}`:               "/description",
		`{` + valid + `,"agent":{"hooks":` + raw(strings.Repeat(`[`, 40)+strings.Repeat(`]`, 40)) + `}}`: "/agent/hooks" + strings.Repeat("/0", 30),
	} {
		maria.refused("not_valid", http.MethodPost, "/v1/agents", text).wantField(pointer)
	}
	for _, text := range []raw{`[]`, `"x"`, `1`, `true`} {
		maria.refused("not_valid", http.MethodPost, "/v1/prompts", text)
	}
}

func wrongTypes(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Types"))
	for _, contentType := range []string{"", "text/plain", "application/json; charset=latin1", "application/x-www-form-urlencoded", "application/merge-patch+json", "nonsense"} {
		maria.refused("unsupported", http.MethodPost, "/v1/prompts", w.draft("Types"), "Content-Type", contentType)
	}
	maria.want(http.StatusCreated, http.MethodPost, "/v1/prompts", w.draft("Types"), "Content-Type", `application/json; charset="UTF-8"`)
	maria.refused("unsupported", http.MethodPatch, it.path, body{}, "If-Match", "*", "Content-Type", "application/json").
		wantHeader("Accept-Patch", "application/merge-patch+json")
	maria.refused("unsupported", http.MethodPatch, "/v1/me", body{}, "If-Match", "*", "Content-Type", "application/json").
		wantHeader("Accept-Patch", "application/merge-patch+json")
	for _, coding := range []string{"gzip", "identity", "br"} {
		maria.refused("unsupported", http.MethodPost, "/v1/prompts", w.draft("Types"), "Content-Encoding", coding)
	}
}

func tooLarge(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Large"))
	item := raw(`{"content":"` + strings.Repeat("x", 4<<20) + `"}`)
	maria.refused("too_large", http.MethodPost, "/v1/prompts", item)
	maria.refused("too_large", http.MethodPut, it.path, item, "If-Match", "*")
	maria.refused("too_large", http.MethodPatch, it.path, item, "If-Match", "*")
	other := raw(`{"bio":"` + strings.Repeat("x", 64<<10) + `"}`)
	maria.refused("too_large", http.MethodPatch, "/v1/me", other, "If-Match", "*")
	maria.refused("too_large", http.MethodPost, it.path+"/versions/1/restore", other, "If-Match", "*")
}
