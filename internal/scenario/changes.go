package scenario

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
)

var changes = []scenario{
	{name: "changes/what happens to an item, in order", run: changesOfItem},
	{name: "changes/envelopes are CloudEvents", run: envelopes},
	{name: "changes/of a draft for its owner alone", run: changesOfDraft},
	{name: "changes/unpublishing is public, with the id only", run: changesOfUnpublished},
	{name: "changes/stars name their actor to the owner alone", run: changesOfStars},
	{name: "changes/say no names, no text", run: changesSayLittle},
	{name: "changes/cursors go on where they ended", run: changeCursors},
	{name: "changes/of some types", run: changeTypes},
	{name: "changes/what can't be asked", run: badChanges},
	{name: "changes/a cursor beyond the end is gone", run: goneCursor},
	{name: "changes/of one's own account", run: changesOfAccount},
}

type event struct {
	SpecVersion, ID, Source, Type, Subject, Time string
	DataSchema, DataContentType                  string
	Sequence, Audience                           string
	Data                                         map[string]any
}

type changeList struct {
	Items  []event
	Cursor string
	Next   string
}

// endOf gives the cursor at the end of a feed.
func (c *caller) endOf(feed string) string {
	c.w.Helper()
	path := "/v1/changes?limit=100&feed=" + feed
	for {
		page := read[changeList](c.get(path))
		if page.Next == "" {
			return page.Cursor
		}
		path = page.Next
	}
}

// follow gives the events of a subject since the run began, as soon as there are n.
func (c *caller) follow(feed, subject string, n int) []event {
	c.w.Helper()
	var found []event
	cursor := c.w.begin[feed]
	c.w.soon("everything that happened is told", func() bool {
		page := read[changeList](c.get("/v1/changes?limit=100&feed=" + feed + "&cursor=" + cursor))
		cursor = page.Cursor
		for _, e := range page.Items {
			if e.Subject == subject {
				found = append(found, e)
			}
		}
		return len(found) >= n
	})
	return found
}

// until gives the events of a subject that the caller sees of a feed up to a number.
func (c *caller) until(feed, subject, number string) []event {
	c.w.Helper()
	var found []event
	for cursor := c.w.begin[feed]; less(cursor, number); {
		page := read[changeList](c.get("/v1/changes?limit=100&feed=" + feed + "&cursor=" + cursor))
		for _, e := range page.Items {
			if e.Subject == subject && !less(number, e.Sequence) {
				found = append(found, e)
			}
		}
		cursor = page.Cursor
	}
	return found
}

func less(a, b string) bool {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x < y
}

// types gives the types of events, without what all begin with.
func types(events []event) []string {
	all := make([]string, len(events))
	for i, e := range events {
		all[i] = strings.TrimPrefix(e.Type, "promptz.item.")
	}
	return all
}

func wantTypes(w *world, who *caller, events []event, want ...string) {
	w.Helper()
	if diff := cmp.Diff(want, types(events)); diff != "" {
		w.Errorf("what %s sees (-want +got):\n%s", who.who(), diff)
	}
}

func changesOfItem(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Changes"))
	next := maria.edit(it, body{"content": "Another."})
	next = maria.edit(next, body{"visibility": "private"})
	next = maria.edit(next, body{"visibility": "public"})
	maria.remove(next)
	want := []string{"created", "published", "updated", "unpublished", "published", "deleted"}
	for _, c := range []*caller{maria, w.user("otto"), w.anybody} {
		all := c.follow("items", it.ID, len(want))
		wantTypes(w, c, all, want...)
		last := ""
		for _, e := range all {
			if !less(last, e.Sequence) || e.Data["id"] != it.ID || e.Data["kind"] != "prompt" {
				w.Errorf("after %s comes %+v", last, e)
			}
			last = e.Sequence
		}
		if all[2].Data["version"] != 2.0 {
			w.Errorf("the update is %+v", all[2])
		}
	}
}

func envelopes(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Envelope"))
	seen := map[string]bool{}
	for _, e := range maria.follow("items", it.ID, 2) {
		at, err := time.Parse(time.RFC3339Nano, e.Time)
		if err != nil || time.Since(at).Abs() > time.Hour {
			w.Errorf("it is of %s: %v", e.Time, err)
		}
		if e.SpecVersion != "1.0" || e.DataContentType != "application/json" || e.Audience != "public" || seen[e.ID] || len(e.ID) != 36 {
			w.Errorf("an event is %+v", e)
		}
		seen[e.ID] = true
		path, ours := strings.CutPrefix(e.DataSchema, e.Source)
		if !ours || !strings.HasPrefix(path, "/schemas/") {
			w.Errorf("the schema is at %s of %s", e.DataSchema, e.Source)
			continue
		}
		schema := w.anybody.get(path)
		schema.wantHeader("Content-Type", "application/schema+json")
		if !json.Valid(schema.body) {
			w.Errorf("%s is %s", path, schema.body)
		}
	}
}

func changesOfDraft(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.draft("Draft"))
	it = maria.edit(it, body{"content": "Another."})
	maria.remove(it)
	hers := maria.follow("items", it.ID, 3)
	wantTypes(w, maria, hers, "created", "updated", "deleted")
	for _, e := range hers {
		if e.Audience != "owner" {
			w.Errorf("%s is for %s", e.Type, e.Audience)
		}
	}
	for _, c := range []*caller{otto, w.anybody, w.admin(), maria.key("public")} {
		if seen := c.until("items", it.ID, hers[2].Sequence); len(seen) > 0 {
			w.Errorf("%s sees %v of a draft", c.who(), types(seen))
		}
	}
}

func changesOfUnpublished(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.draft("Unpublished"))
	it = maria.edit(it, body{"visibility": "public"})
	it = maria.edit(it, body{"visibility": "private"})
	it = maria.edit(it, body{"content": "A secret."})
	maria.remove(it)
	hers := maria.follow("items", it.ID, 5)
	wantTypes(w, maria, hers, "created", "published", "unpublished", "updated", "deleted")
	for _, c := range []*caller{otto, w.anybody} {
		seen := c.until("items", it.ID, hers[4].Sequence)
		wantTypes(w, c, seen, "published", "unpublished")
		if diff := cmp.Diff(map[string]any{"id": it.ID, "kind": "prompt"}, seen[len(seen)-1].Data); diff != "" {
			w.Errorf("unpublishing says (-want +got):\n%s", diff)
		}
	}
}

func changesOfStars(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Activity"))
	otto.star(it, true)
	otto.star(it, false)
	otto.copies(it)
	otto.get(it.path + "/download")
	want := []string{"copied", "downloaded", "starred", "unstarred"}
	for _, c := range []*caller{maria, otto, w.anybody, w.admin()} {
		all := c.follow("activity", it.ID, 4)
		got := types(all)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			w.Errorf("what %s sees (-want +got):\n%s", c.who(), diff)
		}
		for _, e := range all {
			_, named := e.Data["actor"]
			if named != (c == maria && strings.HasSuffix(e.Type, "starred")) {
				w.Errorf("to %s, %s says %v", c.who(), e.Type, e.Data)
			}
		}
	}
}

func changesSayLittle(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Outspoken"))
	otto.star(it, true)
	for _, feed := range []string{"items", "activity"} {
		maria.follow(feed, it.ID, 1)
		cursor := w.begin[feed]
		for path := "/v1/changes?limit=100&feed=" + feed + "&cursor=" + cursor; path != ""; {
			a := maria.get(path)
			for _, personal := range []string{"Outspoken", it.Content, maria.handle, otto.handle, "@example.com"} {
				if a.has(personal) {
					w.Errorf("%s says %q:\n%s", path, personal, a.body)
				}
			}
			path = read[changeList](a).Next
		}
	}
}

func changeCursors(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Cursor"))
	for _, text := range []string{"Two.", "Three.", "Four."} {
		it = maria.edit(it, body{"content": text})
	}
	whole := maria.follow("items", it.ID, 5)
	end := whole[4].Sequence
	var single []event
	for path := "/v1/changes?limit=1&cursor=" + w.begin["items"]; ; {
		a := maria.get(path)
		if again := maria.get(path); !bytes.Equal(again.body, a.body) && len(read[changeList](a).Items) > 0 {
			w.Errorf("%s is\n%s\nand then\n%s", path, a.body, again.body)
		}
		page := read[changeList](a)
		if len(page.Items) > 1 {
			w.Fatalf("a page of one has %d", len(page.Items))
		}
		if page.Next != "" {
			a.wantHeader("Link", "<"+page.Next+`>; rel="next"`)
		}
		for _, e := range page.Items {
			if e.Subject == it.ID {
				single = append(single, e)
			}
		}
		if !less(page.Cursor, end) {
			break
		}
		path = "/v1/changes?limit=1&cursor=" + page.Cursor
	}
	if diff := cmp.Diff(whole, single); diff != "" {
		w.Errorf("one by one (-whole +got):\n%s", diff)
	}
	last := maria.endOf("items")
	empty := read[changeList](maria.get("/v1/changes?cursor=" + last))
	if less(empty.Cursor, last) {
		w.Errorf("after %s the cursor is %q", last, empty.Cursor)
	}
}

func changeTypes(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Types"))
	maria.edit(it, body{"content": "Two."})
	end := maria.follow("items", it.ID, 3)[2].Sequence
	var seen []string
	for path := "/v1/changes?types=promptz.item.created,promptz.item.updated&limit=100&cursor=" + w.begin["items"]; path != ""; {
		page := read[changeList](maria.get(path))
		for _, e := range page.Items {
			if e.Type == "promptz.item.published" {
				w.Errorf("it gives %+v", e)
			}
			if e.Subject == it.ID {
				seen = append(seen, e.Type)
			}
		}
		if path = page.Next; path == "" && less(page.Cursor, end) {
			w.Errorf("the last page ends at %s, before %s", page.Cursor, end)
		}
	}
	if want := []string{"promptz.item.created", "promptz.item.updated"}; !slices.Equal(seen, want) {
		w.Errorf("it gives %v", seen)
	}
}

func badChanges(w *world) {
	maria := w.user("maria")
	for _, query := range []string{
		"feed=gossip", "feed=", "types=promptz.item.eaten", "types=promptz.item.starred", "types=promptz.item.created,", "types=",
		"wait=26", "wait=-1", "wait=soon", "cursor=first", "cursor=-1", "cursor=01", "cursor=", "limit=0", "limit=101", "bogus=1",
	} {
		maria.refused("unreadable", http.MethodGet, "/v1/changes?"+query, nil)
	}
	maria.refused("unreadable", http.MethodGet, "/v1/changes", nil, "Last-Event-ID", "first")
}

func goneCursor(w *world) {
	w.anybody.refused("expired", http.MethodGet, "/v1/changes?cursor=99999999999999", nil)
}

func changesOfAccount(w *world) {
	maria := w.signIn("maria")
	const path = "/v1/changes?feed=accounts&limit=100"
	w.anybody.refused("unauthenticated", http.MethodGet, path, nil)
	var mine changeList
	w.soon("she is told what happened to her", func() bool {
		mine = read[changeList](maria.get(path))
		return len(mine.Items) >= 2 || mine.Next != ""
	})
	for cursor := mine.Next; cursor != ""; cursor = mine.Next {
		more := read[changeList](maria.get(cursor))
		mine.Items, mine.Next = append(mine.Items, more.Items...), more.Next
	}
	if len(mine.Items) < 2 || mine.Items[0].Type != "promptz.user.created" || mine.Items[1].Type != "promptz.user.signed_in" {
		w.Fatalf("she is told %+v", mine.Items)
	}
	her := mine.Items[0].Subject
	for _, e := range mine.Items {
		if e.Subject != her || e.Audience != "actor" {
			w.Errorf("she is told %+v", e)
		}
	}
	seen := func(c *caller) bool {
		for path := path; path != ""; {
			page := read[changeList](c.get(path))
			if slices.ContainsFunc(page.Items, func(e event) bool { return e.Subject == her }) {
				return true
			}
			path = page.Next
		}
		return false
	}
	if seen(w.user("otto")) {
		w.Error("somebody else is told of her")
	}
	if !seen(w.admin()) {
		w.Error("an admin is not told of her")
	}
}
