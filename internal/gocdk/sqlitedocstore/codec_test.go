package sqlitedocstore_test

import (
	"database/sql"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/gocdk/sqlitedocstore"
)

func TestValuesRoundTrip(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	moment := time.Date(2024, 2, 29, 23, 59, 59, 1, time.UTC)
	want := docmap{
		"id": "a", "nil": nil, "true": true, "false": false,
		"int": int64(math.MinInt64), "uint": uint64(math.MaxUint64),
		"whole float": 3.0, "tiny": 5e-324, "huge": math.MaxFloat64, "negative zero": math.Copysign(0, -1),
		"inf": math.Inf(-1), "nan": math.NaN(),
		"text": "ä\"\\\n\x00 'quoted'", "no text": "",
		"bytes": []byte{0, 255}, "no bytes": []byte{},
		"list": []any{int64(1), nil, []any{}, docmap{}}, "map": docmap{"a": docmap{"b": []any{"c"}}},
		"time": moment, "times": []any{moment, time.Time{}},
		"$bytes": "not bytes", "map like bytes": docmap{"$bytes": "!"}, "map like time": docmap{"$time": moment, "$$": 1.5},
		`na"me.`: "odd name", "": "no name",
	}
	for _, n := range []int{11, 12, 255, 256, 65535, 65536, 250_000} {
		want[strings.Repeat("n", n%1000)+"text"] = strings.Repeat("x", n)
		want[strings.Repeat("n", n%1000)+"map"] = docmap{"text": strings.Repeat("x", n), "after": int64(1)}
	}
	put(t, coll, want)
	if diff := cmp.Diff(want, get(t, coll, "a"), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

// The stored form is SQLite's, so its shell can show and search it.
func TestStoredFormIsJSONB(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	coll := open(t, path, nil)
	type inner struct{ B []int }
	type outer struct {
		ID   string `docstore:"id"`
		Name string `docstore:"name,omitempty"`
		F    float64
		In   inner
		M    map[string]bool
		At   time.Time
		Raw  []byte
	}
	doc := &outer{
		ID: "a", Name: "quo\"te", F: 2, In: inner{[]int{1, 2}}, M: map[string]bool{"x": true},
		At: time.Date(2024, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), Raw: []byte("hi"),
	}
	if err := coll.Put(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var valid bool
	var text, name string
	// 8 asks for a strict check of every element.
	row := db.QueryRowContext(t.Context(), `SELECT json_valid(doc, 8), json(doc), doc ->> '$.name' FROM cards`)
	if err := row.Scan(&valid, &text, &name); err != nil {
		t.Fatal(err)
	}
	if !valid || name != doc.Name {
		t.Errorf("valid: %t, name: %q", valid, name)
	}
	want := `{"id":"a","name":"quo\"te","F":2.0,"In":{"B":[1,2]},"M":{"x":true},` +
		`"At":{"$time":"2024-01-02T02:04:05.000000000Z"},"Raw":{"$bytes":"aGk="}}`
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("as text (-want +got):\n%s", diff)
	}
}

func TestTimeOutOfRange(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	if err := coll.Put(t.Context(), docmap{"id": "a", "t": time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}); err == nil {
		t.Error("stored a time that would not sort as its text")
	}
}

// Damaged files must give errors or wrong values, never a panic.
func FuzzDecode(f *testing.F) {
	var codec sqlitedocstore.Codec
	for _, doc := range []docmap{
		{},
		{"a": 1, "b": "text", "c": []byte("x"), "d": time.Unix(0, 0), "e": []any{1.5, nil, true}},
		{"m": docmap{"$x": docmap{"y": strings.Repeat("z", 300)}}},
	} {
		data, err := codec.EncodeDocument(doc)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first := docmap{}
		if err := codec.DecodeDocument(data, first); err != nil {
			return
		}
		again, err := codec.EncodeDocument(first)
		if err != nil {
			return // a key such as a time out of range
		}
		second := docmap{}
		if err := codec.DecodeDocument(again, second); err != nil {
			t.Fatalf("cannot decode what was encoded: %v", err)
		}
		delete(first, revisionField)
		delete(second, revisionField)
		if diff := cmp.Diff(first, second, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("second decoding differs:\n%s", diff)
		}
	})
}
