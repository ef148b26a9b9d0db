package scenario

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
)

var conditions = []scenario{
	{name: "conditions/tags name revision and representation", run: tagForm},
	{name: "conditions/what the caller has is not sent", run: ifNoneMatch},
	{name: "conditions/a compressed answer has a tag of its own", run: compressedTag},
	{name: "conditions/a star makes no edit fail and no copy look fresh", run: starAndTag},
	{name: "conditions/the revision alone is compared", run: ifMatchRevision},
	{name: "conditions/a stale state is told the current one", run: staleState},
	{name: "conditions/a change has to say what it is based on", run: ifMatchRequired},
	{name: "conditions/one of many that change the same state wins", run: changeAtOnce},
	{name: "conditions/a list's tag changes with the list", run: listTag},
}

var tagPattern = regexp.MustCompile(`^"([1-9][0-9]*)\.[0-9a-f]{16}"$`)

func tagForm(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Tags"))
	markdown := maria.get(it.path, "Accept", "text/markdown").tag()
	for _, tag := range []string{it.tag, markdown} {
		if !tagPattern.MatchString(tag) {
			w.Errorf("a tag is %s", tag)
		}
	}
	if markdown == it.tag {
		w.Errorf("both representations are called %s", it.tag)
	}
	next := maria.edit(it, body{"howto": "x"})
	if tagPattern.FindStringSubmatch(next.tag)[1] == tagPattern.FindStringSubmatch(it.tag)[1] {
		w.Errorf("a change makes %s of %s", next.tag, it.tag)
	}
}

func ifNoneMatch(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("None match"))
	markdown := maria.get(it.path, "Accept", "text/markdown").tag()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		for _, known := range []string{it.tag, "W/" + it.tag, `"x", ` + it.tag, "*"} {
			a := maria.want(http.StatusNotModified, method, it.path, nil, "If-None-Match", known)
			a.wantHeader("ETag", it.tag)
			a.wantHeader("Cache-Control", cachePrivate)
			a.wantHeader("Vary", varies)
		}
		for _, other := range []string{markdown, `"1.x"`, "x", `"x", y`} {
			maria.want(http.StatusOK, method, it.path, nil, "If-None-Match", other).wantHeader("ETag", it.tag)
		}
	}
	for _, path := range []string{"/v1/me", "/v1/me/items", "/v1/users/" + maria.handle, it.path + "/versions", it.path + "/stats", it.path + "/download"} {
		tag := maria.get(path).tag()
		maria.want(http.StatusNotModified, http.MethodGet, path, nil, "If-None-Match", tag).wantHeader("ETag", tag)
	}
}

func compressedTag(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Compressed").with("content", strings.Repeat("All work and no play. ", 200)))
	a := maria.get(it.path, "Accept-Encoding", "gzip")
	a.wantHeader("Content-Encoding", "gzip")
	tag := strings.TrimSuffix(it.tag, `"`) + `-gz"`
	a.wantHeader("ETag", tag)
	if whole, err := a.text(); err != nil || len(a.body) >= len(it.Content) || !bytes.Equal(whole, maria.get(it.path).body) {
		w.Errorf("%d bytes were compressed to %d, %v:\n%s", len(it.Content), len(a.body), err, whole)
	}
	maria.want(http.StatusNotModified, http.MethodGet, it.path, nil, "Accept-Encoding", "gzip", "If-None-Match", tag).wantHeader("ETag", tag)
	maria.want(http.StatusOK, http.MethodPatch, it.path, body{"howto": "x"}, "If-Match", tag)
	small := maria.create(w.public("Small"))
	maria.get(small.path, "Accept-Encoding", "gzip").wantHeader("Content-Encoding", "")
	maria.get(it.path).wantHeader("Content-Encoding", "")
}

func starAndTag(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Starred"))
	otto.want(http.StatusOK, http.MethodPut, it.path+"/star", nil)
	now := itemOf(maria.want(http.StatusOK, http.MethodGet, it.path, nil, "If-None-Match", it.tag))
	if now.Stats.Stars != 1 || now.tag == it.tag || tagPattern.FindStringSubmatch(now.tag)[1] != tagPattern.FindStringSubmatch(it.tag)[1] {
		w.Errorf("with %d stars, %s was %s", now.Stats.Stars, now.tag, it.tag)
	}
	maria.edit(it, body{"howto": "on the old tag"})
}

func ifMatchRevision(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Revision"))
	revision := tagPattern.FindStringSubmatch(it.tag)[1]
	for match, code := range map[string]string{
		`"` + revision + `.whatever"`:               "",
		`"` + revision + `.whatever-gz"`:            "",
		`"77.a", "` + revision + `.b"`:              "",
		`*`:                                         "",
		`W/"` + revision + `.a"`:                    "stale",
		`W/"77.a", "` + revision + `.b"`:            "",
		`"` + revision + `1.a"`:                     "stale",
		`"` + revision + `"`:                        "stale",
		revision + `.a`:                             "unreadable",
		`"` + revision + `.a`:                       "unreadable",
		`"` + revision + `.a" "` + revision + `.b"`: "unreadable",
	} {
		if code == "" {
			maria.want(http.StatusOK, http.MethodPatch, it.path, body{}, "If-Match", match)
		} else {
			maria.refused(code, http.MethodPatch, it.path, body{}, "If-Match", match)
		}
	}
}

func staleState(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Stale"))
	now := maria.edit(it, body{"content": "Newer."})
	for _, change := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPut, it.path, w.public("Stale")},
		{http.MethodPatch, it.path, body{"howto": "x"}},
		{http.MethodDelete, it.path, nil},
		{http.MethodPost, it.path + "/versions/1/restore", nil},
	} {
		maria.refused("stale", change.method, change.path, change.body, "If-Match", it.tag).wantHeader("ETag", now.tag)
	}
	if maria.reread(it).tag != now.tag {
		w.Error("a change on a stale state was made")
	}
	me := maria.get("/v1/me")
	maria.want(http.StatusOK, http.MethodPatch, "/v1/me", body{"bio": "x"}, "If-Match", me.tag())
	current := maria.get("/v1/me").tag()
	maria.refused("stale", http.MethodPatch, "/v1/me", body{"bio": "y"}, "If-Match", me.tag()).wantHeader("ETag", current)
}

func ifMatchRequired(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Required"))
	maria.refused("precondition_required", http.MethodPut, it.path, w.public("Required"))
	maria.refused("precondition_required", http.MethodPatch, it.path, body{"howto": "x"})
	maria.refused("precondition_required", http.MethodDelete, it.path, nil)
	maria.refused("precondition_required", http.MethodPost, it.path+"/versions/1/restore", nil)
	maria.refused("precondition_required", http.MethodPatch, "/v1/me", body{"bio": "x"})
	if maria.reread(it).tag != it.tag {
		w.Error("a change without If-Match was made")
	}
}

func changeAtOnce(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("At once"))
	var won, lost atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			a := maria.send(http.MethodPatch, it.path, body{"content": strings.Repeat("x", i+1)}, "If-Match", it.tag)
			switch a.status {
			case http.StatusOK:
				won.Add(1)
			case http.StatusPreconditionFailed:
				lost.Add(1)
			default:
				w.Errorf("status %d\n%s", a.status, a.body)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || lost.Load() != 7 {
		w.Errorf("%d were made and %d refused", won.Load(), lost.Load())
	}
	if now := maria.reread(it); now.Version != 2 {
		w.Errorf("it has %d versions", now.Version)
	}
}

func listTag(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Listed"))
	path := "/v1/users/" + maria.handle + "/items"
	w.soon("it is listed", func() bool { return maria.lists(path, it) })
	tag := maria.get(path).tag()
	maria.want(http.StatusNotModified, http.MethodGet, path, nil, "If-None-Match", tag)
	otto.want(http.StatusOK, http.MethodPut, it.path+"/star", nil)
	w.soon("the list shows the star", func() bool {
		a := maria.send(http.MethodGet, path, nil, "If-None-Match", tag)
		return a.status == http.StatusOK && a.tag() != tag && a.has(`"stars":1`)
	})
}
