package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"gocloud.dev/pubsub/mempubsub"

	"promptz/internal/awstest"
	"promptz/internal/config"
	"promptz/internal/events"
	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/store/storetest"
	"promptz/internal/terraformtest"
)

// indexesOn gives the indexes of a collection's table, which are Terraform's.
func indexesOn(collection string) []awstest.Index {
	var indexes []awstest.Index
	for _, i := range terraformtest.Indexes(collection) {
		indexes = append(indexes, awstest.Index{Name: i.Name, Partition: i.Partition, Sort: i.Sort, KeysOnly: i.Projection == "KEYS_ONLY"})
	}
	return indexes
}

// TestStoreOnDynamoDB runs the whole suite on DynamoDB Local, opened by URL as the
// program opens it.
func TestStoreOnDynamoDB(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	storetest.Run(t, func(t testing.TB, collection string) (store.Handles, store.Tuning) {
		table := db.NewTable(t, indexesOn(collection)...)
		cfg := config.Config{Documents: db.CollectionURL(table.Name)}
		opened, err := newDocuments(slog.New(slog.DiscardHandler)).open(t.Context(), cfg, collection)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(opened.close)
		return opened.handles, opened.tuning
	})
}

// setEnvironment sets the credentials that DynamoDB Local takes.
func setEnvironment(t testing.TB, db *awstest.DynamoDB) {
	t.Helper()
	for _, entry := range db.Environment() {
		name, value, _ := strings.Cut(entry, "=")
		t.(interface{ Setenv(name, value string) }).Setenv(name, value)
	}
}

// measure is what is seen of the requests of a library.
type measure struct {
	*awstest.Meter
	calls awstest.Recorder
}

// metered opens the library on a table whose every request is measured.
func metered(t *testing.T, db *awstest.DynamoDB) (*store.Library, *measure) {
	t.Helper()
	table := db.NewTable(t, indexesOn(store.LibraryCollection)...)
	m := &measure{Meter: awstest.NewMeter(db.Client(), table)}
	cfg := awstest.Config(db.Endpoint())
	cfg.APIOptions = append(cfg.APIOptions, m.Attach, m.calls.Attach)
	handles, err := openTable(newDynamoDBClient(cfg), table.Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { handles.Consistent.Close(); handles.Eventual.Close() })
	return store.NewLibrary(handles, dynamoDBTuning(), testClock().now, rand.Reader), m
}

// TestDynamoDBQueriesUseIndexesAlone holds every list and sweep to one query on
// its index, with no filter and the limit at the server, and prints what each
// operation costs.
func TestDynamoDBQueriesUseIndexesAlone(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	library, meter := metered(t, db)
	items := make([]*promptz.Item, 30)
	for i := range items {
		items[i] = testItem(t, i)
		if err := library.CreateItem(t.Context(), items[i], promptz.Marks{}); err != nil {
			t.Fatal(err)
		}
	}
	starred := items[1]
	if err := library.StarItem(t.Context(), "another", starred); err != nil { // or the next is the first of its month, and of its feed
		t.Fatal(err)
	}
	relayAll(t, library)
	var table strings.Builder
	for _, o := range operations(library, items[0], starred) {
		took, _ := meter.hold(t, o)
		fmt.Fprintln(&table, took)
		for _, q := range meter.Queries() {
			for _, flaw := range q.Flaws() {
				t.Errorf("%s: query on %q: %s", o.name, q.Index, flaw)
			}
		}
	}
	t.Logf("capacity by operation (cards of about 1 KB, content of 2 KB):\n%s", &table)
}

// operation is something that the library does, to be metered. It takes so many
// calls, and may take so many units of capacity: docs/cost.md says what it took.
type operation struct {
	name        string
	calls       int
	read, write float64
	run         func(ctx context.Context) error
}

// hold lets an operation run and holds it to what it may take. It gives what it
// took, for people, and the units of capacity to write.
func (m *measure) hold(t *testing.T, o operation) (took string, write float64) {
	t.Helper()
	m.Reset()
	m.calls.Take()
	if err := o.run(t.Context()); err != nil {
		t.Fatalf("%s: %v", o.name, err)
	}
	read, write := m.Total()
	calls := m.calls.Take().Count()
	if calls != o.calls {
		t.Errorf("%s takes %d calls, want %d", o.name, calls, o.calls)
	}
	if read > o.read || write > o.write {
		t.Errorf("%s takes %.1f RCU and %.1f WCU, want at most %.1f and %.1f", o.name, read, write, o.read, o.write)
	}
	return fmt.Sprintf("%-24s %4d calls %6.1f RCU %6.1f WCU", o.name, calls, read, write), write
}

// operations are what the library does to an item, to another that was starred
// already, and to lists, in an order in which each can be done.
func operations(library *store.Library, item, starred *promptz.Item) []operation {
	return slices.Concat(listings(library, item.ID), counts(library, item, starred), endings(library, item.ID))
}

// listings make an item more, read the one with an id, and read lists by date.
func listings(library *store.Library, id string) []operation {
	find := func(consistent bool) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := library.FindItem(ctx, id, consistent)
			return err
		}
	}
	kinds := []promptz.Kind{promptz.KindPrompt}
	return []operation{
		{"create", 1, 1, 22, func(ctx context.Context) error {
			item, err := newTestItem(30)
			if err != nil {
				return err
			}
			return library.CreateItem(ctx, item, promptz.Marks{})
		}},
		{"number both its events", 2, 4, 20, relay(library, 2)},
		{"read, anonymous", 2, 2, 0, find(false)},
		{"read, signed in", 2, 4, 0, find(true)},
		{"list 20 newest", 2, 15, 0, list20(library, promptz.ItemFilter{Kinds: kinds, Sort: promptz.SortNewest})},
		{"list 20 updated", 2, 15, 0, list20(library, promptz.ItemFilter{Kinds: kinds, Sort: promptz.SortUpdated})},
		{"list 20 of an author", 2, 15, 0, list20(library, promptz.ItemFilter{Kinds: kinds, OwnerID: "owner", Sort: promptz.SortNewest})},
		{"list 20 of one's own", 2, 15, 0, list20(library, promptz.ItemFilter{Kinds: kinds, OwnerID: "owner", Drafts: true, Sort: promptz.SortUpdated})},
	}
}

// counts are what counts, and what is ordered by it.
func counts(library *store.Library, item, starred *promptz.Item) []operation {
	copied := promptz.ItemEvent(promptz.EventItemCopied, item, time.Now())
	copied.ID = "0193b1c8-d007-7000-8000-0123456789ab"
	kinds := []promptz.Kind{promptz.KindPrompt}
	return []operation{
		{"star", 2, 3, 15, func(ctx context.Context) error { return library.StarItem(ctx, "user", starred) }},
		{"number its event", 2, 4, 12, relay(library, 1)},
		{"first star of a month", 3, 3, 15, func(ctx context.Context) error { return library.StarItem(ctx, "user", item) }},
		{"number its event", 2, 4, 12, relay(library, 1)},
		{"copy", 1, 1, 8, func(ctx context.Context) error {
			_, err := library.CreateInteraction(ctx, copied, "mark", time.Now().Add(time.Hour))
			return err
		}},
		{"number its event", 2, 4, 12, relay(library, 1)},
		{"count a copy", 1, 2, 12, func(ctx context.Context) error { return library.CountEvents(ctx, item.ID, []promptz.Event{copied}) }},
		{"rank an item", 2, 8, 8, func(ctx context.Context) error {
			_, err := library.Rescore(ctx, item.ID)
			return err
		}},
		{"list 20 popular", 2, 25, 0, list20(library, promptz.ItemFilter{Kinds: kinds, Sort: promptz.SortPopular})},
		{"list 20 trending", 2, 25, 0, list20(library, promptz.ItemFilter{Kinds: kinds, Sort: promptz.SortTrending})},
	}
}

// endings read the changes, make one more to the item with an id, and end it.
func endings(library *store.Library, id string) []operation {
	return []operation{
		{"20 changes", 2, 25, 0, func(ctx context.Context) error {
			_, err := library.Log().FindEvents(ctx, promptz.FeedItems, 0, 20)
			return err
		}},
		{"update, a new version", 3, 4, 20, change(library, id, func(ctx context.Context, old *promptz.Item) error {
			next := *old
			next.Content, next.Version, next.Revision = "another text", 2, 2
			return library.UpdateItem(ctx, old, &next, promptz.Marks{})
		})},
		{"delete", 3, 4, 20, change(library, id, library.DeleteItem)},
		{"sweep", 39, 60, 60, func(ctx context.Context) error {
			swept, err := library.Sweep(ctx)
			if err == nil && swept.Purged != 1 {
				err = fmt.Errorf("purged %d, want 1", swept.Purged)
			}
			return err
		}},
	}
}

// relay gives numbers to what was just written.
func relay(library *store.Library, want int) func(context.Context) error {
	return func(ctx context.Context) error {
		appended, err := library.Log().AppendEvents(ctx, library.Log().TakeFresh(100))
		if err == nil && len(appended) != want {
			err = fmt.Errorf("%d events were numbered, want %d", len(appended), want)
		}
		return err
	}
}

// relayAll gives numbers to all that wait.
func relayAll(t *testing.T, library *store.Library) {
	t.Helper()
	if _, err := library.Log().AppendEvents(t.Context(), library.Log().TakeFresh(1000)); err != nil {
		t.Fatal(err)
	}
}

// list20 reads a page of twenty of more.
func list20(library *store.Library, f promptz.ItemFilter) func(context.Context) error {
	f.Limit = 20
	return func(ctx context.Context) error {
		page, err := library.FindItems(ctx, f)
		if err == nil && (len(page.Items) != 20 || page.Next == "") {
			err = fmt.Errorf("got %d items and next %q", len(page.Items), page.Next)
		}
		return err
	}
}

// change reads an item and does something to it.
func change(library *store.Library, id string, do func(context.Context, *promptz.Item) error) func(context.Context) error {
	return func(ctx context.Context) error {
		old, err := library.FindItem(ctx, id, true)
		if err != nil {
			return err
		}
		return do(ctx, old)
	}
}

// TestDynamoDBStarInAll holds what a star takes from the click to its place on the
// lists to what the issue allows: in the request, and in all.
func TestDynamoDBStarInAll(t *testing.T) {
	library, meter := metered(t, awstest.StartDynamoDB(t))
	item := testItem(t, 0)
	if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	relayAll(t, library)
	topic := mempubsub.NewTopic()
	mempubsub.NewSubscription(topic, time.Minute) // or it warns
	t.Cleanup(func() { topic.Shutdown(context.WithoutCancel(t.Context())) })
	publisher := events.NewPublisher(topic, newEnvelopes("https://prompts.example.com"), nil, slog.New(slog.DiscardHandler), "")
	if err := publisher.Flush(t.Context(), library.Log()); err != nil {
		t.Fatal(err)
	}
	steps := func(user string, more int) []operation { // calls, for what is not there before the first
		return []operation{
			{name: "star", calls: 2 + more, read: 4, write: 15, run: func(ctx context.Context) error { return library.StarItem(ctx, user, item) }},
			{name: "number its event", calls: 2 + more, read: 4, write: 12, run: func(ctx context.Context) error {
				_, err := library.Log().AppendEvents(ctx, library.Log().TakeFresh(100))
				return err
			}},
			{name: "publish it", calls: 7, read: 8, write: 2, run: func(ctx context.Context) error { return publisher.Flush(ctx, library.Log()) }},
			{name: "rank the item", calls: 2, read: 8, write: 8, run: func(ctx context.Context) error { _, err := library.Rescore(ctx, item.ID); return err }},
		}
	}
	for i, user := range []string{"the first of its month", "another"} {
		t.Run(user, func(t *testing.T) {
			sum := 0.0
			for _, o := range steps(user, 1-i) {
				took, write := meter.hold(t, o)
				t.Log(took)
				sum += write
			}
			t.Logf("in all %.1f WCU", sum)
			if sum > 30 {
				t.Errorf("in all %.1f WCU, want at most 30", sum)
			}
		})
	}
}
