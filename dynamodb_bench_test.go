package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// BenchmarkDynamoDB tells what the store adds to the calls that it makes. Each
// operation runs on one table, and at once its calls run again, by the bare SDK,
// on another that has seen the same calls from the start: there too every
// condition holds. What is told are medians: of the store, of the same calls bare,
// and, where nothing is written, of the calls that a program would make that used
// the SDK itself.
func BenchmarkDynamoDB(b *testing.B) {
	t := newTwins(b)
	for _, o := range t.measured() {
		b.Run(o.name, func(b *testing.B) { t.measure(b, o) })
	}
}

// hot is how many of the items are starred and copied: they have counts already.
const hot = 20

// twins are two tables that go the same way.
type twins struct {
	library  *store.Library
	recorder *awstest.Recorder // of what library does on its table
	bare     *dynamodb.Client
	other    string // the table that bare does it on
	items    []*promptz.Item
	turn     int
}

func newTwins(b *testing.B) *twins {
	b.Helper()
	db := awstest.StartDynamoDB(b)
	t := &twins{recorder: new(awstest.Recorder), bare: dynamodb.NewFromConfig(awstest.Config(db.Endpoint()))}
	cfg := awstest.Config(db.Endpoint())
	cfg.APIOptions = append(cfg.APIOptions, t.recorder.Attach)
	handles, err := openTable(newDynamoDBClient(cfg), db.NewTable(b, indexesOn(store.LibraryCollection)...).Name)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { handles.Consistent.Close(); handles.Eventual.Close() })
	t.other = db.NewTable(b, indexesOn(store.LibraryCollection)...).Name
	t.recorder.Take()
	t.library = store.NewLibrary(handles, dynamoDBTuning(), testClock().now, rand.Reader)
	for range 100 {
		t.follow(b, func(ctx context.Context) error { return t.create(ctx) })
	}
	for i, item := range t.items[:hot] {
		t.follow(b, func(ctx context.Context) error { return t.library.StarItem(ctx, fmt.Sprint("first", i), item) })
	}
	t.follow(b, t.number)
	return t
}

// create makes one more item.
func (t *twins) create(ctx context.Context) error {
	item, err := newTestItem(len(t.items))
	if err != nil {
		return err
	}
	t.items = append(t.items, item)
	return t.library.CreateItem(ctx, item, promptz.Marks{})
}

// number gives numbers to all that waits.
func (t *twins) number(ctx context.Context) error {
	_, err := t.library.Log().AppendEvents(ctx, t.library.Log().TakeFresh(1000))
	return err
}

// follow does something on both tables.
func (t *twins) follow(b *testing.B, do func(context.Context) error) {
	b.Helper()
	if do == nil {
		return
	}
	if err := do(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := t.recorder.Take().On(t.other).Do(b.Context(), t.bare); err != nil {
		b.Fatal(err)
	}
}

// measured is an operation, and what is done before it for it to be one.
type measured struct {
	name        string
	before, run func(context.Context) error
}

// measure takes turns between store and SDK.
func (t *twins) measure(b *testing.B, o measured) {
	var through, bare, plain []time.Duration
	calls := 0
	for b.Loop() {
		t.follow(b, o.before)
		begun := time.Now()
		if err := o.run(b.Context()); err != nil {
			b.Fatal(err)
		}
		through = append(through, time.Since(begun))
		made := t.recorder.Take().On(t.other)
		calls = made.Count()
		// One of both, since the second of them would find the table as the first
		// has left it: warm.
		if other, ok := made.Plain(); ok && len(through)%2 == 0 {
			plain = append(plain, t.time(b, other))
		} else {
			bare = append(bare, t.time(b, made))
		}
	}
	b.ReportMetric(0, "ns/op") // of both, which tells nothing
	b.ReportMetric(float64(calls), "calls")
	b.ReportMetric(ms(median(through)), "store-ms")
	b.ReportMetric(ms(median(bare)), "bare-ms")
	b.ReportMetric(ms(median(through))/ms(median(bare)), "ratio")
	if len(plain) > 0 {
		b.ReportMetric(ms(median(through))/ms(median(plain)), "ratio-to-plain")
	}
}

// time is how long calls take.
func (t *twins) time(b *testing.B, calls awstest.Calls) time.Duration {
	begun := time.Now()
	if err := calls.Do(b.Context(), t.bare); err != nil {
		b.Fatal(err)
	}
	return time.Since(begun)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// measured are the operations, each done as often as the benchmark wants.
func (t *twins) measured() []measured { return append(t.reads(), t.writes()...) }

// next is one of the items that have counts, another each time.
func (t *twins) next() *promptz.Item {
	t.turn++
	return t.items[t.turn%hot]
}

func (t *twins) reads() []measured {
	kinds := []promptz.Kind{promptz.KindPrompt}
	find := func(consistent bool) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := t.library.FindItem(ctx, t.next().ID, consistent)
			return err
		}
	}
	return []measured{
		{"read, anonymous", nil, find(false)},
		{"read, signed in", nil, find(true)},
		{"list 20 newest", nil, list20(t.library, promptz.ItemFilter{Kinds: kinds, Sort: promptz.SortNewest})},
		{"list 20 of one's own", nil, list20(t.library, promptz.ItemFilter{Kinds: kinds, OwnerID: "owner", Drafts: true, Sort: promptz.SortUpdated})},
		{"list 20 popular", nil, list20(t.library, promptz.ItemFilter{Kinds: kinds, Sort: promptz.SortPopular})},
		{"which of 20 are starred", nil, func(ctx context.Context) error {
			var ids []string
			for _, item := range t.items[:20] {
				ids = append(ids, item.ID)
			}
			_, err := t.library.HasStarred(ctx, "nobody", ids)
			return err
		}},
		{"20 changes", nil, func(ctx context.Context) error {
			_, err := t.library.Log().FindEvents(ctx, promptz.FeedItems, 0, 20)
			return err
		}},
	}
}

func (t *twins) writes() []measured {
	var item *promptz.Item
	star := func(ctx context.Context) error {
		item = t.next()
		return t.library.StarItem(ctx, fmt.Sprint("user", t.turn), item)
	}
	var copied promptz.Event
	copyIt := func(ctx context.Context) error {
		item = t.next()
		copied = promptz.ItemEvent(promptz.EventItemCopied, item, time.Now())
		copied.ID = fmt.Sprintf("0193b1c8-d007-7000-8000-%012d", t.turn)
		_, err := t.library.CreateInteraction(ctx, copied, fmt.Sprint("mark", t.turn), time.Now().Add(time.Hour))
		return err
	}
	update := func(ctx context.Context) error {
		return change(t.library, t.next().ID, func(ctx context.Context, old *promptz.Item) error {
			next := *old
			next.Version, next.Revision = old.Version+1, old.Revision+1
			return t.library.UpdateItem(ctx, old, &next, promptz.Marks{})
		})(ctx)
	}
	return []measured{
		{"create", nil, t.create},
		{"number its events", t.create, t.number},
		{"update, a new version", nil, update},
		{"star", nil, star},
		{"star, an item's first", t.create, func(ctx context.Context) error {
			return t.library.StarItem(ctx, "user", t.items[len(t.items)-1])
		}},
		{"number a star's event", star, t.number},
		{"copy", nil, copyIt},
		{"count a copy", copyIt, func(ctx context.Context) error { return t.library.CountEvents(ctx, item.ID, []promptz.Event{copied}) }},
		{"rank an item", star, func(ctx context.Context) error { _, err := t.library.Rescore(ctx, item.ID); return err }},
	}
}
