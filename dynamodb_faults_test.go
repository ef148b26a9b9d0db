package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/awstest"
	"promptz/internal/config"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// openFaulty opens the library by URL, as the program does, on a table behind a
// server at which faults happen. The environment is to be db's: see setEnvironment.
func openFaulty(t *testing.T, db *awstest.DynamoDB) (*awstest.FaultyDynamoDB, *store.Library) {
	t.Helper()
	f := awstest.NewFaultyDynamoDB(t, db)
	table := db.NewTable(t, indexesOn(store.LibraryCollection)...)
	opened, err := newDocuments(slog.New(slog.DiscardHandler)).open(t.Context(), config.Config{Documents: f.CollectionURL(table.Name)}, store.LibraryCollection)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.close)
	return f, store.NewLibrary(opened.handles, opened.tuning, testClock().now, rand.Reader)
}

// readFaults are what may happen to a read.
var readFaults = []struct {
	name    string
	happens awstest.Happening
	batch   int // of how many keys it is at least; 0 is any call
}{
	{"throttled", awstest.Throttle(), 0},
	{"throttled by the control plane", awstest.Refuse(http.StatusBadRequest, "ThrottlingException"), 0},
	{"over the account's limit", awstest.Refuse(http.StatusBadRequest, "RequestLimitExceeded"), 0},
	{"broken", awstest.Break(), 0},
	{"cut", awstest.CutBefore(), 0},
	{"answer lost", awstest.CutAfter(), 0},
	{"nothing of a batch", awstest.Part(0), 1},
	{"one of a batch", awstest.Part(1), 2},
}

// reading is a read.
type reading struct {
	name  string
	calls []int // of so many keys each; 0 is a query
	read  func(context.Context) (any, error)
}

func readings(library *store.Library, item *promptz.Item) []reading {
	find := func(consistent bool) func(context.Context) (any, error) {
		return func(ctx context.Context) (any, error) { return library.FindItem(ctx, item.ID, consistent) }
	}
	list := func(sort promptz.Sort) func(context.Context) (any, error) {
		return func(ctx context.Context) (any, error) {
			return library.FindItems(ctx, promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: sort, Limit: 3})
		}
	}
	return []reading{
		{"find, anonymous", []int{1, 2}, find(false)},
		{"find, signed in", []int{1, 2}, find(true)},
		{"list by date", []int{0, 3}, list(promptz.SortNewest)},
		{"list by score", []int{0, 6}, list(promptz.SortPopular)},
		{"changes", []int{1, 4}, func(ctx context.Context) (any, error) {
			return library.Log().FindEvents(ctx, promptz.FeedItems, 0, 4)
		}},
		{"versions", []int{3}, func(ctx context.Context) (any, error) { return library.FindVersions(ctx, item.ID, 1, 3) }},
		{"starred", []int{2}, func(ctx context.Context) (any, error) {
			return library.HasStarred(ctx, "user", []string{item.ID, "0123456789ab"})
		}},
	}
}

// seedFaulty fills a library with four items, of which the first is starred.
func seedFaulty(t *testing.T, library *store.Library) *promptz.Item {
	t.Helper()
	var items []*promptz.Item
	for n := range 4 {
		item := testItem(t, n)
		items = append(items, item)
		if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := library.StarItem(t.Context(), "user", items[0]); err != nil {
		t.Fatal(err)
	}
	relayAll(t, library)
	return items[0]
}

// TestDynamoDBReadsDespiteFaults lets each fault happen to each call of each read,
// twice in a row: what is read is what is there.
func TestDynamoDBReadsDespiteFaults(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	f, library := openFaulty(t, db)
	item := seedFaulty(t, library)
	for _, r := range readings(library, item) {
		f.Arm()
		want, err := r.read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range readFaults {
			for call, keys := range r.calls {
				if keys < fault.batch {
					continue
				}
				t.Run(fmt.Sprintf("%s/call %d %s", r.name, call+1, fault.name), func(t *testing.T) {
					f.Arm(awstest.Fault{After: call, Times: 2, Happens: fault.happens})
					got, err := r.read(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(promptz.Item{}, "Guard")); diff != "" {
						t.Errorf("-without +with the fault:\n%s", diff)
					}
					if f.Waiting() > 0 {
						t.Error("it did not happen as often: this tested nothing")
					}
				})
			}
		}
	}
}

// TestDynamoDBReadsEndInFaults lets each fault happen without an end: what is asked
// in vain is asked as often as the client tries and no more, and the read says that
// the store is not available, and calls nothing absent.
func TestDynamoDBReadsEndInFaults(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	for _, reads := range []int{1, 2} { // one begins with a batch, and one with a query
		for _, fault := range readFaults {
			if fault.name == "one of a batch" {
				continue // it comes to an end
			}
			t.Run(fmt.Sprint(reads, " ", fault.name), func(t *testing.T) {
				t.Parallel()
				f, library := openFaulty(t, db)
				r := readings(library, seedFaulty(t, library))[reads]
				armed := awstest.Fault{Happens: fault.happens}
				if fault.batch > 0 {
					armed.Operation = "BatchGetItem"
				}
				f.Arm(armed)
				got, err := r.read(t.Context())
				if promptz.ErrorCode(err) != promptz.CodeUnavailable {
					t.Errorf("got %v, %v; want %s", got, err, promptz.CodeUnavailable)
				}
				if f.Happened() != tries {
					t.Errorf("it was asked %d times, want %d", f.Happened(), tries)
				}
			})
		}
	}
}

// deadline is a context whose deadline passes when a test says so.
type deadline struct{ context.Context }

func newDeadline(t *testing.T) (ctx context.Context, pass func()) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	return deadline{ctx}, func() { cancel(context.DeadlineExceeded) }
}

func (d deadline) Err() error {
	if d.Context.Err() == nil {
		return nil
	}
	return context.DeadlineExceeded
}

// TestDynamoDBReadsEndInTime waits for answers that never come, no longer than the
// caller does.
func TestDynamoDBReadsEndInTime(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	f, library := openFaulty(t, db)
	item := seedFaulty(t, library)
	for _, r := range readings(library, item) {
		t.Run(r.name, func(t *testing.T) {
			ctx, pass := newDeadline(t)
			f.Arm(awstest.Fault{After: len(r.calls) - 1, Happens: awstest.Hang(pass)})
			if _, err := r.read(ctx); promptz.ErrorCode(err) != promptz.CodeUnavailable {
				t.Errorf("got %v, want %s", err, promptz.CodeUnavailable)
			}
			if f.Waiting() > 0 {
				t.Error("it did not hang: this tested nothing")
			}
		})
	}
}

// TestDynamoDBThrottledIs503 throttles the tables of a whole server: who asks learns
// that it is not available, and when it is again, all is as it was.
func TestDynamoDBThrottledIs503(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	f := awstest.NewFaultyDynamoDB(t, db)
	s := startServing(t, newTables(t, f.Endpoint()))
	item, _, err := s.app.library.CreateItem(t.Context(), author, promptz.KindPrompt, writersDraft("throttled"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/prompts/" + item.ID, "/v1/prompts", "/v1/prompts?sort=popular"} {
		if got := statusOf(t, s.app.url()+path); got != http.StatusOK { // what starts may meet no fault
			t.Fatalf("%s: status %d before", path, got)
		}
		f.Arm(awstest.Fault{Happens: awstest.Throttle()})
		if got := statusOf(t, s.app.url()+path); got != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d while the tables are throttled", path, got)
		}
		f.Arm()
		if got := statusOf(t, s.app.url()+path); got != http.StatusOK {
			t.Errorf("%s: status %d afterwards", path, got)
		}
	}
}

func statusOf(t *testing.T, url string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// TestDynamoDBMissingTableIsNoMissingDocument asks a table that was removed under
// the program.
func TestDynamoDBMissingTableIsNoMissingDocument(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	spec := awstest.TableSpec{Name: "removed"}
	if err := awstest.CreateTable(t.Context(), db.Client(), spec); err != nil {
		t.Fatal(err)
	}
	handles, err := openTable(newDynamoDBClient(awstest.Config(db.Endpoint())), spec.Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { handles.Consistent.Close(); handles.Eventual.Close() })
	if _, err := db.Client().DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &spec.Name}); err != nil {
		t.Fatal(err)
	}
	library := store.NewLibrary(handles, dynamoDBTuning(), testClock().now, rand.Reader)
	if err := library.Ping(t.Context()); err == nil {
		t.Error("a missing table is ready")
	}
	for _, r := range readings(library, testItem(t, 0)) {
		if got, err := r.read(t.Context()); err == nil || promptz.ErrorCode(err) == promptz.CodeNotFound {
			t.Errorf("%s: got %v, %v from a table that is not there", r.name, got, err)
		}
	}
}
