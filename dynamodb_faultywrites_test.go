package app

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// tries is how often a client sends a request before it gives up: then it is the
// store's turn to find out what came of it.
const tries = dynamoDBAttempts

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
			t.Parallel()
			if diff := cmp.Diff(want, live(t, db, onTransactions(fault.faults))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// live lets an item live through all its writes, with faults at each.
func live(t *testing.T, db *awstest.DynamoDB, faults []awstest.Fault) *life {
	t.Helper()
	f, library := openFaulty(t, db)
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

// TestDynamoDBRanksDespiteFaults lets faults happen to the one write that is no
// transaction: the place of an item on the lists by score.
func TestDynamoDBRanksDespiteFaults(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	f, library := openFaulty(t, db)
	item := seedFaulty(t, library)
	list := promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: promptz.SortPopular, Limit: 1}
	for _, test := range []struct {
		name    string
		happens awstest.Happening
	}{
		{"in conflict with a transaction", awstest.Refuse(http.StatusBadRequest, "TransactionConflictException")},
		{"changed meanwhile", awstest.Refuse(http.StatusBadRequest, "ConditionalCheckFailedException")},
		{"throttled", awstest.Throttle()},
		{"broken", awstest.Break()},
		{"answer lost", awstest.CutAfter()},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := library.StarItem(t.Context(), test.name, item); err != nil {
				t.Fatal(err)
			}
			f.Arm(awstest.Fault{Operation: "UpdateItem", Times: 2, Happens: test.happens})
			want, err := library.Rescore(t.Context(), item.ID)
			if err != nil {
				t.Fatal(err)
			}
			f.Arm()
			page, err := library.FindItems(t.Context(), list)
			if err != nil || page.Items[0].ID != item.ID || page.Items[0].Stats != want {
				t.Errorf("the first is %+v, %v", page.Items[0], err)
			}
		})
	}
}

// TestDynamoDBWritesEndInFaults lets faults happen without an end: a write ends in
// time, says that the store is not available, and has done nothing by halves. What
// comes after it is numbered as if it had never been.
func TestDynamoDBWritesEndInFaults(t *testing.T) {
	const within = 8 * time.Second // of the thirty that a request has
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
			f.Arm(awstest.Fault{Operation: "TransactWriteItems", Happens: test.happens})
			item := testItem(t, 0)
			begun := time.Now()
			if err := library.CreateItem(t.Context(), item, promptz.Marks{}); promptz.ErrorCode(err) != promptz.CodeUnavailable {
				t.Errorf("got %v, want %s", err, promptz.CodeUnavailable)
			}
			if took := time.Since(begun); took > within {
				t.Errorf("it took %s", took)
			}
			if _, err := library.FindItem(t.Context(), item.ID, true); promptz.ErrorCode(err) != promptz.CodeNotFound {
				t.Errorf("it is there in part: %v", err)
			}
			f.Arm()
			if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
				t.Fatal(err)
			}
			f.Arm(awstest.Fault{Operation: "TransactWriteItems", Happens: test.happens})
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // a hot item is tried at for longer
			defer cancel()
			if err := library.StarItem(ctx, "user", item); promptz.ErrorCode(err) != promptz.CodeUnavailable {
				t.Errorf("star: got %v, want %s", err, promptz.CodeUnavailable)
			}
			f.Arm()
			relayAll(t, library)
			got := lifeOf(t, library, item)
			want := []told{{1, promptz.EventItemCreated, 1, ""}, {2, promptz.EventItemPublished, 1, ""}}
			if diff := cmp.Diff(want, got.Events[promptz.FeedItems]); diff != "" || got.Stats.Stars+got.Day.Stars != 0 || len(got.Events[promptz.FeedActivity]) > 0 {
				t.Errorf("something was done by halves: %+v\n%s", got, diff)
			}
		})
	}
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
	f.Arm(awstest.Fault{Operation: "TransactWriteItems", Times: 1, Happens: awstest.Hang()})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := library.StarItem(ctx, "user", item); promptz.ErrorCode(err) != promptz.CodeUnavailable {
		t.Errorf("got %v, want %s", err, promptz.CodeUnavailable)
	}
	if err := library.StarItem(t.Context(), "user", item); err != nil {
		t.Fatal(err)
	}
	stats, err := library.FindStats(t.Context(), item.ID)
	if err != nil || stats.Stars != 1 {
		t.Errorf("%d stars are counted, %v", stats.Stars, err)
	}
}
