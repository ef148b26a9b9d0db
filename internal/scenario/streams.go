package scenario

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

var streams = []scenario{
	{name: "streams/give what there is and go on after the last", run: resumeStream},
	{name: "streams/give what happens", run: liveStream},
}

// sent is one event of a stream (the HTML standard's server-sent events).
type sent struct {
	id, name string
	data     event
}

// stream gives the events of a subject that come by a stream after a number, until
// done, which is told the last number too; then it goes away.
func (c *caller) stream(after, subject string, done func(all []sent, last string) bool) []sent {
	c.w.Helper()
	ctx, leave := context.WithTimeout(c.w.Context(), c.w.Settle+requestTimeout/2)
	defer leave()
	r, err := c.request(http.MethodGet, "/v1/changes", nil, "Accept", "text/event-stream", "Last-Event-ID", after)
	if err != nil {
		c.w.Fatal(err)
	}
	res, err := c.w.client.Do(r.WithContext(ctx))
	if err != nil {
		c.w.Fatal(err)
	}
	defer res.Body.Close()
	a := answer{w: c.w, method: r.Method, path: "/v1/changes", asked: r.Header, status: res.StatusCode, header: res.Header}
	a.wantHeader("Content-Type", "text/event-stream")
	a.wantHeader("Cache-Control", cachePrivate)
	var found []sent
	last := after
	lines := bufio.NewReader(res.Body)
	var s sent
	for !done(found, last) {
		line, err := lines.ReadString('\n')
		if err != nil {
			if err != io.EOF && ctx.Err() == nil {
				c.w.Errorf("the stream breaks: %v", err)
			}
			return found
		}
		line = strings.TrimSuffix(line, "\n")
		field, value, _ := strings.Cut(line, ": ")
		switch field {
		case "id":
			s.id, last = value, value
		case "event":
			s.name = value
		case "data":
			c.w.wantEvent(value)
			if err := json.Unmarshal([]byte(value), &s.data); err != nil {
				c.w.Errorf("the data is %q: %v", value, err)
			}
		case "":
			if s.data.Subject == subject {
				found = append(found, s)
			}
			s = sent{}
		}
	}
	return found
}

// wantEvent holds an event to the contract: as an entry of the list that it could
// have come in.
func (w *world) wantEvent(text string) {
	w.Helper()
	header := http.Header{"Content-Type": {"application/json"}}
	list := answer{w: w, method: http.MethodGet, path: "/v1/changes", asked: http.Header{}, status: http.StatusOK, header: header,
		body: []byte(`{"cursor":"1","items":[` + text + `]}`)}
	for _, fault := range w.contract.faults(list) {
		w.Errorf("%s: %s", text, fault)
	}
}

func wantSent(w *world, all []sent, want ...string) {
	w.Helper()
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = strings.TrimPrefix(s.name, "promptz.item.")
		if s.name != s.data.Type || s.id != s.data.Sequence {
			w.Errorf("%s %s has the data %+v", s.id, s.name, s.data)
		}
	}
	if !slices.Equal(names, want) {
		w.Errorf("the stream gives %v instead of %v", names, want)
	}
}

func resumeStream(w *world) {
	maria, otto := w.user("maria"), w.user("otto")
	it := maria.create(w.public("Stream"))
	draft := maria.create(w.draft("Hidden"))
	maria.follow("items", draft.ID, 1)
	maria.follow("items", it.ID, 2)
	first := otto.stream(w.begin["items"], it.ID, func(all []sent, _ string) bool { return len(all) == 2 })
	wantSent(w, first, "created", "published")
	maria.edit(it, body{"content": "Two."})
	maria.follow("items", it.ID, 3)
	rest := otto.stream(first[0].id, it.ID, func(all []sent, _ string) bool { return len(all) == 2 })
	wantSent(w, rest, "published", "updated")
	end := rest[1].id
	wantSent(w, otto.stream(w.begin["items"], draft.ID, func(_ []sent, last string) bool { return !less(last, end) }))
}

func liveStream(w *world) {
	maria := w.user("maria")
	it := maria.create(w.public("Stream"))
	maria.follow("items", it.ID, 2)
	edited := false
	all := w.anybody.stream(w.begin["items"], it.ID, func(all []sent, _ string) bool {
		if len(all) == 2 && !edited {
			edited = true
			maria.edit(it, body{"content": "Two."})
		}
		return len(all) == 3
	})
	wantSent(w, all, "created", "published", "updated")
}
