package app

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"gocloud.dev/docstore"
	"gocloud.dev/docstore/awsdynamodb/v2"

	"promptz/internal/awstest"
	"promptz/internal/config"
	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/store/storetest"
)

// indexesOn gives what store declares for a collection, as tables are made of it.
func indexesOn(collection string) []awstest.Index {
	var indexes []awstest.Index
	for _, i := range store.IndexesOf(collection) {
		if i.Name != "expiry" { // it is for stores without a TTL
			indexes = append(indexes, awstest.Index{Name: i.Name, Partition: i.Partition, Sort: i.Sort, KeysOnly: i.KeysOnly})
		}
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
		opened, err := newDocuments().open(t.Context(), cfg, collection)
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

// metered opens the library on a table whose every request is metered.
func metered(t *testing.T, db *awstest.DynamoDB) (*store.Library, *awstest.Meter) {
	t.Helper()
	table := db.NewTable(t, indexesOn(store.LibraryCollection)...)
	meter := awstest.NewMeter(db.Client(), table)
	open := func(options *awsdynamodb.Options) *docstore.Collection {
		c, err := awsdynamodb.OpenCollection(db.Client(meter.Attach), table.Name, store.KeyField, "", options)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	handles := store.Handles{
		Consistent: open(&awsdynamodb.Options{ConsistentRead: true}),
		Eventual:   open(nil),
	}
	return store.NewLibrary(handles, dynamoDBTuning(), testClock().now, rand.Reader), meter
}

// TestDynamoDBQueriesUseIndexesAlone holds every list and sweep to one query on
// its index, with no filter and the limit at the server, and prints what each
// operation costs.
func TestDynamoDBQueriesUseIndexesAlone(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	library, meter := metered(t, db)
	var table strings.Builder
	step := func(name string, do func() error) {
		t.Helper()
		meter.Reset()
		if err := do(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		read, write := meter.Total()
		fmt.Fprintf(&table, "%-28s %6.1f RCU %6.1f WCU\n", name, read, write)
		for _, q := range meter.Queries() {
			for _, flaw := range q.Flaws() {
				t.Errorf("%s: query on %q: %s", name, q.Index, flaw)
			}
		}
	}
	items := make([]*promptz.Item, 30)
	for i := range items {
		items[i] = testItem(t, i)
		name := fmt.Sprint("create ", i)
		step(name, func() error { return library.CreateItem(t.Context(), items[i], promptz.Marks{}) })
		if i > 0 { // one line is enough
			lines := strings.SplitAfter(table.String(), "\n")
			table.Reset()
			table.WriteString(lines[0])
		}
	}
	find := func(consistent bool) func() error {
		return func() error {
			_, err := library.FindItem(t.Context(), items[3].ID, consistent)
			return err
		}
	}
	step("read, anonymous", find(false))
	step("read, signed in", find(true))
	kinds := []promptz.Kind{promptz.KindPrompt}
	for name, f := range map[string]promptz.ItemFilter{
		"list 20 newest":       {Kinds: kinds, Sort: promptz.SortNewest, Limit: 20},
		"list 20 updated":      {Kinds: kinds, Sort: promptz.SortUpdated, Limit: 20},
		"list 20 of an author": {Kinds: kinds, OwnerID: "owner", Sort: promptz.SortNewest, Limit: 20},
		"list 20 of one's own": {Kinds: kinds, OwnerID: "owner", Drafts: true, Sort: promptz.SortUpdated, Limit: 20},
	} {
		step(name, func() error {
			page, err := library.FindItems(t.Context(), f)
			if err == nil && (len(page.Items) != 20 || page.Next == "") {
				err = fmt.Errorf("got %d items and next %q", len(page.Items), page.Next)
			}
			return err
		})
	}
	old, err := library.FindItem(t.Context(), items[0].ID, true)
	if err != nil {
		t.Fatal(err)
	}
	next := *old
	next.Content, next.Version, next.Revision = "another text", 2, 2
	step("update, a new version", func() error { return library.UpdateItem(t.Context(), old, &next, promptz.Marks{}) })
	if old, err = library.FindItem(t.Context(), items[0].ID, true); err != nil {
		t.Fatal(err)
	}
	step("delete", func() error { return library.DeleteItem(t.Context(), old) })
	step("sweep", func() error {
		swept, err := library.Sweep(t.Context())
		if err == nil && swept.Purged != 1 {
			err = fmt.Errorf("purged %d, want 1", swept.Purged)
		}
		return err
	})
	t.Logf("capacity by operation (cards of about 1 KB, content of 2 KB):\n%s", &table)
}
