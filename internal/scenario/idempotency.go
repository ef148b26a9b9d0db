package scenario

import (
	"net/http"
	"strings"
	"sync"
)

var idempotencies = []scenario{
	{name: "idempotency/a repeat makes nothing twice", run: createOnce},
	{name: "idempotency/a repeat shows the thing as it is now", run: repeatShowsNow},
	{name: "idempotency/many at once make one", run: createAtOnce},
	{name: "idempotency/another body is not valid", run: otherBody},
	{name: "idempotency/a key is its caller's own", run: keyIsCallers},
	{name: "idempotency/of a restoration", run: restoreOnce},
	{name: "idempotency/malformed keys", run: malformedKeys},
}

func createOnce(w *world) {
	maria := w.user("maria")
	b, key := w.draft("Once"), w.unique("key")
	first := maria.want(http.StatusCreated, http.MethodPost, "/v1/prompts", b, "Idempotency-Key", key)
	first.wantHeader("Idempotency-Replayed", "")
	for range 2 {
		again := maria.want(http.StatusCreated, http.MethodPost, "/v1/prompts", b, "Idempotency-Key", key)
		again.wantHeader("Idempotency-Replayed", "true")
		again.wantHeader("Location", first.header.Get("Location"))
		if again.tag() != first.tag() || string(again.body) != string(first.body) {
			w.Errorf("made\n%s\nagain\n%s", first.body, again.body)
		}
	}
	if all := maria.entries("/v1/me/items"); len(all) != 1 {
		w.Errorf("%d were made", len(all))
	}
}

func repeatShowsNow(w *world) {
	maria := w.user("maria")
	b, key := w.draft("Once"), w.unique("key")
	it := maria.create(b, "Idempotency-Key", key)
	edited := maria.edit(it, body{"content": "Edited since."})
	if again := maria.create(b, "Idempotency-Key", key); again.Content != "Edited since." || again.tag != edited.tag {
		w.Errorf("the repeat shows %+v", again)
	}
	maria.remove(it)
	maria.refused("conflict", http.MethodPost, "/v1/prompts", b, "Idempotency-Key", key)
}

func createAtOnce(w *world) {
	maria := w.user("maria")
	b, key := w.draft("Once"), w.unique("key")
	made := make([]string, 8)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			a := maria.send(http.MethodPost, "/v1/prompts", b, "Idempotency-Key", key)
			if a.status != http.StatusCreated {
				w.Errorf("status %d\n%s", a.status, a.body)
			}
			made[i] = a.header.Get("Location")
		})
	}
	all.Wait()
	for _, location := range made {
		if location != made[0] {
			w.Errorf("they made %q", made)
		}
	}
	if all := maria.entries("/v1/me/items"); len(all) != 1 {
		w.Errorf("%d were made", len(all))
	}
}

func otherBody(w *world) {
	maria := w.user("maria")
	b, key := w.draft("Once"), w.unique("key")
	maria.create(b, "Idempotency-Key", key)
	maria.refused("not_valid", http.MethodPost, "/v1/prompts", b.with("howto", "x"), "Idempotency-Key", key)
	maria.refused("not_valid", http.MethodPost, "/v1/rules", b, "Idempotency-Key", key)
	if all := maria.entries("/v1/me/items"); len(all) != 1 {
		w.Errorf("%d were made", len(all))
	}
}

func keyIsCallers(w *world) {
	b, key := w.draft("Once"), w.unique("key")
	hers := w.user("maria").create(b, "Idempotency-Key", key)
	his := w.user("otto").create(b, "Idempotency-Key", key)
	if hers.ID == his.ID || hers.Owner.Handle == his.Owner.Handle {
		w.Errorf("both made %s", hers.ID)
	}
}

func restoreOnce(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Once"))
	second := maria.edit(it, body{"content": "Two."})
	path, key := it.path+"/versions/1/restore", w.unique("key")
	first := itemOf(maria.want(http.StatusOK, http.MethodPost, path, nil, "If-Match", second.tag, "Idempotency-Key", key))
	again := maria.want(http.StatusOK, http.MethodPost, path, nil, "If-Match", second.tag, "Idempotency-Key", key)
	again.wantHeader("Idempotency-Replayed", "true")
	if got := itemOf(again); got.Version != 3 || got.tag != first.tag {
		w.Errorf("the repeat makes version %d", got.Version)
	}
}

func malformedKeys(w *world) {
	maria := w.user("maria")
	maria.create(w.draft("Key"), "Idempotency-Key", w.unique("k")+strings.Repeat("k", 255-20))
	for _, key := range []string{strings.Repeat("k", 256), "two words", "schlüssel"} {
		maria.refused("unreadable", http.MethodPost, "/v1/prompts", w.draft("Key"), "Idempotency-Key", key)
	}
}
