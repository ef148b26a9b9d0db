package api_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"promptz/internal/api"
)

// FuzzOperations sends each operation valid and broken requests that are made
// from openapi.yaml: none ends in a 5xx, and every answer keeps the contract.
func FuzzOperations(f *testing.F) {
	for seed, noise := range []string{"", "x", "null", "\x00", "\xff", "😀", "%zz", "../..", `"`, "{}", "-1", "99999999999999999999", strings.Repeat("[", 40)} {
		f.Add(uint64(seed), noise)
	}
	library := newFake()
	h := newHurriedHandler(f, library)
	root := readContract(f)
	f.Fuzz(func(t *testing.T, seed uint64, noise string) {
		for i := range root.operations() {
			library.reset()
			g := &generator{root: root, random: rand.New(rand.NewPCG(seed, uint64(i))), noise: noise}
			tryOperation(t, h, library, g, root.operations()[i])
		}
	})
}

// TestGeneratedRequests does the same for a fixed number of requests, of which
// some have to succeed and some to be refused in every operation.
func TestGeneratedRequests(t *testing.T) {
	t.Parallel()
	rounds := 300
	if testing.Short() {
		rounds = 200
	}
	library := newFake()
	h := newHurriedHandler(t, library)
	root := readContract(t)
	for i, op := range root.operations() {
		accepted, refused := 0, 0
		for round := range rounds {
			g := &generator{root: root, random: rand.New(rand.NewPCG(uint64(i), uint64(round))), noise: "\u2028noise"}
			library.reset()
			if tryOperation(t, h, library, g, op) < 400 {
				accepted++
			} else {
				refused++
			}
		}
		if accepted == 0 || refused == 0 {
			t.Errorf("%s %s: %d requests were accepted, %d refused: one kind is missing", op.method, op.path, accepted, refused)
		}
	}
}

// newHurriedHandler makes a handler of a server that drains, so that nobody waits.
func newHurriedHandler(t testing.TB, f *fake) http.Handler {
	t.Helper()
	d := depsOn(t, f, f, &f.signIn)
	draining := make(chan struct{})
	close(draining)
	d.Draining = draining
	h, err := api.NewHandler(d)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// tryOperation sends one request to a library that has the seed and a history.
func tryOperation(t *testing.T, h http.Handler, library *fake, g *generator, op describedOperation) (status int) {
	t.Helper()
	seed(library)
	history(library)
	r, ok := g.request(op)
	if !ok {
		return http.StatusBadRequest // no client could send it
	}
	w := do(t, h, r)
	if w.Code >= 500 {
		t.Errorf("%s %s → %d: %s", r.Method, r.URL, w.Code, w.Body)
	}
	return w.Code
}

// generator makes requests of what openapi.yaml says. The same random numbers
// make the same request.
type generator struct {
	root   node
	random *rand.Rand
	noise  string // stands where something broken is wanted
	sound  bool   // nothing broken is wanted
}

func (g *generator) oneIn(n int) bool { return g.random.IntN(n) == 0 }

func pick[T any](g *generator, values ...T) T { return values[g.random.IntN(len(values))] }

// request makes one; every third is sound, in the others much is broken.
func (g *generator) request(op describedOperation) (r *http.Request, ok bool) {
	g.sound = g.oneIn(3)
	path, query, header := op.path, url.Values{}, http.Header{}
	for _, p := range op.parameters {
		name := p["name"].(string)
		switch p["in"] {
		case "path":
			path = strings.ReplaceAll(path, "{"+name+"}", g.pathValue(name))
		case "query":
			if g.oneIn(2) || g.sound && (p["required"] == true || name == "code") {
				query[name] = []string{g.text(p)}
			}
		case "header":
			if g.sound && name == "If-Match" {
				header[name] = []string{"*"}
			} else if g.oneIn(2) {
				header[name] = []string{pick(g, "*", `"1.x"`, `W/"1.x"`, "k", g.noise)}
			}
		}
	}
	g.breakQuery(query)
	target := path + "?" + query.Encode()
	if _, err := url.ParseRequestURI(target); err != nil {
		return nil, false
	}
	body := g.body(op, header)
	r = httptest.NewRequest(op.method, "/", strings.NewReader(body))
	r.URL, _ = url.ParseRequestURI(target)
	r.Header = header
	if as := g.credential(); as != "" {
		header.Set("Authorization", "Bearer "+as)
	}
	return r, true
}

// pathValue makes the value of a path parameter that leads somewhere, mostly.
func (g *generator) pathValue(name string) string {
	values := map[string][]string{
		"items":  {"prompts"},
		"ref":    {publicPrompt, "old-slug-" + publicPrompt},
		"n":      {"2", "3"},
		"handle": {"maria", "BOB", formerHandle},
		"id":     {someChallenge, someKey, someSession},
		"token":  {goodLink},
	}[name]
	if g.sound {
		return pick(g, values...)
	}
	others := []string{"rules", "agents", privatePrompt, bobsRule, "1", "0", "-1", "nobody", url.PathEscape(g.noise)}
	return pick(g, append(slices.Clone(values), pick(g, others...))...)
}

func (g *generator) credential() string {
	if g.sound {
		return "maria"
	}
	return pick(g, "", "maria", "maria", "maria-public", "maria-read", "bob", "mod", "nonsense", g.noise)
}

// text makes the value of a query parameter.
func (g *generator) text(p node) string {
	schema := p.at("schema")
	if !g.sound && g.oneIn(3) {
		return g.noise
	}
	if enum, ok := schema["enum"].([]any); ok {
		if g.sound {
			return enum[0].(string)
		}
		return pick(g, enum...).(string)
	}
	if name := p["name"]; name == "state" || name == "code" {
		return "good"
	}
	if schema["type"] == "integer" {
		return pick(g, "1", "20", "100")
	}
	return pick(g, "maria", "bob")
}

// breakQuery adds what the contract does not know, and takes away what can't be
// made up.
func (g *generator) breakQuery(query url.Values) {
	if g.sound {
		query.Del("cursor")
		return
	}
	if g.oneIn(5) {
		query[g.noise] = []string{g.noise}
	}
	if g.oneIn(8) && query.Has("limit") {
		query["limit"] = append(query["limit"], "1")
	}
}

// body makes a body of the operation's schema, whole or broken.
func (g *generator) body(op describedOperation, header http.Header) string {
	content := op.node.at("requestBody", "content")
	for mediaType, media := range content {
		header.Set("Content-Type", mediaType)
		if !g.sound && g.oneIn(10) {
			header.Set("Content-Type", pick(g, "text/plain", "application/json", g.noise))
		}
		body := encodeAs(mediaType, g.value(media.(node).at("schema")))
		if !g.sound && g.oneIn(6) {
			cut := g.random.IntN(len(body) + 1)
			body = body[:cut] + g.noise + body[cut:]
		}
		return body
	}
	return ""
}

// encodeAs gives a value as a body of the type.
func encodeAs(mediaType string, value any) string {
	object, ok := value.(map[string]any)
	if mediaType != "application/x-www-form-urlencoded" || !ok {
		b, _ := json.Marshal(value)
		return string(b)
	}
	form := url.Values{}
	for name, member := range object {
		form.Set(name, fmt.Sprint(member))
	}
	return form.Encode()
}

// known are texts that something comes of.
var known = map[string]string{
	"code": rightCode, "email": "maria@example.com", "refresh_token": goodRefresh, "expiresAt": "2027-03-01T00:00:00Z",
}

// value makes a value of the schema; where soundness is not wanted, now and then
// one of another type, or null.
func (g *generator) value(schema node) any {
	schema = schema.resolve(g.root)
	if !g.sound && g.oneIn(12) {
		return pick[any](g, nil, 1, true, g.noise, []any{g.noise}, map[string]any{g.noise: g.noise}, strings.Repeat("x", 600))
	}
	if enum, ok := schema["enum"].([]any); ok {
		return pick(g, enum...)
	}
	kind := schema["type"]
	if kinds, ok := kind.([]any); ok {
		kind = kinds[0]
	}
	switch kind {
	case "object":
		return g.object(schema)
	case "array":
		return []any{g.value(schema.at("items"))}
	case "string":
		return g.line(schema)
	case "boolean":
		return g.oneIn(2)
	}
	return pick[any](g, nil, "ignored", 3)
}

func (g *generator) object(schema node) any {
	object := map[string]any{}
	required, _ := schema["required"].([]any)
	names := make([]string, 0, len(schema.at("properties")))
	for name := range schema.at("properties") {
		names = append(names, name)
	}
	slices.Sort(names) // the same random numbers for the same members
	for _, name := range names {
		// A prompt has no settings, and is not to be taken for another.
		if g.sound && (name == "agent" || name == "id" || name == "kind") && schema.at("properties", "key") == nil {
			continue
		}
		needed := slices.Contains(required, any(name)) || name == "content"
		if needed && (g.sound || !g.oneIn(12)) || g.oneIn(3) {
			object[name] = g.value(schema.at("properties", name))
			if text, ok := known[name]; ok && (g.sound || g.oneIn(2)) {
				object[name] = text
			}
		}
	}
	if !g.sound && g.oneIn(10) {
		object[g.noise] = g.noise
	}
	return object
}

// line makes a text within the limits of the schema, or just beyond them.
func (g *generator) line(schema node) string {
	if pattern, ok := schema["pattern"].(string); ok {
		if strings.Contains(pattern, "[Hh]") {
			return "https://example.org/a"
		}
		return "MIT-0"
	}
	least, _ := schema["minLength"].(int)
	most, _ := schema["maxLength"].(int)
	length := max(least, 1)
	if !g.sound {
		length = pick(g, length, most, most+1, max(least-1, 0))
	}
	return strings.Repeat("a", length)
}
