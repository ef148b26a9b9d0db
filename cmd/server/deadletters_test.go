package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"promptz/internal/datatest"
)

// copiedEvent is the envelope of an event of its own, as the topic has them.
func copiedEvent(id, item string) []byte {
	return fmt.Appendf(nil, `{"specversion":"1.0","id":%q,"source":"http://127.0.0.1","type":"promptz.item.copied","subject":%q,`+
		`"time":%q,"datacontenttype":"application/json","data":{"id":%q,"kind":"prompt","version":1},"audience":"public","sequence":"1"}`,
		id, item, time.Now().UTC().Format(time.RFC3339Nano), item)
}

// deadLetter is one as `promptz events dead` prints it.
type deadLetter struct {
	ID, Event, Type, Subject, Reason string
	Attempts                         int
}

func listDead(t testing.TB, dir string) []deadLetter {
	t.Helper()
	out, _ := command(t, "--data", dir, "--json", "events", "dead")
	var letters []deadLetter
	if err := json.Unmarshal([]byte(out), &letters); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return letters
}

// awaitDead waits until there are so many dead letters.
func awaitDead(t testing.TB, dir string, n int) (letters []deadLetter) {
	t.Helper()
	eventually(t, carriedWithin, func() error {
		if letters = listDead(t, dir); len(letters) != n {
			return fmt.Errorf("there are %d dead letters instead of %d: %v", len(letters), n, letters)
		}
		return nil
	})
	return letters
}

// TestPoisonIsPutAside sends an event that can never be handled, of an item with an
// impossible id: others are handled at once, and when its attempts are used up it is
// a dead letter, which can be tried again.
func TestPoisonIsPutAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := startServer(t, dir)
	maria := client{t, server.url, newKey(t, dir, "maria")}
	path := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Healthy")).header.Get("Location")
	const poison = "poison"
	datatest.OpenEvents(t, dir).Send(t, []byte("no event at all"), copiedEvent(poison, "no\nid"))
	maria.expecting(http.StatusOK, http.MethodPost, path+"/copies", nil)
	maria.awaitCopies(path, 1)
	if dead := listDead(t, dir); len(dead) > 0 {
		t.Errorf("it is given up at once: %+v", dead)
	}

	// Its attempts take an hour and a half: this is its last.
	const key = "retry#count#" + poison
	lastAttempt := func() {
		datatest.Falsify(t, dir, "library", key, map[string]any{"attempts": 7, "dueAt": 0, "dueSort": "0000000000000#" + key})
	}
	for range 2 {
		lastAttempt()
		letter := awaitDead(t, dir, 1)[0]
		if letter.ID != "count/"+poison || letter.Event != poison || letter.Type != "promptz.item.copied" ||
			letter.Subject != "no\nid" || letter.Attempts != 8 || !strings.Contains(letter.Reason, "name of an execution") {
			t.Errorf("the dead letter is %+v", letter)
		}
		checkTable(t, dir, 1)
		if o := mustRun(t, "--data", dir, "events", "redrive", letter.ID); o.stdout != "" || o.stderr != "1 redriven\n" {
			t.Errorf("redrive says %q and %q", o.stdout, o.stderr)
		}
		awaitDead(t, dir, 0)
	}
	maria.awaitCopies(path, 1)
}

// checkTable sees that the table of dead letters has a line for each.
func checkTable(t testing.TB, dir string, n int) {
	t.Helper()
	if o := mustRun(t, "--data", dir, "events", "dead"); strings.Count(o.stdout, "\n") != n+1 || !strings.HasPrefix(o.stdout, "ID ") {
		t.Errorf("the table of %d dead letters is\n%s", n, o.stdout)
	}
}

// TestQueuePutsAside has somebody take messages and never acknowledge them: what was
// delivered as often as the subscription allows is a dead letter of the queue, and is
// handled when it is sent again.
func TestQueuePutsAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := newKey(t, dir, "maria")
	server := startServer(t, dir)
	maria := client{t, server.url, key}
	made := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Wanted"))
	path := made.header.Get("Location")
	events := datatest.OpenEvents(t, dir)
	// What has happened so far must not be in the way: it has come when it has had
	// its effects.
	eventually(t, windowsEnd, func() (err error) {
		greeted, published, waiting := listExecutions(t, dir, "welcome"), listExecutions(t, dir, "publication"), events.Waiting(t)
		if len(greeted) != 1 || len(published) != 1 || waiting > 0 {
			err = fmt.Errorf("%d were greeted, %d published, and %d messages wait", len(greeted), len(published), waiting)
		}
		return err
	})
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	events.Send(t, copiedEvent("lost", made.member(t, "id")))
	events.Lose(t)

	maria.url = startServer(t, dir, "--subscription", "sqlite://events?file={data}/events.db&max_attempts=1").url
	letter := awaitDead(t, dir, 1)[0]
	if !strings.HasPrefix(letter.ID, "queue/") || letter.Event != "lost" || letter.Attempts != 1 || letter.Reason == "" {
		t.Errorf("the dead letter is %+v", letter)
	}
	checkTable(t, dir, 1)
	maria.awaitCopies(path, 0)
	if o := mustRun(t, "--data", dir, "--json", "events", "redrive", "--all"); o.stdout != "{\"redriven\":1}\n" {
		t.Errorf("redrive says %q", o.stdout)
	}
	maria.awaitCopies(path, 1)
	awaitDead(t, dir, 0)
}
