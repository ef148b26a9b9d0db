package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"promptz/internal/api"
	"promptz/internal/promptz"
)

// threeEvents puts three events there.
func threeEvents(f *fake) {
	for _, t := range []promptz.EventType{promptz.EventItemCreated, promptz.EventItemPublished, promptz.EventItemUpdated} {
		f.happen(t, f.items[publicPrompt])
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	const changes = "/v1/changes"
	get := func(name, path string, status int, want ...string) scenario {
		return scenario{name: name, state: threeEvents, method: "GET", path: path, status: status, want: want}
	}
	run(t, []scenario{
		{name: "none", method: "GET", path: changes, status: 200, want: []string{`{"cursor":"0","items":[]}`}, wantNot: []string{"next"}, wantHeaders: headers("Cache-Control", "private, no-store")},
		get("all", changes, 200, `"type":"promptz.item.created"`, `"cursor":"3"`),
		get("a page", changes+"?limit=2", 200, `"cursor":"2"`, `"next":"/v1/changes?cursor=2&limit=2"`),
		get("the next", changes+"?limit=2&cursor=2", 200, `"cursor":"3"`),
		get("of types", changes+"?types=promptz.item.created,promptz.item.updated", 200),
		get("of a type that is none", changes+"?types=promptz.item.eaten", 400, "promptz.item.eaten"),
		get("of a type of another feed", changes+"?types=promptz.item.starred", 400),
		get("of an empty type", changes+"?types=promptz.item.created,", 400),
		get("of a feed that is none", changes+"?feed=gossip", 400),
		get("cursor in words", changes+"?cursor=first", 400),
		get("cursor with a sign", changes+"?cursor=-1", 400),
		get("cursor that is gone", changes+"?cursor=100000", 410),
		get("wait too long", changes+"?wait=26", 400),
		get("nobody's account", changes+"?feed=accounts", 401),
		{name: "one's account", as: "maria-read", method: "GET", path: changes + "?feed=accounts", status: 200},
		{name: "after a browser's last event", state: threeEvents, method: "GET", path: changes + "?cursor=0", headers: headers("Last-Event-ID", "2"), status: 200, want: []string{"promptz.item.updated"}, wantNot: []string{"promptz.item.created"}},
		{name: "as nothing that there is", method: "GET", path: changes, headers: headers("Accept", "text/csv"), status: 406},
		{name: "schema", method: "GET", path: "/schemas/item.created.v1.json", status: 200, want: []string{"promptz.item.created"}, wantHeaders: headers("Content-Type", "application/schema+json")},
		{name: "no schema", method: "GET", path: "/schemas/item.eaten.v1.json", status: 404},
	})
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	h := newHandler(t, f)
	answered := make(chan *httptest.ResponseRecorder)
	go func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/changes?wait=20", nil))
		answered <- w
	}()
	f.happen(promptz.EventItemDeleted, f.items[publicPrompt])
	if w := <-answered; !strings.Contains(w.Body.String(), "promptz.item.deleted") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

// TestWaitingEnds lets the server drain under who waits.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	for _, accept := range []string{"application/json", "text/event-stream"} {
		f := newFake()
		deps := depsOn(t, f, f, &f.signIn)
		draining := make(chan struct{})
		deps.Draining = draining
		h, err := api.NewHandler(deps)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/v1/changes?wait=25", nil)
		r.Header.Set("Accept", accept)
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			h.ServeHTTP(httptest.NewRecorder(), r)
		}()
		close(draining)
		select {
		case <-answered:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: it waits on though the server drains", accept)
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	threeEvents(f)
	h := newHandler(t, f)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/v1/changes?cursor=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Host = "prompts.example.com"
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	wantLines(t, answer, "retry: 1000", "id: 2", "event: promptz.item.published", "id: 3", "event: promptz.item.updated")
	f.happen(promptz.EventItemDeleted, f.items[publicPrompt])
	wantLines(t, answer, "id: 4", "event: promptz.item.deleted")
}

// wantLines reads a stream up to each of the lines in turn.
func wantLines(t testing.TB, answer *http.Response, want ...string) {
	t.Helper()
	var line []byte
	for b := make([]byte, 1); len(want) > 0; {
		if _, err := answer.Body.Read(b); err != nil {
			t.Fatalf("waiting for %q: %v", want[0], err)
		}
		if b[0] != '\n' {
			line = append(line, b[0])
			continue
		}
		if string(line) == want[0] {
			want = want[1:]
		}
		line = nil
	}
}

// TestNoWait asks where nobody can be waited for: what there is comes at once, and
// a stream is one batch with the time after which to ask again.
func TestNoWait(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"application/json":  `"cursor":"3"`,
		"text/event-stream": "retry: 5000\n\nid: 3\n\n",
	} {
		f := newFake()
		seed(f)
		threeEvents(f)
		deps := depsOn(t, f, f, &f.signIn)
		deps.NoWait = true
		h, err := api.NewHandler(deps)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/v1/changes?cursor=3&wait=25", nil)
		r.Header.Set("Accept", accept)
		answered := make(chan *httptest.ResponseRecorder)
		go func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			answered <- w
		}()
		select {
		case w := <-answered:
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %s", accept, w.Body)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: it waits", accept)
		}
	}
}
