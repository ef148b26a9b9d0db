package scenario

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

var lists = []scenario{
	{name: "lists/cards have no long texts", run: cards},
	{name: "lists/newest by first publication", run: newest},
	{name: "lists/updated by last change", run: updated},
	{name: "lists/of an owner", run: listsOfOwner},
	{name: "lists/of a user", run: listsOfUser},
	{name: "lists/of one's own", run: listsOfOwn},
	{name: "lists/what can't be asked", run: badQueries},
}

var pages = []scenario{
	{name: "pages/have every entry once", run: everyEntryOnce},
	{name: "pages/are the same when asked again", run: samePage},
	{name: "pages/cursors are bound to their query", run: boundCursor},
}

func cards(w *world) {
	maria := w.user("maria")
	it := itemOf(maria.want(http.StatusCreated, http.MethodPost, "/v1/agents", w.public("Card").with("howto", "x").with("agent", body{"tools": []string{"read"}})))
	for _, path := range []string{"/v1/users/" + maria.handle + "/items", "/v1/agents?owner=" + maria.handle, "/v1/me/items"} {
		w.soon("it is listed", func() bool { return maria.lists(path, it) })
		a := maria.get(path)
		for _, long := range []string{`"content"`, `"howto"`, `"agent":`} {
			if a.has(long) {
				w.Errorf("%s has %s:\n%s", path, long, a.body)
			}
		}
		card := read[itemList](a).Items[0]
		if card.Name != it.Name || card.Digest != it.Digest || card.Slug != it.Slug || card.Owner.Handle != maria.handle || card.Starred == nil {
			w.Errorf("%s has %+v of %+v", path, card, it)
		}
	}
}

// inOrder gives the places of items in a list, page by page.
func (c *caller) inOrder(path string, items ...item) []int {
	c.w.Helper()
	all := ids(c.entries(path))
	places := make([]int, len(items))
	for i, it := range items {
		places[i] = slices.Index(all, it.ID)
	}
	return places
}

func newest(w *world) {
	maria := w.user("maria")
	first := maria.create(w.draft("First made, last published"))
	second := maria.create(w.public("Second"))
	third := maria.create(w.public("Third"))
	maria.edit(first, body{"visibility": "public"})
	maria.edit(second, body{"content": "Changed, which does not count here."})
	for _, path := range []string{"/v1/prompts?sort=newest&limit=100", "/v1/prompts?limit=100", "/v1/prompts?limit=1&owner=" + maria.handle, "/v1/users/" + maria.handle + "/items"} {
		w.soon(path+" has the last published first", func() bool {
			p := w.anybody.inOrder(path, first, third, second)
			return p[0] >= 0 && slices.IsSorted(p)
		})
	}
}

func updated(w *world) {
	maria := w.user("maria")
	first, second := maria.create(w.public("First")), maria.create(w.public("Second"))
	w.soon("the last made is first", func() bool {
		p := w.anybody.inOrder("/v1/prompts?sort=updated&limit=100", second, first)
		return p[0] >= 0 && slices.IsSorted(p)
	})
	maria.edit(first, body{"content": "Changed."})
	for _, path := range []string{"/v1/prompts?sort=updated&limit=100", "/v1/me/items"} {
		w.soon(path+" has the last changed first", func() bool {
			p := maria.inOrder(path, first, second)
			return p[0] >= 0 && slices.IsSorted(p)
		})
	}
}

func listsOfOwner(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	hers, his := maria.create(w.public("Hers")), otto.create(w.public("His"))
	path := "/v1/prompts?owner=" + strings.ToUpper(maria.handle)
	w.soon("hers is listed", func() bool { return w.anybody.lists(path, hers) })
	if w.anybody.lists(path, his) {
		w.Error("so is his")
	}
	if a := w.anybody.get("/v1/prompts?owner=" + w.unique("no")); string(a.body) != `{"items":[]}` {
		w.Errorf("nobody's: %s", a.body)
	}
	for _, sort := range []string{"updated", "popular", "trending"} {
		w.anybody.refused("unreadable", http.MethodGet, path+"&sort="+sort, nil)
	}
}

func listsOfUser(w *world) {
	maria := w.user("maria")
	prompt := maria.create(w.public("Prompt"))
	rule := itemOf(maria.want(http.StatusCreated, http.MethodPost, "/v1/rules", w.public("Rule")))
	path := "/v1/users/" + maria.handle + "/items"
	w.soon("both are listed", func() bool { return w.anybody.lists(path, prompt) && w.anybody.lists(path, rule) })
	if got := ids(w.anybody.entries(path + "?kind=rule")); !slices.Equal(got, []string{rule.ID}) {
		w.Errorf("her rules are %v", got)
	}
	w.anybody.hidden(http.MethodGet, "/v1/users/"+w.unique("no")+"/items", nil)
	w.anybody.refused("unreadable", http.MethodGet, path+"?kind=poem", nil)
}

func listsOfOwn(w *world) {
	maria := w.user("maria")
	draft := maria.create(w.draft("Draft"))
	agent := itemOf(maria.want(http.StatusCreated, http.MethodPost, "/v1/agents", w.public("Agent")))
	if got := ids(maria.entries("/v1/me/items")); !slices.Equal(got, []string{agent.ID, draft.ID}) {
		w.Errorf("hers are %v", got)
	}
	if got := ids(maria.entries("/v1/me/items?kind=prompt")); !slices.Equal(got, []string{draft.ID}) {
		w.Errorf("her prompts are %v", got)
	}
	w.anybody.refused("unauthenticated", http.MethodGet, "/v1/me/items", nil)
	if got := w.user("otto").entries("/v1/me/items"); len(got) > 0 {
		w.Errorf("his are %v", ids(got))
	}
}

func badQueries(w *world) {
	for _, query := range []string{
		"limit=0", "limit=101", "limit=-1", "limit=two", "limit=%2B3", "limit=", "limit=1&limit=1", "limit=99999999999999999999",
		"Limit=3", "sort=best", "sort=", "bogus=1", "cursor=", "cursor=abc", "cursor=" + strings.Repeat("a", 201),
		"limit=1;sort=newest", "limit=%zz", "owner=a%00b", "owner=a%ffb", "owner=ab",
	} {
		w.anybody.refused("unreadable", http.MethodGet, "/v1/prompts?"+query, nil)
	}
	maria := w.user("maria")
	it := maria.create(w.public("Query"))
	for _, path := range []string{it.path, it.path + "/versions", it.path + "/stats", "/v1/me", "/v1/me/items", "/v1/me/stars", "/v1/me/keys", "/v1/users/" + maria.handle, "/v1/changes"} {
		maria.refused("unreadable", http.MethodGet, path+"?bogus=1", nil)
	}
	maria.refused("unreadable", http.MethodPost, "/v1/prompts?bogus=1", w.draft("Query"))
	maria.get("/v1/prompts?limit=1")
	maria.get("/v1/prompts?limit=100")
}

// seven makes seven public prompts.
func (c *caller) seven() []item {
	c.w.Helper()
	all := make([]item, 7)
	for i := range all {
		all[i] = c.create(c.w.public(fmt.Sprint("Page ", i)))
	}
	for _, it := range all {
		c.w.soon("all are listed", func() bool { return c.lists("/v1/users/"+c.handle+"/items", it) })
	}
	return all
}

func everyEntryOnce(w *world) {
	maria := w.user("maria")
	want := ids(maria.seven())
	slices.Reverse(want)
	for _, list := range []string{"/v1/prompts?owner=" + maria.handle, "/v1/users/" + maria.handle + "/items?kind=prompt", "/v1/me/items?kind=prompt"} {
		for _, limit := range []string{"1", "2", "3", "7", "100"} {
			var got []string
			for path := list + "&limit=" + limit; path != ""; {
				a := maria.get(path)
				page := read[itemList](a)
				if fmt.Sprint(len(page.Items)) > limit && limit != "100" {
					w.Errorf("%s has %d entries", path, len(page.Items))
				}
				got = append(got, ids(page.Items)...)
				if path = page.Next; path == "" {
					a.wantHeader("Link", "")
					continue
				}
				a.wantHeader("Link", "<"+path+`>; rel="next"`)
				_, filters, _ := strings.Cut(list, "?")
				if !strings.Contains(path, filters) || !strings.Contains(path, "limit="+limit) {
					w.Errorf("the next page has lost its filters: %s", path)
				}
			}
			if !slices.Equal(got, want) {
				w.Errorf("%s by %s: %v instead of %v", list, limit, got, want)
			}
		}
	}
}

func samePage(w *world) {
	maria := w.user("maria")
	maria.seven()
	for path := "/v1/users/" + maria.handle + "/items?limit=3"; path != ""; {
		a, again := maria.get(path), maria.get(path)
		if string(a.body) != string(again.body) || a.tag() != again.tag() {
			w.Errorf("%s is\n%s\nand then\n%s", path, a.body, again.body)
		}
		path = read[itemList](a).Next
	}
}

func boundCursor(w *world) {
	maria := w.user("maria")
	maria.seven()
	all := []string{
		"/v1/prompts?owner=" + maria.handle, "/v1/prompts?sort=newest", "/v1/prompts?sort=updated",
		"/v1/users/" + maria.handle + "/items?", "/v1/me/items?kind=prompt", "/v1/me/items?kind=rule",
	}
	for _, from := range all {
		next := read[itemList](maria.get(from + "&limit=1")).Next
		if next == "" {
			if !strings.HasSuffix(from, "rule") {
				w.Errorf("%s has one page only", from)
			}
			continue
		}
		_, after, _ := strings.Cut(next, "cursor=")
		cursor, _, _ := strings.Cut(after, "&")
		for _, to := range all {
			if to == from {
				maria.get(to + "&limit=5&cursor=" + cursor)
				continue
			}
			maria.refused("unreadable", http.MethodGet, to+"&cursor="+cursor, nil)
		}
		maria.refused("unreadable", http.MethodGet, from+"&cursor=AAAA"+cursor[4:], nil)
		maria.refused("unreadable", http.MethodGet, from+"&cursor="+cursor+"A", nil)
	}
}

func ranked(w *world) {
	maria := w.user("maria")
	plain, copied, starred := maria.create(w.public("Plain")), maria.create(w.public("Copied")), maria.create(w.public("Starred"))
	for _, c := range []*caller{w.user("otto"), w.user("anna")} {
		c.want(http.StatusOK, http.MethodPut, starred.path+"/star", nil)
	}
	w.soon("anybody reads it", func() bool { return w.anybody.sees(copied.path) })
	w.visitor().want(http.StatusOK, http.MethodPost, copied.path+"/copies", nil)
	for _, sort := range []string{"popular", "trending"} {
		w.within(ranksLate, sort+" has what more was done with first", func() bool {
			p := w.anybody.inOrder("/v1/prompts?limit=100&sort="+sort, starred, copied, plain)
			return p[0] >= 0 && slices.IsSorted(p)
		})
	}
}
