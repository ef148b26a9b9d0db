package api_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"promptz/internal/api"
)

const marias = "__Host-session=maria"

func TestCookieOfASession(t *testing.T) {
	t.Parallel()
	me := func(name, cookie string, status int, want string) scenario {
		return scenario{name: name, method: "GET", path: "/v1/me", headers: headers("Cookie", cookie), status: status, want: []string{want}, wantHeaders: headers("Set-Cookie", "")}
	}
	ended := me("ended", "__Host-session=nobody", 401, `"code":"unauthenticated"`)
	ended.wantHeaders = headers("Set-Cookie", dropSession, "Cache-Control", "no-store")
	endedAnywhere := ended
	endedAnywhere.name, endedAnywhere.path = "ended, where none is needed", publicPath
	bearer := me("a bearer beats it", marias, 200, `"handle":"bob"`)
	bearer.as = "bob"
	badBearer := me("a bad bearer beats it", marias, 401, `"code":"unauthenticated"`)
	badBearer.as = "nobody"
	signedIn := me("private to caches", marias, 200, `"visibility":"public"`)
	signedIn.path = publicPath
	signedIn.wantHeaders = headers("Cache-Control", "private, no-store", "Vary", "Accept, Accept-Encoding, Authorization, Cookie")
	run(t, []scenario{
		ended, endedAnywhere, bearer, badBearer, signedIn,
		me("signed in", marias, 200, `"handle":"Maria"`),
		me("among others", "a=b; "+marias+"; c=d", 200, `"handle":"Maria"`),
		me("of another name", "session=maria", 401, `"code"`),
		me("twice", marias+"; __Host-session=bob", 401, `"code"`),
		me("without the scope", "__Host-session=maria-public", 403, `"code":"forbidden"`),
		me("store is away", "__Host-session=down", 503, `"code":"unavailable"`),
	})
}

// TestCrossOrigin refuses what pages of other origins send with a browser's
// cookies, and what would sign its browser in or out.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for name, test := range map[string]struct {
		headers map[string]string
		allowed bool
	}{
		"own page":                  {headers("Sec-Fetch-Site", "same-origin", "Origin", "https://prompts.example.com"), true},
		"no page":                   {headers("Sec-Fetch-Site", "none"), true},
		"no browser":                {nil, true},
		"trusted page":              {headers("Sec-Fetch-Site", "cross-site", "Origin", "https://app.example.com"), true},
		"own page behind a proxy":   {headers("Origin", "https://prompts.example.com"), true},
		"other origin":              {headers("Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example.net"), false},
		"other origin, old browser": {headers("Origin", "https://evil.example.net"), false},
		"same site":                 {headers("Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com"), false},
		"no origin to tell":         {headers("Sec-Fetch-Site", "cross-site", "Origin", "null"), false},
		"other scheme":              {headers("Sec-Fetch-Site", "cross-site", "Origin", "http://prompts.example.com"), false},
		"other port":                {headers("Sec-Fetch-Site", "same-site", "Origin", "https://prompts.example.com:8443"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, s := range []scenario{
				{method: "POST", path: "/v1/prompts", body: validBody, headers: headers("Cookie", marias), status: 201},
				{method: "DELETE", path: "/v1/me", headers: headers("Cookie", marias), status: 204},
				{method: "POST", path: "/v1/auth/challenges", body: `{"email":"a@b.c"}`, status: 202},
				{method: "POST", path: answerPath, body: `{"code":"` + rightCode + `","cookie":true}`, status: 204},
				{method: "POST", path: linkPath, status: 303},
				{method: "POST", path: "/v1/auth/revoke", headers: headers("Cookie", marias, "Content-Type", form), status: 200},
				{method: "POST", path: "/v1/auth/token", body: "grant_type=refresh_token&refresh_token=" + goodRefresh, headers: headers("Content-Type", form), status: 200},
			} {
				f := newFake()
				seed(f)
				r := s.request()
				for name, value := range test.headers {
					r.Header.Set(name, value)
				}
				if !test.allowed {
					s.status, s.want = 403, []string{`"code":"forbidden"`, "another origin"}
					s.wantHeaders, s.wantCalls = headers("Set-Cookie", ""), []string{}
				}
				s.check(t, f, do(t, newHandler(t, f), r))
			}
		})
	}
}

// TestCrossOriginBearer lets any page send a credential that it holds itself, and
// read what is public.
func TestCrossOriginBearer(t *testing.T) {
	t.Parallel()
	other := func(pairs ...string) map[string]string {
		return headers(append(pairs, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example.net")...)
	}
	run(t, []scenario{
		{name: "write by a bearer", as: "maria", method: "POST", path: "/v1/prompts", body: validBody, headers: other("Cookie", "__Host-session=bob"), status: 201, want: []string{`"handle":"Maria"`}},
		{name: "write by nobody", method: "POST", path: "/v1/prompts", body: validBody, headers: other(), status: 401},
		{name: "read", method: "GET", path: publicPath, headers: other(), status: 200},
		{name: "follow a link", method: "GET", path: "/v1/me", headers: other("Cookie", marias), status: 200},
	})
}

// TestCookiesOnLoopback can't have the prefix that wants https.
func TestCookiesOnLoopback(t *testing.T) {
	t.Parallel()
	f := newFake()
	seed(f)
	h := newHandlerAt(t, "http://127.0.0.1:8080", f)
	begun := scenario{method: "POST", path: answerPath, body: `{"code":"` + rightCode + `","cookie":true}`, status: 204,
		wantHeaders: headers("Set-Cookie", strings.ReplaceAll(strings.ReplaceAll(setSession+"\n"+setDevice, "__Host-", ""), " Secure;", ""))}
	begun.check(t, f, do(t, h, begun.request()))
	for cookie, status := range map[string]int{"session=maria": 200, marias: 401} {
		s := scenario{method: "GET", path: "/v1/me", headers: headers("Cookie", cookie), status: status}
		s.check(t, f, do(t, h, s.request()))
	}
}

// TestCredentialOf gives for counting what a request is authenticated by.
func TestCredentialOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		headers map[string]string
		want    string
	}{
		"none":         {nil, ""},
		"bearer":       {headers("Authorization", "Bearer a"), "a"},
		"cookie":       {headers("Cookie", marias), "maria"},
		"both":         {headers("Authorization", "Bearer a", "Cookie", marias), "a"},
		"bad bearer":   {headers("Authorization", "Basic a", "Cookie", marias), ""},
		"other cookie": {headers("Cookie", "session=maria"), ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for name, value := range test.headers {
			r.Header.Set(name, value)
		}
		if got := api.CredentialOf("https://prompts.example.com")(r); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestNoCredentialIsLogged fails every sign-in in a way that is logged.
func TestNoCredentialIsLogged(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	f := newFake()
	f.signIn.fails = errDown
	var log bytes.Buffer
	d := depsOn(t, f, f, &f.signIn)
	d.Problems = newProblems(&log)
	h, err := api.NewHandler(d)
	if err != nil {
		t.Fatal(err)
	}
	const form = "application/x-www-form-urlencoded"
	for _, s := range []scenario{
		{method: "POST", path: "/v1/auth/challenges", body: `{"email":"` + secret + `@example.com"}`},
		{method: "POST", path: answerPath, body: `{"code":"` + secret + `"}`, headers: headers("Cookie", "__Host-device="+secret)},
		{method: "GET", path: "/v1/auth/link/" + secret, headers: headers("Referer", secret)},
		{method: "POST", path: "/v1/auth/link/" + secret},
		{method: "GET", path: "/v1/auth/callback?state=" + secret + "&code=" + secret, headers: headers("Cookie", "__Host-challenge="+secret)},
		{method: "POST", path: "/v1/auth/token", body: "grant_type=refresh_token&refresh_token=" + secret, headers: headers("Content-Type", form)},
		{method: "POST", path: "/v1/auth/revoke", body: "token=" + secret, headers: headers("Content-Type", form)},
		{method: "POST", path: "/v1/me/address", as: "maria", body: `{"email":"` + secret + `@example.com"}`},
	} {
		w := do(t, h, s.request())
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), secret) {
			t.Errorf("%s %s → %d: %s", s.method, s.path, w.Code, w.Body)
		}
	}
	if lines := strings.Count(log.String(), "\n"); lines != 8 || strings.Contains(log.String(), secret) {
		t.Errorf("%d lines of log:\n%s", lines, log.String())
	}
}

// newHandlerAt makes the handler on f under another public URL.
func newHandlerAt(t testing.TB, publicURL string, f *fake) http.Handler {
	t.Helper()
	d := depsOn(t, f, f, &f.signIn)
	d.PublicURL = publicURL
	h, err := api.NewHandler(d)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
