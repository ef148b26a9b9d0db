package lambda_test

import (
	"bufio"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"
)

// routed is what a router of ours makes of a request.
type routed struct {
	Path, Query string
	Values      url.Values
	Vars        map[string]string
}

// route routes r as package api does.
func route(r *http.Request) routed {
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	router.Path("/v1/{items}/{ref}")
	router.Path("/v1/{items}/{ref}/versions/{n}")
	var match mux.RouteMatch
	router.Match(r, &match)
	return routed{r.URL.Path, r.URL.RawQuery, r.URL.Query(), match.Vars}
}

var escapes = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// gateway is what an HTTP API makes of a request's target: escapes in the path are
// decoded but %25. ok is false for what it loses on the way.
func gateway(target string) (e events.APIGatewayV2HTTPRequest, ok bool) {
	path, query, _ := strings.Cut(target, "?")
	e.RawPath = escapes.ReplaceAllStringFunc(path, func(escape string) string {
		if escape == "%25" {
			return escape
		}
		c, _ := url.PathUnescape(escape)
		return c
	})
	e.Version, e.RawQueryString = "2.0", query
	e.RequestContext.HTTP.Method = "GET"
	return e, utf8.ValidString(e.RawPath) && utf8.ValidString(query) && !strings.Contains(e.RawPath, "?")
}

// FuzzTarget sees that a router finds the same behind the gateway as behind
// net/http, for every request line that net/http takes.
func FuzzTarget(f *testing.F) {
	for _, target := range []string{
		"/", "/v1/prompts/abc?limit=2&cursor=x%2By", "/v1/prompts/gr%C3%B6%C3%9Fe", "/v1/prompts/a%20b/versions/3", "/v1/a%252Fb/c", "/v1/a%25/c",
		"//x/y", "/v1/../x", "/a%3Fb", "/%E2%82", "/v1/x/y?a=%zz&b;c", "/v1/x/%3A%40", "/v1/a+b/c%2Bd?e+f=g%2Bh", "/v1/x/y?", "/v1/x/y??", "/a#b", "/v1/x/%00",
	} {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		want, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n")))
		if err != nil || want.RequestURI != target || !strings.HasPrefix(target, "/") {
			t.Skip("no request line")
		}
		e, ok := gateway(target)
		if !ok {
			t.Skip("the gateway loses it")
		}
		var got routed
		invoke(t.Context(), t, adapter(func(_ http.ResponseWriter, r *http.Request) {
			got = route(r)
			again, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + r.RequestURI + " HTTP/1.1\r\nHost: x\r\n\r\n")))
			if err != nil || again.URL.Path != r.URL.Path || again.URL.RawQuery != r.URL.RawQuery {
				t.Errorf("%q is read again as %v, %v", r.RequestURI, again, err)
			}
		}), e)
		expect := route(want)
		if want.URL.RawPath != "" { // escaped as nobody has to: what the gateway decodes, it can't tell
			expect.Vars, got.Vars = nil, nil
		}
		if diff := cmp.Diff(expect, got); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzEvent sees that no event takes the process along, and that what is answered
// can be read.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"version":"2.0","rawPath":"/%","rawQueryString":" ","cookies":["a","b"],"headers":{"host":"x","":"y"},"requestContext":{"stage":"x","http":{"method":"GET","sourceIp":"::"}},"body":"/w==","isBase64Encoded":true}`))
	f.Add([]byte(`{"version":"2.0","requestContext":{"http":{"method":"\n"}},"headers":null,"body":null}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		h := adapter(func(w http.ResponseWriter, r *http.Request) {
			for name := range r.Header {
				w.Header().Set(name, r.Header.Get(name))
			}
			w.Write([]byte(seenOf(r).Body))
		})
		if text, err := h.Invoke(t.Context(), payload); err == nil {
			gatewayAnswer(t, text)
		}
	})
}
