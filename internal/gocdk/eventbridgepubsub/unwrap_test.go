package eventbridgepubsub_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/gocdk/eventbridgepubsub"
)

func TestUnwrap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, detail, body string // body is what lies in the queue when detail is empty
		want               string
		metadata           map[string]string
		problem            string
	}{
		{name: "object", detail: `{"pubsub":1,"body":{"a":1},"metadata":{"type":"x"}}`, want: `{"a":1}`, metadata: map[string]string{"type": "x"}},
		{name: "object written anew", detail: `{ "metadata" : {"k":"\u00e9"}, "body" : { "b" : "\/\u00e9\ud83d\ude00\u003c", "a" : [ 1, null ] }, "pubsub" : 1 }`,
			want: `{"b":"/é😀<","a":[1,null]}`, metadata: map[string]string{"k": "é"}},
		{name: "text", detail: `{"pubsub":1,"text":"{\"a\": 1.0}"}`, want: `{"a": 1.0}`},
		{name: "base64", detail: `{"pubsub":1,"base64":"/wA="}`, want: "\xff\x00"},
		{name: "nothing", detail: `{"pubsub":1}`},
		{name: "binary metadata", detail: `{"pubsub":1,"metadata":{"a":"b"},"metadata64":{"AA==":"AQ=="}}`, metadata: map[string]string{"a": "b", "\x00": "\x01"}},
		{name: "an event in an event", detail: `{"pubsub":1,"body":` + string(delivered("s", "t", `{"pubsub":1,"text":"in"}`)) + `}`,
			want: string(delivered("s", "t", `{"pubsub":1,"text":"in"}`))},
		{name: "somebody else's", detail: `{"bucket":{"name":"b"}}`, want: `{"bucket":{"name":"b"}}`},
		{name: "somebody else's who has a pubsub", detail: `{"pubsub":{"name":"b"}}`, want: `{"pubsub":{"name":"b"}}`},

		{name: "later format", detail: `{"pubsub":2,"body":{}}`, problem: "format 2"},
		{name: "bad base64", detail: `{"pubsub":1,"base64":"?"}`, problem: "base64"},
		{name: "bad key", detail: `{"pubsub":1,"metadata64":{"?":"AQ=="}}`, problem: "base64"},
		{name: "bad metadata", detail: `{"pubsub":1,"metadata":{"a":1}}`, problem: "metadata"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := eventbridgepubsub.Unwrap(delivered("me", "done", c.detail))
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) || !strings.Contains(err.Error(), "01933b1c") {
					t.Errorf("error %v, want one that says %q and which event", err, c.problem)
				}
				return
			}
			want := eventbridgepubsub.Message{ID: "01933b1c", Source: "me", DetailType: "done", Body: []byte(c.want), Metadata: c.metadata}
			if c.want == "" {
				want.Body = nil
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestWhatIsNoEventIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "hello", "null", "1", `"text"`, "[]", "{", "{}",
		`{"specversion":"1.0","id":"1","source":"https://example.com","type":"done","data":{}}`,
		`{"id":"1","source":"s","detail":{"pubsub":1,"text":"x"}}`,
		`{"source":"s","detail-type":"t","detail":{"pubsub":1,"text":"x"}}`,
		`{"id":"1","source":"s","detail-type":"t"}`,
		`{"id":"1","source":"s","detail-type":"t","detail":"{\"pubsub\":1}"}`,
		`{"id":"1","source":"s","detail-type":7,"detail":{"pubsub":1}}`,
		`{"pubsub":1,"text":"x"}`,
		"\xff\xfe",
	} {
		got, err := eventbridgepubsub.Unwrap([]byte(body))
		if diff := cmp.Diff(eventbridgepubsub.Message{Body: []byte(body)}, got); err != nil || diff != "" {
			t.Errorf("%q: error %v (-want +got):\n%s", body, err, diff)
		}
	}
}

// TestForms tells which bodies a rule can match on.
func TestForms(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000)
	for _, c := range []struct{ name, body, want string }{
		{"object", `{"a":1,"b":[true,false,null,"x"],"c":{}}`, "body"},
		{"order of names", `{"b":1,"a":2}`, "body"},
		{"plain letters", `{"a":"é<>&/😀"}`, "body"},
		{"escapes", `{"a":"\"\\\n\r\t"}`, "body"},
		{"largest number", `{"a":-9223372036854775808}`, "body"},

		{"spaces", `{"a": 1}`, "text"},
		{"needless escapes", `{"a":"\u003c"}`, "text"},
		{"same name twice", `{"a":1,"a":2}`, "text"},
		{"fraction", `{"a":1.0}`, "text"},
		{"exponent", `{"a":1e2}`, "text"},
		{"minus nothing", `{"a":-0}`, "text"},
		{"too large a number", `{"a":9223372036854775808}`, "text"},
		{"too deep", deep, "text"},
		{"control character", `{"a":"\u0000"}`, "text"},
		{"no character", `{"a":"\uffff"}`, "text"},
		{"half a character", `{"a":"\ud800"}`, "text"},
		{"two objects", `{}{}`, "text"},
		{"half an object", `{"a":1`, "text"},
		{"array", `[1]`, "text"},
		{"text", "hello\n", "text"},

		{"no text", "\xff", "base64"},
		{"text with a zero", "a\x00b", "base64"},
		{"text that XML has not", "\uffff", "base64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, err := eventbridgepubsub.EncodeDetail([]byte(c.body), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]json.RawMessage
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if _, ok := got[c.want]; !ok || len(got) != 2 {
				t.Errorf("detail is %s, want it in %s alone", text, c.want)
			}
		})
	}
}

// FuzzUnwrap sends a message through somebody who writes JSON otherwise.
func FuzzUnwrap(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":[true,null,"é<\"\\\n"]}`), "type", "item.created")
	f.Add([]byte(`{"a": 1.0}`), "", "")
	f.Add([]byte("\xff\x00"), "k\x00", "v\uffff")
	f.Add([]byte("text\u2028/"), `"`, `\`)
	f.Fuzz(func(t *testing.T, body []byte, key, value string) {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return // the portable type refuses them
		}
		detail, err := eventbridgepubsub.EncodeDetail(body, map[string]string{key: value})
		if err != nil {
			t.Fatal(err)
		}
		got, err := eventbridgepubsub.Unwrap(delivered("s", "t", rewrite(t, detail)))
		if err != nil {
			t.Fatalf("%s: %v", detail, err)
		}
		if !bytes.Equal(got.Body, body) || len(got.Metadata) != 1 || got.Metadata[key] != value {
			t.Errorf("body %q and metadata %q came as %q and %q by %s", body, key+"="+value, got.Body, got.Metadata, detail)
		}
	})
}

// rewrite writes JSON with other spaces and escapes. It fails for JSON with a
// character that SQS does not take.
func rewrite(t *testing.T, text []byte) string {
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, text, " ", "\t"); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, r := range spaced.String() {
		switch {
		case r == '\ufffe' || r == '\uffff' || r == 0x7f:
			t.Fatalf("%q has %U", text, r)
		case r == '/':
			out.WriteString(`\/`)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		case r > 0x7f:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
