package terraformtest_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/terraformtest"
)

var update = flag.Bool("update", false, "write terraform/aws/declared.json and the table in docs/aws.md")

const (
	root     = "../.."
	awsDir   = "../../terraform/aws"
	localDir = "../../terraform/local"
)

// required are the variables that have no default.
func required() map[string]cty.Value {
	return map[string]cty.Value{"region": cty.StringVal("eu-central-1"), "mail_sender": cty.StringVal("promptz@example.com")}
}

func load(t *testing.T) *terraformtest.Module {
	t.Helper()
	m, err := terraformtest.Load(awsDir, terraformtest.Values{Variables: required()})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func instances(t *testing.T, m *terraformtest.Module, address string) map[string]terraformtest.Block {
	t.Helper()
	all, err := m.Instances(address)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDeclaredIsFresh keeps terraform/aws/declared.json what the code declares.
func TestDeclaredIsFresh(t *testing.T) {
	declared, err := terraformtest.Declare(root)
	if err != nil {
		t.Fatal(err)
	}
	want, err := declared.JSON()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(awsDir, "declared.json")
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("it is stale, run `make terraform-declared` (%v)\n%s", err, cmp.Diff(string(want), string(got)))
	}
}

// streamFilter is a filter of a table's stream. See
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html.
type streamFilter struct {
	EventName []string `json:"eventName"`
	DynamoDB  struct {
		Keys map[string]map[string][]struct {
			Prefix string `json:"prefix"`
		}
	} `json:"dynamodb"`
}

// TestRelayFollowsTheOutbox holds the relay's streams to what the store writes.
func TestRelayFollowsTheOutbox(t *testing.T) {
	t.Parallel()
	m := load(t)
	streams := instances(t, m, "aws_lambda_event_source_mapping.relay")
	for _, collection := range []string{store.LibraryCollection, store.IdentityCollection} {
		b, ok := streams[collection]
		if !ok {
			t.Fatalf("nothing follows %s", collection)
		}
		filter := decode[streamFilter](t, b.Blocks["filter_criteria"][0].Blocks["filter"][0].Text("pattern"))
		keys := filter.DynamoDB.Keys[store.KeyField]["S"]
		if !slices.Equal(filter.EventName, []string{"INSERT"}) || len(keys) != 1 || keys[0].Prefix != store.EventPrefix || len(filter.DynamoDB.Keys) != 1 {
			t.Errorf("%s: %+v", collection, filter)
		}
		if got := terraformtest.Strings(b.Attributes["function_response_types"]); !slices.Equal(got, []string{"ReportBatchItemFailures"}) {
			t.Errorf("%s: the relay's answer is not heeded: %v", collection, got)
		}
	}
	if len(streams) != 2 {
		t.Errorf("%d streams are followed", len(streams))
	}
}

// TestTables holds tables to what package store declares: keys, indexes,
// projections, TTL, and nothing besides.
func TestTables(t *testing.T) {
	t.Parallel()
	tables := instances(t, load(t), "aws_dynamodb_table.collection")
	if len(tables) != len(terraformtest.Collections) {
		t.Errorf("%d tables", len(tables))
	}
	for _, collection := range terraformtest.Collections {
		table := tables[collection]
		attributes := map[string]bool{store.KeyField: true}
		var want, got []terraformtest.Index
		for _, i := range store.IndexesOf(collection) {
			if i.Name == "expiry" {
				continue
			}
			attributes[i.Partition], attributes[i.Sort] = true, true
			projection := map[bool]string{true: "KEYS_ONLY", false: "ALL"}[i.KeysOnly]
			want = append(want, terraformtest.Index{Name: i.Name, Partition: i.Partition, Sort: i.Sort, Projection: projection})
		}
		for _, b := range table.Blocks["global_secondary_index"] {
			got = append(got, indexOf(t, b))
		}
		byName := func(a, b terraformtest.Index) int { return strings.Compare(a.Name, b.Name) }
		slices.SortFunc(want, byName)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", collection, diff)
		}
		for _, b := range table.Blocks["attribute"] {
			if !attributes[b.Text("name")] || b.Text("type") != "S" {
				t.Errorf("%s: attribute %s is of no key, or no string", collection, b.Text("name"))
			}
			delete(attributes, b.Text("name"))
		}
		if len(attributes) != 0 {
			t.Errorf("%s: attributes are missing: %v", collection, attributes)
		}
		ttl := table.Blocks["ttl"][0]
		if table.Text("hash_key") != store.KeyField || ttl.Text("attribute_name") != store.TTLField || ttl.Attributes["enabled"].False() {
			t.Errorf("%s: key %q, TTL %q", collection, table.Text("hash_key"), ttl.Text("attribute_name"))
		}
	}
}

func indexOf(t *testing.T, b terraformtest.Block) terraformtest.Index {
	t.Helper()
	schema := b.Blocks["key_schema"]
	if len(schema) != 2 || schema[0].Text("key_type") != "HASH" || schema[1].Text("key_type") != "RANGE" {
		t.Fatalf("index %s: a key of %d parts", b.Text("name"), len(schema))
	}
	return terraformtest.Index{
		Name: b.Text("name"), Projection: b.Text("projection_type"),
		Partition: schema[0].Text("attribute_name"), Sort: schema[1].Text("attribute_name"),
	}
}

// TestRules holds the bus's rules to the types of events: one each, all to the
// one queue, with what AWS has as patterns.
// See https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html.
func TestRules(t *testing.T) {
	t.Parallel()
	m := load(t)
	source, err := m.Local("event_source")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string][]string{}
	for _, kind := range promptz.EventKinds {
		want[string(kind.Type)] = map[string][]string{"source": {source.AsString()}, "detail-type": {string(kind.Type)}}
	}
	got, names := map[string]map[string][]string{}, map[string]bool{}
	for event, rule := range instances(t, m, "aws_cloudwatch_event_rule.event") {
		got[event] = decode[map[string][]string](t, rule.Text("event_pattern"))
		names[rule.Text("name")] = true
		if len(rule.Text("name")) > 64 {
			t.Errorf("rule name %s is longer than 64", rule.Text("name"))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(names) != len(want) {
		t.Errorf("%d names, %s", len(names), diff)
	}
	for event, target := range instances(t, m, "aws_cloudwatch_event_target.event") {
		if target.Text("arn") != "aws_sqs_queue.events.arn" || len(target.Blocks["dead_letter_config"]) != 1 {
			t.Errorf("%s goes to %s", event, target.Text("arn"))
		}
	}
}
