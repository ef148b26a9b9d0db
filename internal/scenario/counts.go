package scenario

import (
	"net/http"
	"time"
)

var counts = []scenario{
	{name: "counts/copies once a visitor, version and day", run: countCopies},
	{name: "counts/downloads of full answers to GET", run: countDownloads},
	{name: "counts/nothing else that is read", run: readsCountNothing},
	{name: "counts/each day for the owner alone", run: countDays},
}

// copies tells of a copy, and whether it counts.
func (c *caller) copies(it item) bool {
	c.w.Helper()
	return read[struct{ Counted bool }](c.want(http.StatusOK, http.MethodPost, it.path+"/copies", nil)).Counted
}

// statsOf gives an item's counts.
func (c *caller) statsOf(it item) itemStats {
	c.w.Helper()
	return read[itemStats](c.get(it.path + "/stats"))
}

// wantStats waits until an item has these counts. More than that are never seen.
func (c *caller) wantStats(it item, want stats) {
	c.w.Helper()
	c.w.soon("the counts are right", func() bool {
		got := c.statsOf(it).stats
		if got.Copies > want.Copies || got.Downloads > want.Downloads || got.Stars > want.Stars {
			c.w.Fatalf("%+v were counted, not %+v", got, want)
		}
		got.Views = want.Views
		return got == want
	})
}

func countCopies(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Copies"))
	w.soon("anybody reads it", func() bool { return w.anybody.sees(it.path) })
	first, second := w.visitor(), w.visitor()
	for _, step := range []struct {
		who  *caller
		want bool
	}{{first, true}, {first, false}, {second, true}, {otto, true}, {otto, false}, {second, false}} {
		if got := step.who.copies(it); got != step.want {
			w.Errorf("a copy by %s counts: %t", step.who.agent, got)
		}
	}
	otto.agent = w.unique("agent") // a user is told by who they are
	if otto.copies(it) {
		w.Error("a user counts twice, from two machines")
	}
	maria.wantStats(it, stats{Copies: 3})
	next := maria.edit(it, body{"content": "Another version."})
	w.soon("anybody reads the next", func() bool { return itemOf(w.anybody.get(it.path)).Version == 2 })
	if !first.copies(next) || first.copies(next) {
		w.Error("of another version, one copy counts")
	}
	maria.wantStats(it, stats{Copies: 4})
	if got := maria.reread(it).Stats.Copies; got != 4 {
		w.Errorf("the item has %d", got)
	}
}

func countDownloads(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Downloads"))
	w.soon("anybody reads it", func() bool { return w.anybody.sees(it.path) })
	path := it.path + "/download"
	visitor := w.visitor()
	tag := visitor.want(http.StatusOK, http.MethodHead, path, nil).tag()
	visitor.want(http.StatusNotModified, http.MethodGet, path, nil, "If-None-Match", tag)
	otto.want(http.StatusNotModified, http.MethodGet, path, nil, "If-None-Match", "*")
	otto.want(http.StatusOK, http.MethodHead, path, nil)
	last := w.visitor()
	last.get(path)
	maria.wantStats(it, stats{Downloads: 1})
	visitor.get(path)
	visitor.get(path)
	otto.want(http.StatusOK, http.MethodGet, path, nil, "If-None-Match", `"another"`)
	maria.wantStats(it, stats{Downloads: 3})
	if !otto.copies(it) {
		w.Error("a download keeps a copy from counting")
	}
	maria.wantStats(it, stats{Downloads: 3, Copies: 1})
}

func readsCountNothing(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Reads"))
	w.soon("anybody reads it", func() bool { return w.anybody.sees(it.path) })
	for _, c := range []*caller{w.visitor(), maria} {
		c.get(it.path)
		c.get(it.path, "Accept", "text/markdown")
		c.get(it.path + "/stats")
		c.get(it.path + "/versions/1")
		c.get("/v1/users/" + maria.handle + "/items")
	}
	w.visitor().copies(it) // what is counted after them is counted
	maria.wantStats(it, stats{Copies: 1})
	if got := maria.statsOf(it).stats; got != (stats{Copies: 1}) {
		w.Errorf("reading counts: %+v", got)
	}
}

func countDays(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Days"))
	day := func() string { return time.Now().UTC().Format(time.DateOnly) }
	before := day()
	otto.star(it, true)
	otto.copies(it)
	otto.get(it.path + "/download")
	want := stats{Stars: 1, Copies: 1, Downloads: 1}
	maria.wantStats(it, want)
	hers := maria.statsOf(it)
	if len(hers.Days) != 90 {
		w.Fatalf("she sees %d days", len(hers.Days))
	}
	var sum stats
	for _, d := range hers.Days {
		sum.Stars += d.Stars
		sum.Copies += d.Copies
		sum.Downloads += d.Downloads
	}
	if last := hers.Days[89]; last.Day != before && last.Day != day() || sum != want {
		w.Errorf("the days are %+v until %s, the counts %+v", sum, last.Day, hers.stats)
	}
	for _, c := range []*caller{otto, w.admin(), maria.key("public")} {
		if a := c.get(it.path + "/stats"); a.has("days") && !(c.handle == maria.handle) {
			w.Errorf("%s sees days", c.who())
		}
	}
	w.soon("anybody sees the counts", func() bool { return w.anybody.sees(it.path + "/stats") })
	if a := w.anybody.get(it.path + "/stats"); a.has("days") || !a.has(`"copies":1`) {
		w.Errorf("anybody sees %s", a.body)
	}
}

func countViews(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Views"))
	w.soon("anybody reads it", func() bool { return w.anybody.sees(it.path) })
	for range 3 {
		a := w.visitor().want(http.StatusOK, http.MethodPost, it.path+"/views", nil)
		if !read[struct{ Counted bool }](a).Counted {
			w.Errorf("a view: %s", a.body)
		}
	}
	w.within(viewsLate, "three views are counted", func() bool { return maria.statsOf(it).Views == 3 })
}
