package api_test

import (
	"io"
	"strings"
	"testing"
)

// nested is a body whose settings are depth objects deep.
func nested(depth int) string {
	return `{"name":"Name","description":"A description.","agent":{"hooks":` + strings.Repeat(`{"a":`, depth-2) + "1" + strings.Repeat("}", depth)
}

func post(name, body string, status int, want ...string) scenario {
	return scenario{name: name, as: "maria", method: "POST", path: "/v1/agents", body: body, status: status, want: want}
}

// member is a sound body with one member more.
func member(m string) string { return strings.Replace(validBody, "{", "{"+m+",", 1) }

func TestStrictJSON(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		post("empty", "", 400),
		post("white space", " \n", 400),
		post("not closed", `{"name":"a"`, 400, `"code":"unreadable"`),
		post("no JSON", `{name:1}`, 400),
		post("comment", `{}//x`, 400),
		post("member twice", `{"name":"a","name":"b"}`, 400, `\"/name\" twice`),
		post("member twice in what is not ours", member(`"agent":{"hooks":{"a":1,"a":1}}`), 400),
		post("something follows", validBody+" {}", 400),
		post("white space follows", validBody+" \n", 201),
		post("byte order mark", "\ufeff"+validBody, 400),
		post("not UTF-8", "{\"name\":\"\xff\"}", 400),
		post("half a surrogate pair", `{"name":"\ud83d"}`, 400),
		post("surrogate pair", member(`"note":"\ud83d\ude00"`), 201, "😀"),
		post("NUL", "{\"name\":\"a\x00\"}", 400),
		post("NUL, escaped", `{"name":"a\u0000"}`, 400, "U+0000"),
		post("NUL in a name", `{"a\u0000":1}`, 400, "U+0000"),
		post("backslash and u0000", member(`"howto":"\\u0000"`), 201, `\\u0000`),
		post("bare null", " null ", 400),
		post("array", "[]", 422, "must be an object"),
		post("string", `"x"`, 422),
		post("unknown member", member(`"x":1`), 422, `"pointer":"/x"`, `"code":"unknown"`),
		post("unknown setting", member(`"agent":{"x":1}`), 422, `"pointer":"/agent/x"`),
		post("wrong case", member(`"Howto":"x"`), 422, `"pointer":"/Howto"`),
		post("wrong type", member(`"howto":1`), 422, `"pointer":"/howto"`, `"code":"wrong_type"`),
		post("wrong type in a list", member(`"tags":["a",1]`), 422, `"pointer":"/tags/1"`),
		post("wrong type of a setting", member(`"agent":{"hooks":[]}`), 422, `"pointer":"/agent/hooks"`),
		post("null", member(`"tags":null,"agent":null`), 422, `"pointer":"/tags"`, `"pointer":"/agent"`, `"code":"null"`),
		post("null as a setting", member(`"agent":{"hooks":null}`), 422, `"pointer":"/agent/hooks"`),
		post("null in a list", member(`"tags":[null]`), 422),
	})
}

func TestLimitsOfBodies(t *testing.T) {
	t.Parallel()
	typed := func(name, contentType string, status int) scenario {
		return scenario{name: name, as: "maria", method: "POST", path: "/v1/prompts", body: validBody, headers: headers("Content-Type", contentType), status: status}
	}
	run(t, []scenario{
		post("16 deep settings", nested(17), 201),
		post("17 deep settings", nested(18), 422, `"pointer":"/agent"`, `"code":"too_deep"`),
		post("32 deep", nested(32), 422, `"pointer":"/agent"`),
		post("33 deep", nested(33), 422, `"code":"too_deep"`, `/agent/hooks/a`),
		post("very deep", strings.Repeat("[", 100_000), 422),
		post("settings over 64 KiB", member(`"agent":{"hooks":{"a":"`+strings.Repeat("x", 64<<10)+`"}}`), 422, `"pointer":"/agent"`),
		post("largest content", member(`"howto":"`+strings.Repeat("h", 4000)+`"`), 201),
		post("over 4 MiB", `"`+strings.Repeat("x", 4<<20)+`"`, 413, `"code":"too_large"`),
		typed("charset", "application/json; charset=UTF-8", 201),
		typed("other charset", "application/json; charset=latin1", 415),
		typed("other type", "text/plain", 415),
		typed("no type", "", 415),
		typed("broken type", ";", 415),
		{name: "compressed", as: "maria", method: "POST", path: "/v1/prompts", body: validBody, headers: headers("Content-Encoding", "gzip"), status: 415},
		{name: "identity", as: "maria", method: "POST", path: "/v1/prompts", body: validBody, headers: headers("Content-Encoding", "identity"), status: 415},
		{name: "profile over 64 KiB", as: "maria", method: "PATCH", path: "/v1/me", headers: anyState, body: `{"bio":"` + strings.Repeat("x", 64<<10) + `"}`, status: 413},
	})
}

// TestBodyOfUnknownLength is refused while it is read.
func TestBodyOfUnknownLength(t *testing.T) {
	t.Parallel()
	f := newFake()
	r := scenario{as: "maria", method: "POST", path: "/v1/prompts", body: "x"}.request()
	r.Body, r.ContentLength = io.NopCloser(io.LimitReader(zeros{}, 5<<20)), -1
	if w := do(t, newHandler(t, f), r); w.Code != 413 {
		t.Errorf("status %d, want 413: %s", w.Code, w.Body)
	}
}

// TestBrokenBody ends before it is complete.
func TestBrokenBody(t *testing.T) {
	t.Parallel()
	f := newFake()
	r := scenario{as: "maria", method: "POST", path: "/v1/prompts", body: "x"}.request()
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"name":`), broken{}))
	if w := do(t, newHandler(t, f), r); w.Code != 400 {
		t.Errorf("status %d, want 400: %s", w.Code, w.Body)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
