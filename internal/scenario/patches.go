package scenario

import (
	"encoding/json"
	"net/http"
	"slices"
)

var patches = []scenario{
	{name: "patches/merge into what is there", run: mergePatch},
	{name: "patches/null empties what may be empty", run: patchNull},
	{name: "patches/settings are merged deep", run: patchSettings},
	{name: "patches/what changes nothing makes nothing", run: patchNothing},
	{name: "patches/are held to the rules of a replacement", run: patchRules},
}

func mergePatch(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Merge").with("tags", []string{"a", "b"}).with("howto", "x"))
	got := maria.edit(it, body{"tags": []string{"c"}})
	if !slices.Equal(got.Tags, []string{"c"}) || got.Howto != "x" || got.Content != it.Content || got.Name != it.Name {
		w.Errorf("it is %+v", got)
	}
}

func patchNull(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Null").with("tags", []string{"a"}).with("howto", "x").with("license", "MIT").with("sourceUrl", "https://example.com"))
	got := maria.edit(it, body{"tags": nil, "howto": nil, "license": nil, "sourceUrl": nil, "note": nil})
	if len(got.Tags) > 0 || got.Howto+got.License+got.SourceURL != "" {
		w.Errorf("it is %+v", got)
	}
	for _, required := range []string{"name", "description", "visibility", "content"} {
		maria.refused("not_valid", http.MethodPatch, it.path, body{required: nil}, "If-Match", "*").wantField("/" + required)
	}
}

func patchSettings(w *world) {
	maria := w.user("maria")
	settings := json.RawMessage(`{"tools":["read"],"mcpServers":{"a":{"n":12345678901234567890},"b":{}}}`)
	it := itemOf(maria.want(http.StatusCreated, http.MethodPost, "/v1/agents", w.draft("Agent").with("agent", settings)))
	got := maria.edit(it, body{"agent": json.RawMessage(`{"tools":null,"mcpServers":{"b":null,"c":{}}}`)})
	if want := `{"mcpServers":{"a":{"n":12345678901234567890},"c":{}}}`; string(got.Agent) != want {
		w.Errorf("merged, the settings are %s instead of %s", got.Agent, want)
	}
	if got = maria.edit(got, body{"agent": nil}); got.Agent != nil {
		w.Errorf("emptied, they are %s", got.Agent)
	}
}

func patchNothing(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Nothing").with("tags", []string{"a"}))
	for _, changes := range []body{{}, {"name": it.Name}, {"tags": []string{"a"}, "visibility": "private"}} {
		if got := maria.edit(it, changes); got.tag != it.tag || got.UpdatedAt != it.UpdatedAt || got.Version != 1 {
			w.Errorf("%v makes version %d, %s of %s", changes, got.Version, got.tag, it.tag)
		}
	}
}

func patchRules(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Rules"))
	for pointer, changes := range map[string]any{
		"/name":  body{"name": "x"},
		"/tags":  body{"tags": "Go"},
		"/bogus": body{"bogus": 1},
		"/Howto": body{"Howto": nil},
		"/id":    body{"id": "zzzzzzzzzzzz"},
		"/agent": body{"agent": body{"tools": []string{"read"}}},
	} {
		maria.refused("not_valid", http.MethodPatch, it.path, changes, "If-Match", "*").wantField(pointer)
	}
	maria.refused("not_valid", http.MethodPatch, it.path, raw(`[]`), "If-Match", "*")
	maria.refused("unreadable", http.MethodPatch, it.path, raw(`null`), "If-Match", "*")
	if got := maria.reread(it); got.tag != it.tag {
		w.Errorf("a refused patch made %s of %s", got.tag, it.tag)
	}
}
