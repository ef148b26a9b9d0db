package scenario

import (
	"net/http"
	"strings"
)

var moderations = []scenario{
	{name: "moderation/what is taken down is held until it is released", run: takeDown},
	{name: "moderation/by moderators alone", run: moderatorsAlone},
	{name: "moderation/wants an action and a reason", run: badModeration},
	{name: "moderation/a moderator erases a version", run: moderatorErases},
}

func takeDown(w *world) {
	maria, otto, moderator := w.user("maria"), w.user("otto"), w.moderator()
	it := maria.create(w.public("Password"))
	path := it.path + "/moderation"
	down := itemOf(moderator.want(http.StatusOK, http.MethodPost, path, body{"action": "unpublish", "reason": "It holds a password."}))
	if down.Visibility != "private" || down.Held == nil || down.Held.Reason != "It holds a password." || down.Version != 1 {
		w.Errorf("taken down, it is %+v", down)
	}
	otto.hidden(http.MethodGet, it.path, nil)
	w.soon("it is gone for anybody", func() bool { return !w.anybody.sees(it.path) })
	hers := maria.reread(it)
	if hers.Held == nil || hers.Held.Reason != "It holds a password." || strings.Contains(string(maria.get(it.path).body), moderator.handle) {
		w.Errorf("she sees %+v", hers)
	}
	moderator.get(it.path)
	maria.refused("held", http.MethodPatch, it.path, body{"visibility": "public"}, "If-Match", "*")
	hers = maria.edit(hers, body{"content": "Without it."})
	if hers.Version != 2 || hers.Held == nil {
		w.Errorf("corrected, it is %+v", hers)
	}
	moderator.want(http.StatusOK, http.MethodPost, path, body{"action": "unpublish", "reason": "Again."})
	released := itemOf(moderator.want(http.StatusOK, http.MethodPost, path, body{"action": "release"}))
	if released.Held != nil || released.Visibility != "private" {
		w.Errorf("released, it is %+v", released)
	}
	moderator.hidden(http.MethodGet, it.path, nil)
	otto.hidden(http.MethodGet, it.path, nil)
	if now := maria.edit(maria.reread(it), body{"visibility": "public"}); now.Held != nil {
		w.Errorf("published again, it is %+v", now)
	}
	otto.get(it.path)
}

func moderatorsAlone(w *world) {
	maria, otto, moderator := w.user("maria"), w.user("otto"), w.moderator()
	shown, draft := maria.create(w.public("Shown")), maria.create(w.draft("Draft"))
	down := body{"action": "unpublish", "reason": "Because."}
	otto.refused("forbidden", http.MethodPost, shown.path+"/moderation", down)
	maria.refused("forbidden", http.MethodPost, shown.path+"/moderation", down)
	w.anybody.refused("unauthenticated", http.MethodPost, shown.path+"/moderation", down)
	moderator.key("read", "write").refused("forbidden", http.MethodPost, shown.path+"/moderation", down)
	moderator.hidden(http.MethodPost, draft.path+"/moderation", down)
	moderator.hidden(http.MethodPost, "/v1/prompts/zzzzzzzzzzzz/moderation", down)
	moderator.refused("forbidden", http.MethodPatch, shown.path, body{"howto": "x"}, "If-Match", "*")
	moderator.refused("forbidden", http.MethodDelete, shown.path, nil, "If-Match", "*")
	if maria.reread(shown).Held != nil {
		w.Error("it is held")
	}
	w.admin().want(http.StatusOK, http.MethodPost, shown.path+"/moderation", down)
}

func badModeration(w *world) {
	moderator := w.moderator()
	path := w.user("maria").create(w.public("Shown")).path + "/moderation"
	for pointer, bad := range map[string]body{
		"/action": {"action": "burn", "reason": "x"}, "/reason": {"action": "unpublish"}, "/bogus": {"action": "release", "bogus": 1},
	} {
		moderator.refused("not_valid", http.MethodPost, path, bad).wantField(pointer)
	}
	moderator.refused("not_valid", http.MethodPost, path, body{"reason": "x"}).wantField("/action")
	moderator.refused("not_valid", http.MethodPost, path, body{"action": "unpublish", "reason": strings.Repeat("x", 501)}).wantField("/reason")
}

func moderatorErases(w *world) {
	maria, moderator := w.user("maria"), w.moderator()
	it := maria.create(w.public("Erase"))
	it = maria.edit(it, body{"content": "Two."})
	moderator.want(http.StatusNoContent, http.MethodDelete, it.path+"/versions/1", nil)
	if v := maria.version(it, 1); !v.Erased {
		w.Errorf("it is %+v", v)
	}
	maria.edit(it, body{"visibility": "private"})
	moderator.hidden(http.MethodDelete, it.path+"/versions/1", nil)
}
