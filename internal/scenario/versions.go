package scenario

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

var versions = []scenario{
	{name: "versions/one for every text", run: versionPerText},
	{name: "versions/others see what was once shown", run: versionGaps},
	{name: "versions/none of what is private now", run: versionsOfPrivate},
	{name: "versions/never change", run: versionsStay},
	{name: "versions/page by page", run: versionPages},
	{name: "versions/restored", run: restoreVersion},
	{name: "versions/restored by nobody else", run: restoreForeign},
}

var erasures = []scenario{
	{name: "versions/erased leave number, digest and time", run: eraseVersion},
	{name: "versions/the current one can't be erased", run: eraseCurrent},
	{name: "versions/erased by nobody else", run: eraseForeign},
}

// numbers gives the numbers of an item's versions that the caller sees, in order.
func (c *caller) numbers(it item) []int {
	c.w.Helper()
	var numbers []int
	for path := it.path + "/versions"; path != ""; {
		page := read[versionList](c.get(path))
		for _, v := range page.Items {
			numbers = append(numbers, v.Number)
		}
		path = page.Next
	}
	return numbers
}

func (c *caller) version(it item, n int) version {
	c.w.Helper()
	return read[version](c.get(fmt.Sprintf("%s/versions/%d", it.path, n)))
}

func (c *caller) wantNumbers(it item, want ...int) {
	c.w.Helper()
	if got := c.numbers(it); !slices.Equal(got, want) {
		c.w.Errorf("%s sees the versions %v, not %v", c.who(), got, want)
	}
}

func (c *caller) who() string {
	if c.handle == "" {
		return "anybody"
	}
	return c.handle
}

func versionPerText(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Versions"))
	second := maria.edit(it, body{"content": "Two."})
	shown := maria.edit(second, body{"visibility": "public"})
	if shown.Version != 2 || shown.Digest != second.Digest || shown.tag == second.tag || shown.PublishedAt == "" {
		w.Errorf("a change of visibility alone makes %+v of %+v", shown, second)
	}
	same := maria.edit(shown, body{"content": it.Content})
	if same.Version != 3 || same.Digest != it.Digest {
		w.Errorf("the first text again has the digest %s instead of %s", same.Digest, it.Digest)
	}
	maria.wantNumbers(it, 3, 2, 1)
	if v := maria.version(it, 2); v.Content != "Two." || v.Digest != second.Digest || v.Author.Handle != maria.handle || !v.Shown {
		w.Errorf("version 2 is %+v", v)
	}
	if list := maria.get(it.path + "/versions"); list.has(`"content"`) {
		w.Errorf("the list has texts:\n%s", list.body)
	}
	maria.hidden(http.MethodGet, it.path+"/versions/4", nil)
}

func versionGaps(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.draft("Gaps").with("content", "secret one"))
	it = maria.edit(it, body{"content": "shown two"})
	it = maria.edit(it, body{"visibility": "public"})
	it = maria.edit(it, body{"visibility": "private"})
	it = maria.edit(it, body{"content": "secret three"})
	it = maria.edit(it, body{"content": "shown four"})
	it = maria.edit(it, body{"visibility": "public"})
	w.soon("anybody reads it", func() bool { return w.anybody.sees(it.path) })
	for _, c := range []*caller{otto, w.anybody} {
		c.wantNumbers(it, 4, 2)
		for n, want := range map[int]string{2: "shown two", 4: "shown four"} {
			if v := c.version(it, n); v.Content != want {
				w.Errorf("%s reads version %d as %q", c.who(), n, v.Content)
			}
		}
		for _, n := range []string{"1", "3", "5"} {
			c.hidden(http.MethodGet, it.path+"/versions/"+n, nil)
		}
	}
	maria.wantNumbers(it, 4, 3, 2, 1)
	if maria.version(it, 1).Shown || !maria.version(it, 2).Shown || maria.version(it, 3).Shown {
		w.Error("her versions 1 and 3 were never shown, version 2 was")
	}
}

func versionsOfPrivate(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Once shown"))
	otto.version(it, 1)
	maria.edit(it, body{"visibility": "private"})
	otto.hidden(http.MethodGet, it.path+"/versions", nil)
	otto.hidden(http.MethodGet, it.path+"/versions/1", nil)
	maria.version(it, 1)
}

func versionsStay(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Stays"))
	first := maria.get(it.path + "/versions/1")
	maria.edit(it, body{"content": "Another.", "name": w.unique("Renamed")})
	now := maria.get(it.path + "/versions/1")
	if string(now.body) != string(first.body) || now.tag() != first.tag() {
		w.Errorf("version 1 was\n%s\nand is\n%s", first.body, now.body)
	}
	maria.want(http.StatusNotModified, http.MethodGet, it.path+"/versions/1", nil, "If-None-Match", first.tag())
}

func versionPages(w *world) {
	maria := w.user("maria")
	it := maria.create(w.draft("Pages"))
	for n := 2; n <= 7; n++ {
		it = maria.edit(it, body{"content": fmt.Sprint("Text ", n)})
	}
	var seen []int
	for path := it.path + "/versions?limit=3"; path != ""; {
		a := maria.get(path)
		page := read[versionList](a)
		for _, v := range page.Items {
			seen = append(seen, v.Number)
		}
		if path = page.Next; path != "" {
			a.wantHeader("Link", "<"+path+`>; rel="next"`)
		}
		if len(page.Items) > 3 {
			w.Errorf("a page of three has %d", len(page.Items))
		}
	}
	if !slices.Equal(seen, []int{7, 6, 5, 4, 3, 2, 1}) {
		w.Errorf("the pages have %v", seen)
	}
	other := maria.create(w.draft("Other"))
	next := read[versionList](maria.get(it.path + "/versions?limit=3")).Next
	_, cursor, _ := strings.Cut(next, "?")
	maria.refused("unreadable", http.MethodGet, other.path+"/versions?"+cursor, nil)
}

func restoreVersion(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Restore").with("note", "First.").with("tags", []string{"a"}))
	second := maria.edit(it, body{"content": "Two.", "name": w.unique("Renamed"), "tags": nil})
	path := it.path + "/versions/1/restore"
	maria.refused("precondition_required", http.MethodPost, path, nil)
	maria.refused("stale", http.MethodPost, path, nil, "If-Match", it.tag).wantHeader("ETag", second.tag)
	maria.refused("not_valid", http.MethodPost, path, body{"text": "x"}, "If-Match", second.tag).wantField("/text")
	third := itemOf(maria.want(http.StatusOK, http.MethodPost, path, body{"note": "Back."}, "If-Match", second.tag))
	if third.Version != 3 || third.Content != it.Content || third.Digest != it.Digest || third.Note != "Back." || third.Name != it.Name || len(third.Tags) != 1 {
		w.Errorf("restored, it is %+v", third)
	}
	same := itemOf(maria.want(http.StatusOK, http.MethodPost, path, nil, "If-Match", third.tag))
	if same.Version != 3 || same.tag != third.tag {
		w.Errorf("restored again, version %d with %s", same.Version, same.tag)
	}
	maria.hidden(http.MethodPost, it.path+"/versions/9/restore", nil, "If-Match", "*")
	maria.want(http.StatusNoContent, http.MethodDelete, it.path+"/versions/2", nil)
	maria.refused("conflict", http.MethodPost, it.path+"/versions/2/restore", nil, "If-Match", "*")
	maria.wantNumbers(it, 3, 2, 1)
}

func restoreForeign(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Restore"))
	it = maria.edit(it, body{"content": "Two."})
	otto.refused("forbidden", http.MethodPost, it.path+"/versions/1/restore", nil, "If-Match", "*")
	w.anybody.refused("unauthenticated", http.MethodPost, it.path+"/versions/1/restore", nil, "If-Match", "*")
	maria.edit(it, body{"visibility": "private"})
	otto.hidden(http.MethodPost, it.path+"/versions/1/restore", nil, "If-Match", "*")
}

func eraseVersion(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Erase").with("content", "a secret").with("note", "Slipped in."))
	it = maria.edit(it, body{"content": "without it"})
	before := maria.version(it, 1)
	for range 2 { // doing it twice does what doing it once does
		maria.want(http.StatusNoContent, http.MethodDelete, it.path+"/versions/1", nil)
	}
	for _, c := range []*caller{maria, otto} {
		a := c.get(it.path + "/versions/1")
		v := read[version](a)
		if !v.Erased || v.Digest != before.Digest || v.CreatedAt != before.CreatedAt || v.Number != 1 {
			w.Errorf("%s reads %s, it was %+v", c.who(), a.body, before)
		}
		if a.has("a secret") || a.has(`"name":`) || a.has(`"description":`) {
			w.Errorf("%s still reads %s", c.who(), a.body)
		}
		c.wantNumbers(it, 2, 1)
	}
	if now := maria.reread(it); now.Content != "without it" || now.Version != 2 {
		w.Errorf("the item is %+v", now)
	}
	maria.hidden(http.MethodDelete, it.path+"/versions/9", nil)
}

func eraseCurrent(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Erase"))
	maria.refused("conflict", http.MethodDelete, it.path+"/versions/1", nil)
	if v := maria.version(it, 1); v.Erased || v.Content != it.Content {
		w.Errorf("refused, it is %+v", v)
	}
}

func eraseForeign(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Erase"))
	it = maria.edit(it, body{"content": "Two."})
	otto.refused("forbidden", http.MethodDelete, it.path+"/versions/1", nil)
	w.anybody.refused("unauthenticated", http.MethodDelete, it.path+"/versions/1", nil)
	maria.edit(it, body{"visibility": "private"})
	otto.hidden(http.MethodDelete, it.path+"/versions/1", nil)
	if v := maria.version(it, 1); v.Erased {
		w.Error("somebody else erased it")
	}
}
