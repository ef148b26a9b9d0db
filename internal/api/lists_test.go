package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

func TestLists(t *testing.T) {
	t.Parallel()
	list := func(name, path string, status int, want ...string) scenario {
		return scenario{name: name, method: "GET", path: path, status: status, want: want}
	}
	const prompts = "/v1/prompts"
	run(t, []scenario{
		{name: "cards", method: "GET", path: prompts, status: 200, want: []string{publicPrompt, `"stats":`}, wantNot: []string{privatePrompt, publicAgent, "content", "howto", `"agent":`, "next"}, wantHeaders: headers("Link", "")},
		{name: "one's own drafts are not public", as: "maria", method: "GET", path: prompts, status: 200, wantNot: []string{privatePrompt}, wantHeaders: headers("Cache-Control", "private, no-store")},
		list("no entries", "/v1/rules?owner=mod", 200, `{"items":[]}`),
		list("updated", prompts+"?sort=updated", 200, publicPrompt),
		list("owner, case does not count", prompts+"?owner=MARIA", 200, publicPrompt),
		{name: "other owner", method: "GET", path: prompts + "?owner=bob", status: 200, wantNot: []string{publicPrompt}},
		list("unknown owner", prompts+"?owner=nobody", 200, `{"items":[]}`),
		list("owner, newest", prompts+"?owner=maria&sort=newest", 200, publicPrompt),
		list("owner, updated", prompts+"?owner=maria&sort=updated", 400),
		list("popular", prompts+"?sort=popular", 200, publicPrompt),
		list("trending", prompts+"?sort=trending", 200, publicPrompt),
		list("owner, popular", prompts+"?owner=maria&sort=popular", 400),
		list("unknown sort", prompts+"?sort=best", 400),
		list("empty sort", prompts+"?sort=", 400),
		list("words", prompts+"?q=x", 400),
		list("tag", prompts+"?tag=x", 400),
		list("wrong case", prompts+"?Limit=3", 400),
		list("limit 1", prompts+"?limit=1", 200),
		list("limit 100", prompts+"?limit=100", 200),
		list("limit 0", prompts+"?limit=0", 400),
		list("limit 101", prompts+"?limit=101", 400),
		list("limit -1", prompts+"?limit=-1", 400),
		list("limit in words", prompts+"?limit=two", 400, `The query parameter \"limit\" has to be a whole number from 1 to 100.`),
		list("limit with a sign", prompts+"?limit=%2B3", 400),
		list("limit empty", prompts+"?limit=", 400),
		list("limit beyond numbers", prompts+"?limit=99999999999999999999", 400),
		list("limit twice", prompts+"?limit=1&limit=1", 400, "twice"),
		list("semicolon", prompts+"?limit=1;sort=newest", 400),
		list("broken escape", prompts+"?limit=%zz", 400),
		list("NUL", prompts+"?owner=a%00b", 400),
		list("not UTF-8", prompts+"?owner=a%ffb", 400),
		list("no cursor", prompts+"?cursor=", 400),
		list("cursor of nothing", prompts+"?cursor=abc", 400),
		list("cursor too long", prompts+"?cursor="+strings.Repeat("a", 201), 400),
	})
}

func TestListsOfUsers(t *testing.T) {
	t.Parallel()
	list := func(name, path string, status int) scenario {
		return scenario{name: name, method: "GET", path: path, status: status}
	}
	const me = "/v1/me/items"
	mine := func(name, as, path string, status int, want ...string) scenario {
		return scenario{name: name, as: as, method: "GET", path: path, status: status, want: want}
	}
	run(t, []scenario{
		{name: "user's items", method: "GET", path: "/v1/users/maria/items", status: 200, want: []string{publicPrompt, publicAgent}, wantNot: []string{privatePrompt, bobsRule}},
		{name: "user's items of a kind", method: "GET", path: "/v1/users/maria/items?kind=agent", status: 200, want: []string{publicAgent}, wantNot: []string{publicPrompt}},
		list("unknown user's items", "/v1/users/nobody/items", 404),
		list("unknown kind", "/v1/users/maria/items?kind=poem", 400),
		list("sort is not there", "/v1/users/maria/items?sort=newest", 400),
		mine("mine", "maria-read", me, 200, publicPrompt, privatePrompt, publicAgent),
		{name: "mine of a kind", as: "maria-read", method: "GET", path: me + "?kind=agent", status: 200, want: []string{publicAgent}, wantNot: []string{publicPrompt}, wantHeaders: headers("Cache-Control", "private, no-store")},
		mine("nobody's", "", me, 401),
		mine("mine without the scope", "maria-public", me, 403),
		mine("as somebody else", "bob", me, 200, bobsRule),
	})
}

// TestPages reads every list to its end by its next, and by its Link.
func TestPages(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	for i := range 7 {
		f.put(fmt.Sprintf("0a00%08d", i), maria, promptz.KindPrompt, promptz.VisibilityPublic)
		f.rename(publicPrompt, fmt.Sprint("Name ", i))
	}
	h := newHandler(t, f)
	for _, test := range []struct {
		path string
		want int
	}{
		{"/v1/prompts?limit=3", 8},
		{"/v1/prompts?sort=updated&limit=1", 8},
		{"/v1/prompts?limit=2&owner=maria", 8},
		{"/v1/users/maria/items?limit=3", 9},
		{"/v1/users/maria/items?kind=prompt&limit=3", 8},
		{"/v1/me/items?limit=3", 10},
		{publicPath + "/versions?limit=3", 8},
	} {
		t.Run(test.path, func(t *testing.T) {
			whole := readPage(t, h, limitPattern.ReplaceAllString(test.path, "limit=100"))
			var pages []string
			filters := strings.Split(test.path[strings.IndexByte(test.path, '?')+1:], "&")
			for path := test.path; path != ""; {
				page := readPage(t, h, path)
				if again := readPage(t, h, path); !cmp.Equal(page, again) {
					t.Errorf("the same page is different: %s", cmp.Diff(page, again))
				}
				pages = append(pages, page.Names...)
				if page.Next != "" && page.Link != "<"+page.Next+`>; rel="next"` {
					t.Errorf("next is %q, but Link %q", page.Next, page.Link)
				}
				for _, filter := range filters {
					if page.Next != "" && !strings.Contains(page.Next, filter) {
						t.Errorf("next has lost %q: %s", filter, page.Next)
					}
				}
				path = page.Next
			}
			if len(pages) != test.want {
				t.Errorf("%d entries, want %d: %q", len(pages), test.want, pages)
			}
			if !slices.Equal(pages, whole.Names) {
				t.Errorf("pages differ from the whole: %s", cmp.Diff(pages, whole.Names))
			}
		})
	}
}

var limitPattern = regexp.MustCompile(`limit=\d+`)

type page struct {
	Names      []string
	Next, Link string
}

func readPage(t *testing.T, h http.Handler, path string) page {
	t.Helper()
	w := do(t, h, scenario{as: "maria", method: "GET", path: path}.request())
	if w.Code != 200 {
		t.Fatalf("%s: status %d: %s", path, w.Code, w.Body)
	}
	var body struct {
		Items []struct {
			ID     string
			Number int
		}
		Next string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	p := page{Next: body.Next, Link: w.Header().Get("Link")}
	for _, item := range body.Items {
		p.Names = append(p.Names, fmt.Sprint(item.ID, item.Number))
	}
	return p
}

// TestCursorIsBound takes the cursor of each list to all others.
func TestCursorIsBound(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	for i, kind := range []promptz.Kind{promptz.KindPrompt, promptz.KindAgent, promptz.KindRule, promptz.KindRule} {
		for _, owner := range []string{maria, bob} {
			f.put(fmt.Sprintf("%s%08d", owner[8:], i), owner, kind, promptz.VisibilityPublic)
		}
	}
	h := newHandler(t, f)
	lists := []string{
		"/v1/prompts?", "/v1/agents?", "/v1/prompts?sort=updated&", "/v1/rules?owner=maria&", "/v1/rules?owner=bob&",
		"/v1/users/maria/items?", "/v1/users/bob/items?", "/v1/users/maria/items?kind=prompt&", "/v1/me/items?", "/v1/me/items?kind=rule&",
	}
	for _, from := range lists {
		next := readPage(t, h, from+"limit=1").Next
		if next == "" {
			t.Fatalf("%s has one page only", from)
		}
		cursor := next[strings.Index(next, "cursor=")+len("cursor="):]
		cursor, _, _ = strings.Cut(cursor, "&")
		for _, to := range lists {
			w := do(t, h, scenario{as: "maria", method: "GET", path: to + "limit=2&cursor=" + cursor}.request())
			want := 400
			if from == to {
				want = 200 // the size of pages may change
			}
			if w.Code != want {
				t.Errorf("cursor of %s in %s: status %d, want %d", from, to, w.Code, want)
			}
		}
		forged := strings.ToLower(cursor[:8]) + "AAAA" + cursor[12:]
		if w := do(t, h, scenario{as: "maria", method: "GET", path: from + "cursor=" + forged}.request()); w.Code != 400 {
			t.Errorf("forged cursor in %s: status %d", from, w.Code)
		}
	}
}

// TestListTag changes with what is in the list, and only then.
func TestListTag(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	h := newHandler(t, f)
	get := func(tag string) (int, string) {
		w := do(t, h, scenario{method: "GET", path: "/v1/prompts", headers: headers("If-None-Match", tag)}.request())
		return w.Code, w.Header().Get("ETag")
	}
	_, tag := get("")
	if status, _ := get(tag); status != 304 {
		t.Errorf("unchanged: status %d, want 304", status)
	}
	f.items[publicPrompt].Stats.Stars++
	if status, now := get(tag); status != 200 || now == tag {
		t.Errorf("a star more: status %d with %s, want 200 with another", status, now)
	}
}
