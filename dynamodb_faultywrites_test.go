package app

import (
	"context"
	"crypto/rand"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// tries is how often a client sends a request before it gives up: then it is the
// store's turn to find out what came of it.
const tries = dynamoDBAttempts

// openHasty is openFaulty with a client that tries as often, and hardly waits: the
// store gives a write two seconds, whatever the machine is like.
func openHasty(t *testing.T, db *awstest.DynamoDB) (*awstest.FaultyDynamoDB, *store.Library) {
	t.Helper()
	f := awstest.NewFaultyDynamoDB(t, db)
	client := dynamodb.New(newDynamoDBClient(awstest.Config(f.Endpoint())).Options(), func(o *dynamodb.Options) {
		o.Retryer = hastyRetryer{o.Retryer}
	})
	handles, err := openTable(client, db.NewTable(t, indexesOn(store.LibraryCollection)...).Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { handles.Consistent.Close(); handles.Eventual.Close() })
	return f, store.NewLibrary(handles, dynamoDBTuning(), testClock().now, rand.Reader)
}

// hastyRetryer is another retryer that waits for a millisecond.
type hastyRetryer struct{ aws.Retryer }

func (hastyRetryer) RetryDelay(int, error) (time.Duration, error) { return time.Millisecond, nil }

// writeFaults are what may happen to a write, some of them one after the other.
var writeFaults = []struct {
	name   string
	faults []awstest.Fault
}{
	{"without a fault", nil},
	{"in conflict", []awstest.Fault{{Times: 3, Happens: awstest.Cancel("TransactionConflict")}}},
	{"in conflict at another write", []awstest.Fault{{Times: 3, Happens: awstest.Cancel("None", "TransactionConflict")}}},
	{"cancelled for its throughput", []awstest.Fault{{Times: 2, Happens: awstest.Cancel("ProvisionedThroughputExceeded")}}},
	{"cancelled by throttling", []awstest.Fault{{Times: 2, Happens: awstest.Cancel("None", "ThrottlingError")}}},
	{"cancelled for a condition that holds", []awstest.Fault{{Times: 2, Happens: awstest.Cancel("ConditionalCheckFailed")}}},
	{"throttled", []awstest.Fault{{Times: 3, Happens: awstest.Throttle()}}},
	{"throttled for longer than the client tries", []awstest.Fault{{Times: tries, Happens: awstest.Refuse(http.StatusBadRequest, "ThrottlingException")}}},
	{"broken", []awstest.Fault{{Times: 3, Happens: awstest.Break()}}},
	{"cut", []awstest.Fault{{Times: 3, Happens: awstest.CutBefore()}}},
	{"answer lost", []awstest.Fault{{Times: 3, Happens: awstest.CutAfter()}}},
	{"answer lost for good", []awstest.Fault{{Times: tries, Happens: awstest.CutAfter()}}},
	{"answer lost, and then still under way", []awstest.Fault{
		{Times: 1, Happens: awstest.CutAfter()},
		{Times: 2, Happens: awstest.Refuse(http.StatusBadRequest, "TransactionInProgressException")},
	}},
	{"under way for longer than the client tries", []awstest.Fault{
		{Times: 1, Happens: awstest.CutAfter()},
		{Times: tries - 1, Happens: awstest.Refuse(http.StatusBadRequest, "TransactionInProgressException")},
	}},
	{"answer lost, and then throttled", []awstest.Fault{
		{Times: 1, Happens: awstest.CutAfter()}, {Times: tries - 1, Happens: awstest.Throttle()},
	}},
}

// TestDynamoDBWritesDespiteFaults lets each fault happen to each write of an item's
// life: in the end each was done, and once.
func TestDynamoDBWritesDespiteFaults(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	once := promptz.Stats{Stars: 1, Copies: 1}
	want := &life{
		Content: "second text", Version: 2, Revision: 2, Stats: once, Day: once,
		Events: map[promptz.Feed][]told{
			promptz.FeedItems: {
				{1, promptz.EventItemCreated, 1, ""}, {2, promptz.EventItemPublished, 1, ""}, {3, promptz.EventItemUpdated, 2, ""},
			},
			promptz.FeedActivity: {
				{1, promptz.EventItemCopied, 1, ""}, // it says to have happened before
				{2, promptz.EventItemStarred, 1, "one"}, {3, promptz.EventItemStarred, 1, "two"}, {4, promptz.EventItemUnstarred, 1, "one"},
			},
		},
	}
	for _, fault := range writeFaults {
		t.Run(fault.name, func(t *testing.T) {
			if diff := cmp.Diff(want, live(t, db, onTransactions(fault.faults))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// live lets an item live through all its writes, with faults at each.
func live(t *testing.T, db *awstest.DynamoDB, faults []awstest.Fault) *life {
	t.Helper()
	f, library := openHasty(t, db)
	item := testItem(t, 0)
	for _, step := range steps(library, item) {
		f.Arm()
		do := step.do(t)
		f.Arm(faults...)
		if err := do(t.Context()); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if f.Waiting() > 0 {
			t.Errorf("%s: it did not happen as often: this tested nothing", step.name)
		}
	}
	f.Arm()
	return lifeOf(t, library, item)
}

func onTransactions(faults []awstest.Fault) []awstest.Fault {
	on := make([]awstest.Fault, len(faults))
	for i, fault := range faults {
		on[i] = fault
		on[i].Operation = "TransactWriteItems"
	}
	return on
}

// step is one write. do prepares it.
type step struct {
	name string
	do   func(t *testing.T) func(context.Context) error
}

// steps are the writes of an item's life, in their order.
func steps(library *store.Library, item *promptz.Item) []step {
	at := func(do func(context.Context) error) func(*testing.T) func(context.Context) error {
		return func(*testing.T) func(context.Context) error { return do }
	}
	change := func(do func(context.Context, *promptz.Item) error) func(*testing.T) func(context.Context) error {
		return func(t *testing.T) func(context.Context) error {
			old, err := library.FindItem(t.Context(), item.ID, true)
			if err != nil {
				t.Fatal(err)
			}
			return func(ctx context.Context) error { return do(ctx, old) }
		}
	}
	copied := promptz.ItemEvent(promptz.EventItemCopied, item, item.UpdatedAt)
	copied.ID = "0193b1c8-d007-7000-8000-0123456789ab"
	number := func(ctx context.Context) error {
		ids, err := library.Log().FindPendingEvents(ctx, 100)
		if err == nil {
			_, err = library.Log().AppendEvents(ctx, ids)
		}
		return err
	}
	return []step{
		{"create", at(func(ctx context.Context) error { return library.CreateItem(ctx, item, promptz.Marks{}) })},
		{"number what was created", at(number)},
		{"update", change(func(ctx context.Context, old *promptz.Item) error {
			next := *old
			next.Content, next.Version, next.Revision = "second text", 2, 2
			return library.UpdateItem(ctx, old, &next, promptz.Marks{})
		})},
		{"star", at(func(ctx context.Context) error { return library.StarItem(ctx, "one", item) })},
		{"star by another", at(func(ctx context.Context) error { return library.StarItem(ctx, "two", item) })},
		{"take back", at(func(ctx context.Context) error { return library.UnstarItem(ctx, "one", item) })},
		{"copy", at(func(ctx context.Context) error {
			_, err := library.CreateInteraction(ctx, copied, "mark", time.Now().Add(time.Hour))
			return err
		})},
		{"count", at(func(ctx context.Context) error { return library.CountEvents(ctx, item.ID, []promptz.Event{copied}) })},
		{"number the rest", at(number)},
	}
}

// life is what is left of an item's life.
type life struct {
	Content           string
	Version, Revision int64
	Stats             promptz.Stats
	Day               promptz.Stats
	Starred           bool
	Events            map[promptz.Feed][]told
	Waiting           int
}

// told is what the log tells of an event.
type told struct {
	Number  int64
	Type    promptz.EventType
	Version int
	Actor   string
}

func lifeOf(t *testing.T, library *store.Library, item *promptz.Item) *life {
	t.Helper()
	got, err := library.FindItem(t.Context(), item.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	l := &life{Content: got.Content, Version: int64(got.Version), Revision: got.Revision, Stats: got.Stats, Events: map[promptz.Feed][]told{}}
	days, err := library.FindDays(t.Context(), item.ID, testClock().now(), testClock().now())
	if err != nil {
		t.Fatal(err)
	}
	l.Day = days[0].Stats
	starred, err := library.HasStarred(t.Context(), "one", []string{item.ID})
	if err != nil {
		t.Fatal(err)
	}
	l.Starred = starred[item.ID]
	for _, feed := range []promptz.Feed{promptz.FeedItems, promptz.FeedActivity} {
		events, err := library.Log().FindEvents(t.Context(), feed, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			l.Events[feed] = append(l.Events[feed], told{e.Number, e.Type, e.Version, e.ActorID})
		}
	}
	waiting, err := library.Log().FindPendingEvents(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	l.Waiting = len(waiting)
	return l
}

// TestDynamoDBWritesEndInFaults lets faults happen without an end: a write ends by
// itself, says that the store is not available, and has done nothing by halves. What
// comes after it is numbered as if it had never been.
func TestDynamoDBWritesEndInFaults(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	for _, test := range []struct {
		name    string
		happens awstest.Happening
	}{
		{"in conflict", awstest.Cancel("TransactionConflict")},
		{"throttled", awstest.Throttle()},
		{"broken", awstest.Break()},
		{"cut", awstest.CutBefore()},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f, library := openFaulty(t, db)
			item := testItem(t, 0)
			endCreating(t, f, library, item, test.happens)
			endStarring(t, f, library, item, test.happens)
			relayAll(t, library)
			got := lifeOf(t, library, item)
			want := []told{{1, promptz.EventItemCreated, 1, ""}, {2, promptz.EventItemPublished, 1, ""}}
			if diff := cmp.Diff(want, got.Events[promptz.FeedItems]); diff != "" || got.Stats.Stars+got.Day.Stars != 0 || len(got.Events[promptz.FeedActivity]) > 0 {
				t.Errorf("something was done by halves: %+v\n%s", got, diff)
			}
		})
	}
}

// endCreating creates an item in vain, and then in earnest.
func endCreating(t *testing.T, f *awstest.FaultyDynamoDB, library *store.Library, item *promptz.Item, happens awstest.Happening) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it has two seconds: one that hangs has more
	defer cancel()
	f.Arm(awstest.Fault{Operation: "TransactWriteItems", Happens: happens})
	if err := library.CreateItem(ctx, item, promptz.Marks{}); promptz.ErrorCode(err) != promptz.CodeUnavailable || ctx.Err() != nil {
		t.Errorf("create: got %v, want %s; in time: %v", err, promptz.CodeUnavailable, ctx.Err() == nil)
	}
	if f.Waiting() > 0 {
		t.Error("create: nothing happened: this tested nothing")
	}
	f.Arm()
	if _, err := library.FindItem(t.Context(), item.ID, true); promptz.ErrorCode(err) != promptz.CodeNotFound {
		t.Errorf("it is there in part: %v", err)
	}
	if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
}

// endStarring stars an item in vain. A hot item is tried at for twenty seconds: it
// is the caller whose time is over, once the store has tried again.
func endStarring(t *testing.T, f *awstest.FaultyDynamoDB, library *store.Library, item *promptz.Item, happens awstest.Happening) {
	t.Helper()
	ctx, pass := newDeadline(t)
	f.Arm(awstest.Fault{Operation: "TransactWriteItems", Happens: func(w http.ResponseWriter, x *awstest.Exchange) {
		if f.Happened() > tries {
			pass()
		}
		happens(w, x)
	}})
	if err := library.StarItem(ctx, "user", item); promptz.ErrorCode(err) != promptz.CodeUnavailable || ctx.Err() == nil {
		t.Errorf("star: got %v, want %s; too early: %v", err, promptz.CodeUnavailable, ctx.Err() == nil)
	}
	f.Arm()
}

// TestDynamoDBWriteThatHangs gives up a write whose answer never comes, and that was
// done: doing it again changes nothing.
func TestDynamoDBWriteThatHangs(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	f, library := openFaulty(t, db)
	item := testItem(t, 0)
	if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	ctx, pass := newDeadline(t)
	f.Arm(awstest.Fault{Operation: "TransactWriteItems", Times: 1, Happens: awstest.Hang(pass)})
	if err := library.StarItem(ctx, "user", item); promptz.ErrorCode(err) != promptz.CodeUnavailable {
		t.Errorf("got %v, want %s", err, promptz.CodeUnavailable)
	}
	if f.Waiting() > 0 {
		t.Error("it did not hang: this tested nothing")
	}
	f.Arm()
	if err := library.StarItem(t.Context(), "user", item); err != nil {
		t.Fatal(err)
	}
	stats, err := library.FindStats(t.Context(), item.ID)
	if err != nil || stats.Stars != 1 {
		t.Errorf("%d stars are counted, %v", stats.Stars, err)
	}
}
