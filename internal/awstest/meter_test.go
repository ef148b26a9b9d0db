package awstest_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
	"gocloud.dev/docstore"
	"gocloud.dev/docstore/awsdynamodb/v2"

	"promptz/internal/awstest"
)

// card is on the index "feed" when it has Kind and Rank, and on the keys-only
// "due" when it has Shard and Time.
type card struct {
	ID               string `docstore:"id"`
	Kind             string `docstore:"kind,omitempty"`
	Rank             string `docstore:"rank,omitempty"`
	Shard            string `docstore:"shard,omitempty"`
	Time             string `docstore:"time,omitempty"`
	Text             string `docstore:"text,omitempty"`
	DocstoreRevision any
}

var cardIndexes = []awstest.Index{
	{Name: "feed", Partition: "kind", Sort: "rank"},
	{Name: "due", Partition: "shard", Sort: "time", KeysOnly: true},
}

// openMetered opens a new table as a docstore collection whose requests a meter
// sees.
func openMetered(t *testing.T) (*docstore.Collection, *awstest.Meter) {
	t.Helper()
	db := awstest.StartDynamoDB(t)
	spec := db.NewTable(t, cardIndexes...)
	meter := awstest.NewMeter(db.Client(), spec)
	collection, err := awsdynamodb.OpenCollection(db.Client(meter.Attach), spec.Name, "id", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = collection.Close() })
	return collection, meter
}

func TestMeterSeesWhatQueriesAskAndCost(t *testing.T) {
	t.Parallel()
	collection, meter := openMetered(t)
	creates := collection.Actions()
	for i := range 40 {
		// 4 KB of what is read together, rounded up, are half a read unit.
		creates.Create(&card{ID: fmt.Sprintf("c%02d", i), Kind: "prompt", Rank: fmt.Sprintf("%02d", i), Text: strings.Repeat("x", 3900)})
	}
	if err := creates.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	feed := func() *docstore.Query {
		return collection.Query().Where("kind", "=", "prompt").Where("rank", "<", "~").OrderBy("rank", docstore.Descending).Limit(10)
	}
	for _, c := range []struct {
		name  string
		query *docstore.Query
		want  awstest.Query
		flaws []string
		read  float64
	}{
		{
			"limit on the server", feed().BeforeQuery(limit(10)),
			awstest.Query{Index: "feed", Condition: "(kind = :0) AND (rank < :1)", Limit: 10, Descending: true, Read: 10, Returned: 10},
			nil, 5,
		},
		{
			"limit in the client", feed(),
			awstest.Query{Index: "feed", Condition: "(kind = :0) AND (rank < :1)", Descending: true, Read: 40, Returned: 40},
			[]string{"has no limit on the server"}, 19.5,
		},
		{
			"filter", feed().Where("time", ">", "").BeforeQuery(limit(10)),
			awstest.Query{Index: "feed", Condition: "(kind = :1) AND (rank < :2)", Filter: "time > :0", Limit: 10, Descending: true, Read: 10, Returned: 0},
			[]string{"filters by time > :0"}, 20, // the driver asks on, page after empty page
		},
		{
			"scan", collection.Query(),
			awstest.Query{Scan: true, Read: 40, Returned: 40},
			[]string{"is a scan", "has no limit on the server"}, 19.5,
		},
	} {
		meter.Reset()
		readFirst(t, c.query)
		first := meter.Queries()[0]
		first.Table = ""
		if diff := cmp.Diff(c.want, first); diff != "" {
			t.Errorf("%s: query (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.flaws, first.Flaws()); diff != "" {
			t.Errorf("%s: flaws (-want +got):\n%s", c.name, diff)
		}
		if read, write := meter.Total(); read != c.read || write != 0 {
			t.Errorf("%s: %g read and %g write units, want %g and 0", c.name, read, write, c.read)
		}
	}
}

// limit sends n as the server's own limit.
func limit(n int32) func(as func(any) bool) error {
	return func(as func(any) bool) error {
		var in *dynamodb.QueryInput
		if as(&in) {
			in.Limit = aws.Int32(n)
		}
		return nil
	}
}

// readFirst runs a query and reads its first document, if any.
func readFirst(t *testing.T, query *docstore.Query) {
	t.Helper()
	documents := query.Get(t.Context())
	defer documents.Stop()
	if err := documents.Next(t.Context(), &card{}); err != nil && err != io.EOF {
		t.Fatal(err)
	}
}

// steps are writes of one card, in order, and what each costs alone: the table's
// figure, that of "feed" and that of "due".
var steps = []struct {
	name             string
	do               func(*docstore.ActionList)
	table, feed, due float64
}{
	{"create", func(l *docstore.ActionList) {
		l.Create(&card{ID: "a", Kind: "prompt", Rank: "1", Shard: "0", Time: "1", Text: strings.Repeat("x", 2500)})
	}, 3, 3, 1},
	{"update of text", func(l *docstore.ActionList) {
		l.Update(&card{ID: "a"}, docstore.Mods{"text": strings.Repeat("y", 1500)})
	}, 3, 3, 0},
	{"move on an index", func(l *docstore.ActionList) {
		l.Update(&card{ID: "a"}, docstore.Mods{"rank": "2"})
	}, 2, 4, 0},
	{"off an index", func(l *docstore.ActionList) {
		l.Update(&card{ID: "a"}, docstore.Mods{"shard": nil, "time": nil})
	}, 2, 2, 1},
	{"replace by a tombstone", func(l *docstore.ActionList) {
		l.Replace(&card{ID: "a"})
	}, 2, 2, 0},
	{"delete", func(l *docstore.ActionList) {
		l.Delete(&card{ID: "a"})
	}, 1, 0, 0},
}

func TestMeterOfPlainWrites(t *testing.T) {
	t.Parallel()
	collection, meter := openMetered(t)
	for _, s := range steps {
		meter.Reset()
		list := collection.Actions()
		s.do(list)
		if err := list.Do(t.Context()); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if diff := cmp.Diff(written(s.table, s.feed, s.due), writtenTo(meter)); diff != "" {
			t.Errorf("%s: write units by index (-want +got):\n%s", s.name, diff)
		}
	}
}

func TestMeterOfTransactions(t *testing.T) {
	t.Parallel()
	collection, meter := openMetered(t)
	for _, s := range steps {
		meter.Reset()
		list := collection.Actions().AtomicWrites()
		s.do(list)
		if err := list.Do(t.Context()); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if diff := cmp.Diff(written(2*s.table, s.feed, s.due), writtenTo(meter)); diff != "" {
			t.Errorf("%s: write units by index (-want +got):\n%s", s.name, diff)
		}
	}
}

func TestMeterAddsUpATransaction(t *testing.T) {
	t.Parallel()
	collection, meter := openMetered(t)
	list := collection.Actions().AtomicWrites()
	for _, id := range []string{"a", "b", "c"} {
		list.Create(&card{ID: id, Kind: "prompt", Rank: id})
	}
	if err := list.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written(6, 3, 0), writtenTo(meter)); diff != "" {
		t.Errorf("write units by index (-want +got):\n%s", diff)
	}
	if report := meter.String(); !strings.Contains(report, "TransactWriteItems") {
		t.Errorf("report without its operation:\n%s", report)
	}
	again := collection.Actions().AtomicWrites().Create(&card{ID: "a"})
	if err := again.Do(t.Context()); err == nil {
		t.Error("a taken key was created again")
	}
	if _, write := meter.Total(); write != 9 {
		t.Errorf("%g write units after a failure, want 9 as before", write)
	}
}

func TestMeterRefusesWhatItCannotMeter(t *testing.T) {
	t.Parallel()
	db := awstest.StartDynamoDB(t)
	client := db.Client(awstest.NewMeter(db.Client()).Attach)
	_, err := client.ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: aws.String("SELECT * FROM t")})
	if err == nil || !strings.Contains(err.Error(), "cannot meter") {
		t.Errorf("statement: error %v", err)
	}
	collection, err := awsdynamodb.OpenCollection(client, db.NewTable(t).Name, "id", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer collection.Close()
	err = collection.Actions().AtomicWrites().Create(&card{ID: "a"}).Do(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not declared") {
		t.Errorf("transaction on a table that was not declared: error %v", err)
	}
}

// written is write units by index, without those that are none.
func written(table, feed, due float64) map[string]float64 {
	units := map[string]float64{"": table, "feed": feed, "due": due}
	for index, n := range units {
		if n == 0 {
			delete(units, index)
		}
	}
	return units
}

func writtenTo(meter *awstest.Meter) map[string]float64 {
	units := map[string]float64{}
	for _, c := range meter.Costs() {
		units[c.Index] += c.Write
	}
	return units
}
