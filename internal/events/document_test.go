package events_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"promptz/internal/events"
	"promptz/internal/promptz"
)

var update = flag.Bool("update", false, "write docs/events.md's list of types anew")

// document is where every type stands with an example.
const document = "../../docs/events.md"

// The list of types stands between these lines of the document.
const (
	beginTypes = "<!-- types, made by `go test ./internal/events -update` -->\n"
	endTypes   = "<!-- /types -->\n"
)

// example gives an event of a type with all that it can hold.
func example(kind promptz.EventKind) promptz.Event {
	e := promptz.Event{
		ID: "0193b1c8-d007-7000-8000-0123456789ab", Type: kind.Type, Audience: kind.Widest, Number: 42,
		At: time.Date(2026, 11, 24, 8, 0, 0, 7e6, time.UTC), ActorID: "5q1w8r0t2y4a",
	}
	if kind.Feed == promptz.FeedAccounts {
		return e
	}
	e.ItemID, e.Kind, e.Version, e.OwnerID = "7k3mz9q2w4xa", promptz.KindPrompt, 3, "9d2f4g6h8j0k"
	switch kind.Type {
	case promptz.EventItemStarred, promptz.EventItemUnstarred:
	case promptz.EventItemMilestone:
		e.ActorID, e.Milestone = "", 100
	default:
		e.ActorID = ""
	}
	return e
}

// An envelope is read back as the event that it was made of, but for the owner,
// who does not travel; and its data is what the published schema says.
func TestEnvelopesOfAllTypes(t *testing.T) {
	t.Parallel()
	envelopes := events.NewEnvelopes("https://prompts.example.com")
	for _, kind := range promptz.EventKinds {
		t.Run(string(kind.Type), func(t *testing.T) {
			t.Parallel()
			e := example(kind)
			text, err := envelopes.Encode(e)
			if err != nil {
				t.Fatal(err)
			}
			got, err := envelopes.Decode(text)
			if err != nil {
				t.Fatal(err)
			}
			e.OwnerID = ""
			if diff := cmp.Diff(e, got); diff != "" {
				t.Errorf("read back (-want +got)\n%s", diff)
			}
			checkData(t, kind.Type, text)
		})
	}
}

// What strangers are told of an item that is not public any more fits the schema
// too.
func TestEnvelopesWithoutVersion(t *testing.T) {
	t.Parallel()
	for _, kind := range promptz.EventKinds {
		if kind.Type != promptz.EventItemUnpublished && kind.Type != promptz.EventItemDeleted {
			continue
		}
		e := example(kind)
		e.Version = 0
		text, err := events.NewEnvelopes("https://prompts.example.com").Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		checkData(t, kind.Type, text)
	}
}

// checkData holds an envelope's data to the schema of its type, which must refuse
// what it does not name.
func checkData(t *testing.T, kind promptz.EventType, text []byte) {
	t.Helper()
	path := strings.TrimPrefix(events.SchemaPath(kind), "/schemas/")
	file, err := events.SchemaFiles().Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	document, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(path, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	var envelope struct {
		Data map[string]any `json:"data"`
	}
	if err := json.Unmarshal(text, &envelope); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(envelope.Data); err != nil {
		t.Errorf("%s: %v", text, err)
	}
	envelope.Data["name"] = "Review a pull request"
	if schema.Validate(envelope.Data) == nil {
		t.Errorf("the schema of %s lets a name through", kind)
	}
}

// Every type has a schema, and every schema a type.
func TestSchemasAreOfTypes(t *testing.T) {
	t.Parallel()
	wanted := map[string]bool{}
	for _, kind := range promptz.EventKinds {
		wanted[strings.TrimPrefix(events.SchemaPath(kind.Type), "/schemas/")] = true
	}
	entries, err := os.ReadDir("schemas")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !wanted[entry.Name()] {
			t.Errorf("schemas/%s is of no type", entry.Name())
		}
		delete(wanted, entry.Name())
	}
	for name := range wanted {
		t.Errorf("schemas/%s is missing", name)
	}
}

// The document lists every type with an example as it is sent.
func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), beginTypes)
	_, after, closed := strings.Cut(rest, endTypes)
	if !ok || !closed {
		t.Fatalf("%s lacks the lines around the types", document)
	}
	want := before + beginTypes + listOfTypes(t) + endTypes + after
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("%s is stale, -update writes it anew (-want +got)\n%s", document, diff)
	}
}

func listOfTypes(t *testing.T) string {
	t.Helper()
	envelopes := events.NewEnvelopes("https://prompts.example.com")
	var list strings.Builder
	for _, kind := range promptz.EventKinds {
		text, err := envelopes.Encode(example(kind))
		if err != nil {
			t.Fatal(err)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&list, "\n### `%s`\n\n%s Feed `%s`, audience at its widest: %s.\n\n```json\n%s\n```\n",
			kind.Type, descriptionOf(t, kind.Type), kind.Feed, kind.Widest, pretty.String())
	}
	return list.String() + "\n"
}

// descriptionOf gives what a type's schema says that it is.
func descriptionOf(t *testing.T, kind promptz.EventType) string {
	t.Helper()
	text, err := os.ReadFile("schemas/" + strings.TrimPrefix(events.SchemaPath(kind), "/schemas/"))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	if schema.Title != string(kind) || schema.Description == "" {
		t.Errorf("the schema of %s has the title %q and the description %q", kind, schema.Title, schema.Description)
	}
	return schema.Description
}
