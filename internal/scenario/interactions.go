package scenario

import (
	"net/http"
	"slices"
	"sync"
)

var interactions = []scenario{
	{name: "stars/twice is once", run: starTwice},
	{name: "stars/are counted and shown", run: countStars},
	{name: "stars/many at once are all counted", run: starAtOnce},
	{name: "stars/one's own, the last first", run: ownStars},
	{name: "stars/on what is private now", run: starGonePrivate},
}

type starred struct {
	Starred bool
	Stars   int64
}

// star sets the caller's star, or takes it back, and gives the count.
func (c *caller) star(it item, set bool) int64 {
	c.w.Helper()
	method := http.MethodDelete
	if set {
		method = http.MethodPut
	}
	got := read[starred](c.want(http.StatusOK, method, it.path+"/star", nil))
	if got.Starred != set {
		c.w.Errorf("%s: starred is %t", method, got.Starred)
	}
	return got.Stars
}

func starTwice(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Stars"))
	for _, step := range []struct {
		set  bool
		want int64
	}{{false, 0}, {true, 1}, {true, 1}, {false, 0}, {false, 0}, {true, 1}} {
		if got := otto.star(it, step.set); got != step.want {
			w.Errorf("starred is %t, and there are %d, not %d", step.set, got, step.want)
		}
	}
	if got := maria.reread(it).Stats.Stars; got != 1 {
		w.Errorf("the item has %d", got)
	}
}

func countStars(w *world) {
	maria, otto, anna := w.user("maria"), w.user("otto"), w.user("anna")
	it := maria.create(w.public("Stars"))
	otto.star(it, true)
	if got := maria.star(it, true); got != 2 {
		w.Errorf("two stars are %d", got)
	}
	for c, want := range map[*caller]bool{maria: true, otto: true, anna: false} {
		got := c.reread(it)
		if got.Starred == nil || *got.Starred != want || got.Stats.Stars != 2 {
			w.Errorf("%s reads starred %v, stars %d", c.who(), got.Starred, got.Stats.Stars)
		}
		path := "/v1/users/" + maria.handle + "/items"
		w.soon("the list shows both", func() bool {
			all := c.entries(path)
			return len(all) == 1 && all[0].Stats.Stars == 2 && all[0].Starred != nil && *all[0].Starred == want
		})
	}
	w.soon("anybody reads both", func() bool { return w.anybody.sees(it.path) && itemOf(w.anybody.get(it.path)).Stats.Stars == 2 })
	if got := itemOf(w.anybody.get(it.path)); got.Starred != nil {
		w.Error("anybody is told of a star of theirs")
	}
}

func starAtOnce(w *world) {
	it := w.user("maria").create(w.public("Stars"))
	fans := make([]*caller, 8)
	for i := range fans {
		fans[i] = w.user("fan")
	}
	var all sync.WaitGroup
	for _, fan := range fans {
		all.Go(func() {
			for range 2 {
				if a := fan.send(http.MethodPut, it.path+"/star", nil); a.status != http.StatusOK {
					w.Errorf("status %d\n%s", a.status, a.body)
				}
			}
		})
	}
	all.Wait()
	if got := fans[0].reread(it).Stats.Stars; got != int64(len(fans)) {
		w.Errorf("%d stars of %d", got, len(fans))
	}
}

func ownStars(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	first, second, third := maria.create(w.public("First")), maria.create(w.public("Second")), maria.create(w.public("Third"))
	for _, it := range []item{third, first, second} {
		otto.star(it, true)
	}
	otto.star(first, false)
	want := []string{second.ID, third.ID}
	w.soon("his stars are listed", func() bool { return slices.Equal(ids(otto.entries("/v1/me/stars")), want) })
	if got := ids(otto.entries("/v1/me/stars?limit=1")); !slices.Equal(got, want) {
		w.Errorf("one by one they are %v", got)
	}
	list := otto.get("/v1/me/stars")
	if list.has(`"content"`) || !list.has(`"starred":true`) || list.has(`"starred":false`) {
		w.Errorf("they are\n%s", list.body)
	}
	if got := maria.entries("/v1/me/stars"); len(got) > 0 {
		w.Errorf("hers are %v", ids(got))
	}
	w.anybody.refused("unauthenticated", http.MethodGet, "/v1/me/stars", nil)
	otto.refused("unreadable", http.MethodGet, "/v1/me/stars?cursor=abc", nil)
}

func starGonePrivate(w *world) {
	maria, otto, anna := w.user("maria"), w.user("otto"), w.user("anna")
	it := maria.create(w.public("Stars"))
	otto.star(it, true)
	anna.star(it, true)
	w.soon("his star is listed", func() bool { return otto.lists("/v1/me/stars", it) })
	hidden := maria.edit(maria.reread(it), body{"visibility": "private"})
	if otto.lists("/v1/me/stars", it) {
		w.Error("his stars show what is private")
	}
	otto.hidden(http.MethodPut, it.path+"/star", nil)
	if got := otto.star(it, false); got != 0 {
		w.Errorf("he is told of %d stars of what is private", got)
	}
	otto.hidden(http.MethodDelete, it.path+"/star", nil)
	maria.edit(hidden, body{"visibility": "public"})
	w.soon("hers is listed again", func() bool { return anna.lists("/v1/me/stars", it) })
	if otto.lists("/v1/me/stars", it) {
		w.Error("his star is there again")
	}
	if got := maria.reread(it).Stats.Stars; got != 1 {
		w.Errorf("it has %d stars", got)
	}
}
