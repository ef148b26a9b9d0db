package lambda_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

// see gives what a handler sees of an event.
func see(t testing.TB, e events.APIGatewayV2HTTPRequest) (s seen) {
	t.Helper()
	invoke(t.Context(), t, adapter(func(_ http.ResponseWriter, r *http.Request) {
		s = seenOf(r)
		if r.TLS == nil {
			t.Error("the connection is not encrypted")
		}
	}), e)
	return s
}

func TestRequest(t *testing.T) {
	t.Parallel()
	want := seen{
		Method: "POST", Host: "id.execute-api.us-east-1.amazonaws.com", Path: "/my/path", Escaped: "/my/path",
		Query: "parameter1=value1&parameter1=value2&parameter2=value", URI: "/my/path?parameter1=value1&parameter1=value2&parameter2=value",
		Remote: "192.0.2.1:0", Body: "Hello from Lambda", Length: 17,
		Header: http.Header{"Header1": {"value1"}, "Header2": {"value1,value2"}, "Cookie": {"cookie1; cookie2"}, "Content-Length": {"17"}},
	}
	if diff := cmp.Diff(want, see(t, httpEvent(t, nil))); diff != "" {
		t.Error(diff)
	}
}

func TestRequestOf(t *testing.T) {
	t.Parallel()
	type event = events.APIGatewayV2HTTPRequest
	stage := func(stage, path string) func(*event) {
		return func(e *event) { e.RequestContext.Stage, e.RawPath = stage, path }
	}
	path := func(path string) func(*event) { return stage("$default", path) }
	query := func(query string) func(*event) { return func(e *event) { e.RawQueryString = query } }
	header := func(pairs ...string) func(*event) {
		return func(e *event) {
			e.Headers, e.Cookies, e.Body = map[string]string{}, nil, ""
			for i := 0; i < len(pairs); i += 2 {
				e.Headers[pairs[i]] = pairs[i+1]
			}
		}
	}
	escaped := func(s seen) any { return s.Escaped }
	plain := func(s seen) any { return s.Path }
	for _, tt := range []struct {
		name   string
		change func(*event)
		field  func(seen) any
		want   any
	}{
		{"a space", path("/capture/space value"), escaped, "/capture/space%20value"},
		{"beyond ASCII", path("/v1/prompts/größe"), escaped, "/v1/prompts/gr%C3%B6%C3%9Fe"},
		{"a question mark", path("/a?b=c"), escaped, "/a%3Fb=c"},
		{"a fragment", path("/a#b"), escaped, "/a%23b"},
		{"a line break", path("/a\nb"), escaped, "/a%0Ab"},
		{"an escaped percent sign", path("/a%2541"), plain, "/a%41"},
		{"an escaped percent sign before an escape", path("/a%252Fb"), plain, "/a%2Fb"},
		{"a percent sign", path("/100%"), escaped, "/100%25"},
		{"a percent sign and no digits", path("/%zz%"), escaped, "/%25zz%25"},
		{"half an escape", path("/%4"), escaped, "/%254"},
		{"a gateway that escapes", path("/a%20b"), plain, "/a b"},
		{"a slash of no gateway", path("/a%2Fb"), plain, "/a/b"},
		{"two slashes", path("//evil.example.com/x"), escaped, "//evil.example.com/x"},
		{"dots", path("/v1/../x/./y"), escaped, "/v1/../x/./y"},
		{"nothing", path(""), plain, "/"},
		{"no slash", path("v1"), plain, "/v1"},
		{"a stage", stage("prod", "/prod/v1/prompts"), plain, "/v1/prompts"},
		{"a stage alone", stage("prod", "/prod"), plain, "/"},
		{"a stage and a slash", stage("prod", "/prod/"), plain, "/"},
		{"a stage behind a domain's mapping", stage("prod", "/v1/prompts"), plain, "/v1/prompts"},
		{"what begins like a stage", stage("prod", "/products"), plain, "/products"},
		{"a stage twice", stage("prod", "/prod/prod"), plain, "/prod"},
		{"the default stage's name", stage("$default", "/$default/x"), plain, "/$default/x"},
		{"a query", query("a=b%26c&d=e+f&a="), func(s seen) any { return s.Query }, "a=b%26c&d=e+f&a="},
		{"an escaped query stays so", query("q=%2541%20%2B"), func(s seen) any { return s.Query }, "q=%2541%20%2B"},
		{"a query with a space", query("a=b c\r\n"), func(s seen) any { return s.Query }, "a=b%20c%0D%0A"},
		{"no query", query(""), func(s seen) any { return s.URI }, "/my/path"},
		{"a host", header("host", "prompts.example.com"), func(s seen) any { return s.Host }, "prompts.example.com"},
		{"no host", header(), func(s seen) any { return s.Host }, "id.execute-api.us-east-1.amazonaws.com"},
		{"no body", header("content-length", "5", "transfer-encoding", "chunked", "host", "x", "accept", "*/*"), func(s seen) any { return s.Header }, http.Header{"Accept": {"*/*"}}},
		{"an address of IPv6", func(e *event) { e.RequestContext.HTTP.SourceIP = "2001:db8::1" }, func(s seen) any { return s.Remote }, "[2001:db8::1]:0"},
		{"who says to come from elsewhere", header("x-forwarded-for", "203.0.113.9"), func(s seen) any { return s.Remote }, "192.0.2.1:0"},
		{"a cookie header beside cookies", func(e *event) { e.Headers["cookie"] = "a=1" }, func(s seen) any { return s.Header["Cookie"] }, []string{"cookie1; cookie2"}},
		{"a body in base64", func(e *event) {
			e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte("\xff\x00")), true
		}, func(s seen) any { return s.Body }, "\xff\x00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.field(see(t, httpEvent(t, tt.change)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is no event of an HTTP API is an error of the function, and no request.
func TestForeignEvents(t *testing.T) {
	t.Parallel()
	h := adapter(func(http.ResponseWriter, *http.Request) { t.Error("the handler was asked") })
	brokenBody, err := json.Marshal(httpEvent(t, func(e *events.APIGatewayV2HTTPRequest) { e.IsBase64Encoded = true }))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ payload, want string }{
		"nothing":         {``, "unexpected end"},
		"no object":       {`[]`, "cannot unmarshal"},
		"empty":           {`{}`, "2.0"},
		"a REST API's":    {`{"resource":"/","path":"/","httpMethod":"GET","requestContext":{"stage":"prod"}}`, "2.0"},
		"an older format": {`{"version":"1.0","requestContext":{"http":{"method":"GET"}}}`, "2.0"},
		"a queue's":       {`{"Records":[]}`, "2.0"},
		"a broken body":   {string(brokenBody), "body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := h.Invoke(t.Context(), []byte(tt.payload))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("answered %s, error %v; want one with %q", text, err, tt.want)
			}
		})
	}
}
