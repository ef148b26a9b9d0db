package sqlitedocstore_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/gcerrors"

	"promptz/internal/gocdk/sqlitedocstore"
)

type plain struct {
	ID       string `docstore:"id"`
	Text     string `docstore:"text,omitempty"`
	Yes      bool
	N        int64
	Small    int8
	Big      uint64
	F        float64
	At       time.Time
	Raw      []byte
	List     []string
	Map      map[string]int
	Any      any
	Pointer  *string
	In       struct{ A, B string }
	Ignored  string `docstore:"-"`
	unseen   string //lint:ignore U1000 no reflection may reach it
	Revision any    `docstore:"DocstoreRevision"`
}

// shouted is a string that is written in its own way.
type shouted string

func (s *shouted) UnmarshalText(text []byte) error {
	*s = shouted(strings.ToUpper(string(text)))
	return nil
}

type embedded struct {
	plain
	Loud shouted
}

type named struct {
	ID   string
	Loud shouted
	Kind reflect.Kind
	Text string `docstore:"tExT"`
}

// Whatever is stored and whatever it is read into, our own decoding and
// docstore's give the same.
func TestStructsAreDecodedLikeDocstore(t *testing.T) {
	text := "text"
	documents := map[string]docmap{
		"nothing":           {"id": "a"},
		"everything":        {"id": "a", "text": text, "Yes": true, "N": int64(-5), "Small": int64(7), "Big": uint64(1 << 63), "F": 2.5, "At": time.Unix(1, 2).UTC(), "Raw": []byte("x"), "List": []any{"a", "b"}, "Map": docmap{"a": int64(1)}, "Any": docmap{"b": int64(2)}, "Pointer": text, "In": docmap{"A": "a"}},
		"null":              {"id": "a", "text": nil, "Yes": nil, "N": nil, "Pointer": nil, "List": nil},
		"other capitals":    {"ID": "a", "TEXT": text, "yes": true},
		"no field for it":   {"id": "a", "nowhere": int64(1)},
		"ignored":           {"id": "a", "Ignored": text},
		"unexported":        {"id": "a", "unseen": text},
		"text for a number": {"id": "a", "N": text},
		"number for text":   {"id": "a", "text": int64(1)},
		"float for a whole": {"id": "a", "N": 2.0},
		"too large":         {"id": "a", "Small": int64(300)},
		"too large for all": {"id": "a", "N": uint64(1 << 63)},
		"own text":          {"ID": "a", "Loud": "quiet", "Kind": int64(3)},
		"own name":          {"id": "a", "tExT": text, "text": "other"},
	}
	var codec sqlitedocstore.Codec
	for name, document := range documents {
		data, err := codec.EncodeDocument(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, dest := range []func() any{
			func() any { return new(plain) },
			func() any { return &plain{Text: "before", N: 9, Pointer: &text, List: []string{"z"}} },
			func() any { return new(embedded) },
			func() any { return new(named) },
		} {
			want, got := dest(), dest()
			wantErr, err := codec.DecodeByDocstore(data, want), codec.DecodeDocument(data, got)
			if gcerrors.Code(err) != gcerrors.Code(wantErr) || (err == nil) != (wantErr == nil) {
				t.Errorf("%s into %T: error %v, docstore's %v", name, want, err, wantErr)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(plain{}, embedded{})); diff != "" {
				t.Errorf("%s into %T (-docstore +ours):\n%s", name, want, diff)
			}
		}
	}
}
