package api_test

import (
	"context"
	cryptorand "crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/api"
	"promptz/internal/events"
	"promptz/internal/library"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// happened is the handler on a real library in memory with its log.
type happened struct {
	http.Handler
	items *store.Library
	watch *events.Watch
}

func newHappened(t *testing.T) *happened {
	t.Helper()
	items := store.NewLibrary(memory(t), store.Tuning{}, time.Now, cryptorand.Reader)
	users := store.NewIdentity(memory(t), store.Tuning{}, time.Now, cryptorand.Reader)
	service := library.NewService(library.Deps{Items: items, Users: users, DayKeys: noKey{}, Now: time.Now, Random: cryptorand.Reader})
	f := newFake()
	h := &happened{items: items, watch: events.NewWatch(slog.New(slog.DiscardHandler), items.Log(), users.Log())}
	d := depsOn(t, service, f, &f.signIn)
	d.Changes, d.Watch = library.NewChanges(items.Log(), users.Log()), h.watch.Wait
	d.Envelope, d.Schemas = events.NewEnvelopes("https://prompts.example.com").Encode, events.SchemaFiles()
	var err error
	if h.Handler, err = api.NewHandler(d); err != nil {
		t.Fatal(err)
	}
	return h
}

// send sends a request that has to be answered with a status, and relays what it
// did.
func (h *happened) send(t *testing.T, as, method, path, body string, status int) *httptest.ResponseRecorder {
	t.Helper()
	s := scenario{as: as, method: method, path: path, body: body}
	if method == http.MethodPatch || method == http.MethodDelete {
		s.headers = headers("If-Match", "*")
	}
	w := do(t, h, s.request())
	if w.Code != status {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	ids := h.items.Log().TakeFresh(100)
	relay := events.NewRelay(h.items.Log(), h.watch, slog.New(slog.DiscardHandler))
	if err := relay.Relay(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	return w
}

// live lets maria make and publish an item that bob stars and somebody copies, and
// hide it again.
func (h *happened) live(t *testing.T) (path string) {
	t.Helper()
	made := h.send(t, "maria", "POST", "/v1/prompts", `{"name":"A prompt","description":"Of the test.","content":"x"}`, 201)
	var item struct{ ID string }
	if err := json.Unmarshal(made.Body.Bytes(), &item); err != nil {
		t.Fatal(err)
	}
	path = "/v1/prompts/" + item.ID
	h.send(t, "maria", "PATCH", path, `{"visibility":"public"}`, 200)
	h.send(t, "bob", "PUT", path+"/star", "", 200)
	h.send(t, "", "POST", path+"/copies", "", 200)
	h.send(t, "maria", "PATCH", path, `{"content":"y","visibility":"private"}`, 200)
	h.send(t, "bob", "DELETE", path+"/star", "", 200)
	return path
}

// told is an answer of /v1/changes.
type told struct {
	Items []struct {
		Type, Subject, Sequence, Audience string
		Data                              map[string]any
	}
	Cursor, Next string
}

func (h *happened) changes(t *testing.T, as, path string) told {
	t.Helper()
	w := h.send(t, as, "GET", path, "", 200)
	if got := w.Header().Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("%s: Cache-Control %q", path, got)
	}
	if got := w.Header().Get("ETag"); got != "" {
		t.Errorf("%s: it has the tag %s", path, got)
	}
	var p told
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p told) lines() []string {
	lines := []string{}
	for _, e := range p.Items {
		lines = append(lines, fmt.Sprint(e.Sequence, " ", strings.TrimPrefix(e.Type, "promptz.item."), " v", e.Data["version"], " by ", e.Data["actor"]))
	}
	return lines
}

// TestChangesOfALife reads what an item's life told, as its owner and as others.
func TestChangesOfALife(t *testing.T) {
	t.Parallel()
	h := newHappened(t)
	h.live(t)
	for _, test := range []struct {
		as, query string
		want      []string
		cursor    string
	}{
		{"maria", "", []string{"1 created v1 by <nil>", "2 published v1 by <nil>", "3 unpublished v2 by <nil>"}, "3"},
		{"", "", []string{"2 published v1 by <nil>", "3 unpublished v<nil> by <nil>"}, "3"},
		{"bob", "", []string{"2 published v1 by <nil>", "3 unpublished v<nil> by <nil>"}, "3"},
		{"maria-public", "", []string{"2 published v1 by <nil>", "3 unpublished v<nil> by <nil>"}, "3"},
		{"maria", "?feed=activity", []string{"1 starred v1 by " + bob, "2 copied v1 by <nil>", "3 unstarred v2 by " + bob}, "3"},
		{"bob", "?feed=activity", []string{"1 starred v1 by <nil>", "2 copied v1 by <nil>"}, "3"},
		{"", "?feed=activity&types=promptz.item.copied", []string{"2 copied v1 by <nil>"}, "3"},
		{"", "?types=promptz.item.deleted", []string{}, "3"},
		{"", "?types=promptz.item.deleted,promptz.item.unpublished", []string{"3 unpublished v<nil> by <nil>"}, "3"},
		{"", "?cursor=2", []string{"3 unpublished v<nil> by <nil>"}, "3"},
		{"", "?cursor=3&wait=1", []string{}, "3"},
		{"maria", "?feed=accounts", []string{}, "0"},
	} {
		got := h.changes(t, test.as, "/v1/changes"+test.query)
		if diff := cmp.Diff(test.want, got.lines()); diff != "" || got.Cursor != test.cursor || got.Next != "" {
			t.Errorf("%q of %s: cursor %s, next %q (-want +got)\n%s", test.query, test.as, got.Cursor, got.Next, diff)
		}
	}
}

// TestChangesPageByPage follows next with all that was asked for, and cursor alone.
func TestChangesPageByPage(t *testing.T) {
	t.Parallel()
	h := newHappened(t)
	for range 3 {
		h.live(t)
	}
	const query = "/v1/changes?limit=2&types=promptz.item.published,promptz.item.unpublished"
	var byNext, byCursor []string
	for path := query; path != ""; {
		p := h.changes(t, "", path)
		byNext, path = append(byNext, p.lines()...), p.Next
	}
	for cursor := ""; ; {
		p := h.changes(t, "", query+cursor)
		byCursor = append(byCursor, p.lines()...)
		if len(p.Items) == 0 {
			break
		}
		cursor = "&cursor=" + p.Cursor
	}
	if len(byNext) != 6 || !slices.Equal(byNext, byCursor) {
		t.Errorf("by next %q, by cursor %q", byNext, byCursor)
	}
}

// TestChangesRefused asks for what there is not.
func TestChangesRefused(t *testing.T) {
	t.Parallel()
	h := newHappened(t)
	h.live(t)
	for _, test := range []struct {
		name, as, query string
		headers         map[string]string
		status          int
		want            string
	}{
		{"an unknown type", "", "?types=promptz.item.eaten", nil, 400, `promptz.item.eaten`},
		{"a type of another feed", "", "?types=promptz.item.starred", nil, 400, "items"},
		{"no type", "", "?types=", nil, 400, ""},
		{"a type in upper case", "", "?types=PROMPTZ.ITEM.CREATED", nil, 400, ""},
		{"types twice", "", "?types=promptz.item.created&types=promptz.item.deleted", nil, 400, ""},
		{"a feed in upper case", "", "?feed=Items", nil, 400, ""},
		{"an unknown parameter", "", "?after=3", nil, 400, ""},
		{"a limit that is too high", "", "?limit=101", nil, 400, ""},
		{"a limit of nothing", "", "?limit=0", nil, 400, ""},
		{"a cursor beyond all", "", "?cursor=4", nil, 410, `"expired"`},
		{"a cursor that no number is", "", "?cursor=abc", nil, 400, "number"},
		{"a cursor with zeros before", "", "?cursor=03", nil, 400, ""},
		{"a huge cursor", "", "?cursor=99999999999999999", nil, 400, ""},
		{"a last event that no number is", "", "?cursor=1", headers("Last-Event-ID", "1; drop"), 400, ""},
		{"a last event beyond all", "", "?cursor=1", headers("Last-Event-ID", "9"), 410, `"expired"`},
		{"a stream of a cursor beyond all", "", "?cursor=9", headers("Accept", "text/event-stream"), 410, `"expired"`},
		{"a stream of an unknown type", "", "?types=x", headers("Accept", "text/event-stream"), 400, `"unreadable"`},
		{"accounts, by nobody", "", "?feed=accounts", nil, 401, ""},
		{"accounts, as a stream by nobody", "", "?feed=accounts", headers("Accept", "text/event-stream"), 401, ""},
		{"accounts, without reading", "maria-public", "?feed=accounts", nil, 403, ""},
		{"with a bad token", "nobody-at-all", "", nil, 401, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := do(t, h, scenario{as: test.as, method: "GET", path: "/v1/changes" + test.query, headers: test.headers}.request())
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("status %d, want %d and %q: %s", w.Code, test.status, test.want, w.Body)
			}
		})
	}
}

// TestLongPollEndsForWhatIsSeen waits for events: what the caller may not see ends
// no waiting.
func TestLongPollEndsForWhatIsSeen(t *testing.T) {
	t.Parallel()
	h := newHappened(t)
	h.live(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	answered := make(chan told)
	go func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/changes?wait=25&cursor=3", nil).WithContext(ctx))
		var p told
		json.Unmarshal(w.Body.Bytes(), &p)
		answered <- p
	}()
	const draft = `{"name":"A prompt","description":"Of the test.","content":"x","visibility":"%s"}`
	h.send(t, "maria", "POST", "/v1/prompts", fmt.Sprintf(draft, promptz.VisibilityPrivate), 201)
	h.send(t, "maria", "POST", "/v1/prompts", fmt.Sprintf(draft, promptz.VisibilityPublic), 201)
	p := <-answered
	if want := "5 created v1 by <nil>"; len(p.Items) == 0 || p.lines()[0] != want {
		t.Errorf("got %q and cursor %s, want %q first", p.lines(), p.Cursor, want)
	}
}

// TestMyStars stars what is then hidden, over HTTP.
func TestMyStars(t *testing.T) {
	t.Parallel()
	h := newHappened(t)
	const draft = `{"name":"A prompt","description":"Of the test.","content":"x","visibility":"public"}`
	made := h.send(t, "maria", "POST", "/v1/prompts", draft, 201)
	path := made.Header().Get("Location")
	if w := h.send(t, "bob", "PUT", path+"/star", "", 200); w.Body.String() != `{"starred":true,"stars":1}` {
		t.Errorf("starred: %s", w.Body)
	}
	if w := h.send(t, "bob", "GET", "/v1/me/stars", "", 200); !strings.Contains(w.Body.String(), `"starred":true`) {
		t.Errorf("bob's stars: %s", w.Body)
	}
	h.send(t, "maria", "PATCH", path, `{"visibility":"private"}`, 200)
	if w := h.send(t, "bob", "GET", "/v1/me/stars", "", 200); !strings.Contains(w.Body.String(), `"items":[]`) {
		t.Errorf("bob's stars, hidden: %s", w.Body)
	}
	h.send(t, "bob", "PUT", path+"/star", "", 404)
	if w := h.send(t, "bob", "DELETE", path+"/star", "", 200); w.Body.String() != `{"starred":false,"stars":0}` {
		t.Errorf("taken back: %s", w.Body)
	}
	h.send(t, "bob", "DELETE", path+"/star", "", 404)
	h.send(t, "maria", "DELETE", path, "", 204)
	h.send(t, "maria", "PUT", path+"/star", "", 404)
}
