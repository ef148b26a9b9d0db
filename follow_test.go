package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/docstore/awsdynamodb/v2"

	"promptz/internal/awstest"
	"promptz/internal/config"
	"promptz/internal/events"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// TestFollowerOnSQLite holds the log to its promise where processes share a file.
func TestFollowerOnSQLite(t *testing.T) { testFollower(t, "", 25) }

// TestFollowerOnDynamoDB is the same where they share tables.
func TestFollowerOnDynamoDB(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	testFollower(t, newTables(t, db.Endpoint()), 6)
}

// newTables makes the tables of a deployment and gives the URL that names them.
func newTables(t *testing.T, endpoint string) (documents string) {
	t.Helper()
	prefix := "all-" + rand.Text() + "-"
	for _, collection := range []string{store.LibraryCollection, store.IdentityCollection, store.EphemeralCollection} {
		spec := awstest.TableSpec{Name: prefix + collection, Indexes: indexesOn(collection)}
		if err := awstest.CreateTable(t.Context(), awstest.Tables(endpoint), spec); err != nil {
			t.Fatal(err)
		}
	}
	return tableURL(prefix+"{collection}", endpoint)
}

// tableURL is how a table is named to the program.
func tableURL(table, endpoint string) string {
	return awsdynamodb.Scheme + "://" + table + "?" + url.Values{"region": {awstest.Region}, "endpoint": {endpoint}}.Encode()
}

// testFollower lets eight writers in two processes write, whose clocks are up to
// two hours apart, while a third process serves. A follower of the log and one of
// /v1/changes must see every acknowledged write once, under numbers without a
// gap, each item's and each star's in the order in which they were made.
func testFollower(t *testing.T, documents string, rounds int) {
	s := startServing(t, documents)
	shared, _, err := s.app.library.CreateItem(t.Context(), author, promptz.KindPrompt, writersDraft("shared"), nil)
	if err != nil {
		t.Fatal(err)
	}
	feeds := []promptz.Feed{promptz.FeedItems, promptz.FeedActivity}
	seen, shown := make([][]fact, len(feeds)), make([][]fact, len(feeds))
	written := make(chan struct{})
	var following sync.WaitGroup
	for i, feed := range feeds {
		following.Go(func() { seen[i] = s.followLog(t, feed, written) })
		following.Go(func() { shown[i] = s.followChanges(t, feed, written) })
	}
	done := s.write(t, shared.ID, rounds, "0s,-1h,1h,-7s", "3s,-20m,61m,-1ms")
	for _, relay := range s.app.relays { // what a process wrote as it ended
		if err := relay.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(written)
	following.Wait()

	done = append(done, createdFacts(shared.ID)...)
	if len(done) < 8*rounds {
		t.Errorf("%d events: this tested next to nothing", len(done))
	}
	if diff := cmp.Diff(inAnyOrder(done), inAnyOrder(withoutActor(toggler, slices.Concat(seen...)))); diff != "" {
		t.Errorf("the log (-done +seen):\n%s", diff)
	}
	for i, feed := range feeds {
		if diff := cmp.Diff(anonymized(seen[i]), shown[i]); diff != "" {
			t.Errorf("/v1/changes of %s (-in the log +shown):\n%s", feed, diff)
		}
	}
	checkVersions(t, seen[0])
	checkStars(t, seen[1])
	t.Logf("%d events of items and %d of stars", len(seen[0]), len(seen[1]))
}

// fact is what matters of an event.
type fact struct {
	Type    promptz.EventType
	Item    string
	Version int // of changes alone: what a star's is depends on who was faster
	Actor   string
}

func factOf(e promptz.Event) fact {
	if e.Feed() == promptz.FeedActivity {
		e.Version = 0
	}
	return fact{e.Type, e.ItemID, e.Version, e.ActorID}
}

func createdFacts(item string) []fact {
	return []fact{{promptz.EventItemCreated, item, 1, ""}, {promptz.EventItemPublished, item, 1, ""}}
}

// withoutActor leaves out what somebody did.
func withoutActor(user string, facts []fact) []fact {
	return slices.DeleteFunc(slices.Clone(facts), func(f fact) bool { return f.Actor == user })
}

// anonymized is what a stranger may see of facts.
func anonymized(facts []fact) []fact {
	facts = slices.Clone(facts)
	for i := range facts {
		facts[i].Actor = ""
	}
	return facts
}

func inAnyOrder(facts []fact) []string {
	lines := make([]string, len(facts))
	for i, f := range facts {
		lines[i] = fmt.Sprint(f)
	}
	slices.Sort(lines)
	return lines
}

// checkVersions holds each item's events to their order.
func checkVersions(t *testing.T, facts []fact) {
	t.Helper()
	last := map[string]int{}
	for _, f := range facts {
		if f.Version < last[f.Item] {
			t.Errorf("version %d of %s is told after version %d", f.Version, f.Item, last[f.Item])
		}
		last[f.Item] = f.Version
	}
}

// checkStars holds each star's events to their order: it is set and taken back in
// turn.
func checkStars(t *testing.T, facts []fact) {
	t.Helper()
	stands := map[string]bool{}
	for _, f := range facts {
		star := f.Actor + " " + f.Item
		if next := f.Type == promptz.EventItemStarred; stands[star] == next {
			t.Errorf("%s of %s is told twice in a row", f.Type, star)
		} else {
			stands[star] = next
		}
	}
}

// serving is the server that writers and followers meet at.
type serving struct {
	app *App
	cfg config.Config
}

func startServing(t *testing.T, documents string) *serving {
	t.Helper()
	cfg, err := writersConfig(t.TempDir(), documents)
	if err != nil {
		t.Fatal(err)
	}
	app, cleanup, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error)
	go func() { ended <- app.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		cleanup()
	})
	return &serving{app, cfg}
}

// followLog reads a feed by number until all is written, and then to its end.
func (s *serving) followLog(t *testing.T, feed promptz.Feed, written <-chan struct{}) (facts []fact) {
	for last := false; ; {
		complete := closed(written)
		after := int64(len(facts))
		some, err := s.app.items.Log().FindEvents(t.Context(), feed, after, 50)
		if err != nil {
			t.Errorf("follow %s after %d: %v", feed, after, err)
			return facts
		}
		for i, e := range some {
			if e.Number != after+int64(i)+1 || e.Feed() != feed {
				t.Errorf("the event after %d of %s is %d of %s", after+int64(i), feed, e.Number, e.Feed())
			}
			facts = append(facts, factOf(e))
		}
		if last = complete && len(some) == 0; last {
			return facts
		}
	}
}

// followChanges reads a feed as a stranger, cursor by cursor.
func (s *serving) followChanges(t *testing.T, feed promptz.Feed, written <-chan struct{}) (facts []fact) {
	envelopes := events.NewEnvelopes("")
	for cursor := "0"; ; {
		complete := closed(written)
		var page struct {
			Cursor string
			Items  []json.RawMessage
		}
		if err := getJSON(t.Context(), fmt.Sprintf("%s/v1/changes?feed=%s&limit=30&wait=1&cursor=%s", s.app.url(), feed, cursor), &page); err != nil {
			t.Error(err)
			return facts
		}
		for _, text := range page.Items {
			e, err := envelopes.Decode(text)
			if err != nil {
				t.Errorf("%v in %s", err, text)
			}
			facts = append(facts, factOf(e))
		}
		if complete && len(page.Items) == 0 {
			return facts
		}
		cursor = page.Cursor
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func getJSON(ctx context.Context, url string, v any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(v)
}
