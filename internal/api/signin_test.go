package api_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
)

// The paths of the fake's sign-ins, and what its cookies are set as.
const (
	answerPath = "/v1/auth/challenges/" + someChallenge + "/answer"
	linkPath   = "/v1/auth/link/" + goodLink

	cookieFlags = "; Path=/; Expires=Fri, 15 Jan 2027 08:00:00 GMT; HttpOnly; Secure; SameSite=Lax"
	setSession  = "__Host-session=" + someSession + ".secret" + cookieFlags
	setDevice   = "__Host-device=device-secret" + cookieFlags
	dropSession = "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
)

// unseen are the headers of what nobody may keep.
func unseen(pairs ...string) map[string]string {
	return headers(append(pairs, "Cache-Control", "private, no-store", "Referrer-Policy", "no-referrer")...)
}

func redirecting(f *fake) { f.signIn.redirects = true }

func TestBeginSignIn(t *testing.T) {
	t.Parallel()
	begin := func(name, body string, status int, want ...string) scenario {
		return scenario{name: name, method: "POST", path: "/v1/auth/challenges", body: body, status: status, want: want}
	}
	limited := begin("too many", `{"email":"maria@example.com"}`, 429, `"code":"rate_limited"`)
	limited.state = func(f *fake) {
		f.signIn.fails = &promptz.Error{Code: promptz.CodeRateLimited, Message: "Too many.", RetryAfter: 1500 * 1e6}
	}
	limited.wantHeaders = headers("Retry-After", "2")
	byCode := begin("code", `{"email":"maria@example.com"}`, 202, `"method":"code"`, `"challengeId":"`+someChallenge+`"`, `"expiresAt":"2027-01-15T08:00:00.000Z"`)
	byCode.wantNot, byCode.wantHeaders = []string{"url", "maria"}, unseen("Set-Cookie", "")
	redirect := begin("redirect", `{}`, 202, `"method":"redirect"`, `"url":"https://id.example.com/authorize?state=x"`)
	redirect.state, redirect.wantNot = redirecting, []string{"browser-secret"}
	redirect.wantHeaders = unseen("Set-Cookie", "__Host-challenge=browser-secret"+cookieFlags)
	run(t, []scenario{
		byCode, redirect, limited,
		begin("no address", `{}`, 422, `"pointer":"/email"`),
		begin("unknown member", `{"email":"a@example.com","admin":true}`, 422, `"pointer":"/admin"`),
		begin("address of another type", `{"email":["a@example.com"]}`, 422, `"pointer":"/email"`),
		begin("no JSON", `email=a@example.com`, 400),
		begin("too large", `{"email":"`+strings.Repeat("a", 64<<10)+`"}`, 413),
		{name: "a form", method: "POST", path: "/v1/auth/challenges", body: "email=a", headers: headers("Content-Type", "text/plain"), status: 415},
		{name: "the address in the query", method: "POST", path: "/v1/auth/challenges?email=a@example.com", body: `{}`, status: 400},
		{name: "no credential is looked at", as: "down", method: "POST", path: "/v1/auth/challenges", body: `{"email":"a@example.com"}`, status: 202},
	})
}

// TestAsker says what of a request is told of who asks.
func TestAsker(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		agent, cookie string
		want          promptz.Asker
	}{
		"plain":        {"curl/8.1", "", promptz.Asker{Client: "curl/8.1"}},
		"remembered":   {"curl/8.1", "__Host-device=known", promptz.Asker{Client: "curl/8.1", Device: "known"}},
		"two devices":  {"", "__Host-device=a; __Host-device=b", promptz.Asker{}},
		"bare cookie":  {"", "device=a", promptz.Asker{}},
		"lines":        {"a\r\nBcc: b\u2028c\u0085d", "", promptz.Asker{Client: "aBcc: bcd"}},
		"direction":    {"abc\u202edef\u200b", "", promptz.Asker{Client: "abcdef"}},
		"no UTF-8":     {"a\xffb", "", promptz.Asker{Client: "ab"}},
		"long":         {strings.Repeat("x", 300), "", promptz.Asker{Client: strings.Repeat("x", 200)}},
		"long in half": {strings.Repeat("x", 199) + "ä", "", promptz.Asker{Client: strings.Repeat("x", 199)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			h := newHandler(t, f)
			test.want.Network = netip.MustParsePrefix("192.0.2.0/24")
			for path, body := range map[string]string{"/v1/auth/challenges": `{"email":"a@b.c"}`, answerPath: `{"code":"` + rightCode + `"}`} {
				f.signIn.asker = promptz.Asker{}
				r := scenario{method: "POST", path: path, body: body}.request()
				r.Header["User-Agent"], r.Header["Cookie"] = []string{test.agent}, []string{test.cookie}
				if w := do(t, h, r); w.Code >= 400 {
					t.Fatalf("%s: status %d: %s", path, w.Code, w.Body)
				}
				if diff := cmp.Diff(test.want, f.signIn.asker, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
					t.Errorf("%s:\n%s", path, diff)
				}
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	answer := func(name, body string, status int, want ...string) scenario {
		return scenario{name: name, method: "POST", path: answerPath, body: body, status: status, want: want, wantHeaders: headers("Set-Cookie", "")}
	}
	asTokens := answer("tokens", `{"code":"12345678"}`, 200,
		`"access_token":"access"`, `"token_type":"Bearer"`, `"expires_in":600`, `"refresh_token":"promptz_rt_good"`, `"scope":"public read write"`)
	asTokens.wantHeaders = unseen("Set-Cookie", "")
	asCookie := answer("cookie", `{"code":"12345678","cookie":true}`, 204)
	asCookie.wantHeaders = unseen("Set-Cookie", setSession+"\n"+setDevice, "Content-Type", "")
	ofAddress := answer("change of address", `{"code":"12345678"}`, 204)
	ofAddress.as, ofAddress.wantHeaders = "maria", unseen("Set-Cookie", "")
	elsewhere := answer("of another challenge", `{"code":"12345678"}`, 401)
	elsewhere.path = "/v1/auth/challenges/cha000000002/answer"
	ended := answer("over a session that has ended", `{"code":"12345678","cookie":true}`, 204)
	ended.headers = headers("Cookie", "__Host-session=nobody")
	ended.wantHeaders = unseen("Set-Cookie", setSession+"\n"+setDevice)
	badBearer := answer("with a bad bearer", `{"code":"12345678"}`, 401)
	badBearer.as = "nobody"
	down := answer("store is away", `{"code":"12345678"}`, 503)
	down.headers = headers("Cookie", "__Host-session=down")
	run(t, []scenario{
		asTokens, asCookie, ofAddress, elsewhere, ended, badBearer, down,
		answer("wrong", `{"code":"00000000"}`, 401, `"code":"unauthenticated"`),
		answer("none", `{}`, 422, `"pointer":"/code"`),
		answer("a number", `{"code":12345678}`, 422, `"pointer":"/code"`),
		answer("null", `{"code":null}`, 422, `"pointer":"/code"`),
		answer("cookie of another type", `{"code":"12345678","cookie":"yes"}`, 422, `"pointer":"/cookie"`),
		answer("code twice", `{"code":"00000000","code":"12345678"}`, 400),
	})
}

func TestLink(t *testing.T) {
	t.Parallel()
	page := unseen("Content-Type", "text/html; charset=utf-8", "X-Content-Type-Options", "nosniff", "Set-Cookie", "")
	run(t, []scenario{
		{name: "page", method: "GET", path: linkPath, status: 200, wantHeaders: page,
			want:    []string{"<strong>Maria</strong>", "maria&#34;&lt;script&gt;@example.com", `<form method="post"><button`},
			wantNot: []string{"<script", goodLink}},
		{name: "page without its body", method: "HEAD", path: linkPath, status: 200, wantHeaders: page, wantNot: []string{"Maria"}},
		{name: "page of a wrong link", method: "GET", path: linkPath + "x", status: 401, wantHeaders: headers("Set-Cookie", "")},
		{name: "clicked", method: "POST", path: linkPath, headers: headers("Content-Type", "application/x-www-form-urlencoded"), status: 303,
			wantHeaders: unseen("Location", "/", "Set-Cookie", setSession+"\n"+setDevice)},
		{name: "clicked in a browser that is signed in", method: "POST", path: linkPath, headers: headers("Cookie", "__Host-session=bob"), status: 303,
			wantHeaders: headers("Set-Cookie", setSession+"\n"+setDevice)},
		{name: "clicked wrong", method: "POST", path: linkPath + "x", status: 401, wantHeaders: headers("Set-Cookie", "")},
		{name: "other method", method: "DELETE", path: linkPath, status: 405, wantHeaders: headers("Allow", "GET, HEAD, POST")},
	})
}

// TestLinkPagePolicy allows the page nothing but its style and its own form.
func TestLinkPagePolicy(t *testing.T) {
	t.Parallel()
	w := do(t, newHandler(t, newFake()), scenario{method: "GET", path: linkPath}.request())
	policy := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("no %q in %q", want, policy)
		}
	}
	if strings.Contains(policy, "script-src") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
}

func TestCallback(t *testing.T) {
	t.Parallel()
	const good = "/v1/auth/callback?state=good&code=good"
	const dropped = "__Host-challenge=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
	browser := headers("Cookie", "__Host-challenge=browser-secret", "Sec-Fetch-Site", "cross-site")
	run(t, []scenario{
		{name: "in the browser that began", method: "GET", path: good, headers: browser, status: 303,
			wantHeaders: unseen("Location", "/", "Set-Cookie", dropped+"\n"+setSession+"\n"+setDevice)},
		{name: "with what else a provider sends", method: "GET", path: good + "&scope=openid+email&authuser=0&iss=https%3A%2F%2Fid.example.com&x=1&x=2", headers: browser, status: 303},
		{name: "finished in another browser", method: "GET", path: good, status: 200,
			want: []string{"<code>" + rightCode + "</code>"}, wantHeaders: unseen("Set-Cookie", dropped, "Location", "")},
		{name: "with a made-up cookie", method: "GET", path: good, headers: headers("Cookie", "__Host-challenge=other"), status: 200, wantHeaders: unseen("Set-Cookie", dropped)},
		{name: "cookie set by a neighbour", method: "GET", path: good, headers: headers("Cookie", "challenge=browser-secret"), status: 200, wantHeaders: unseen("Set-Cookie", dropped)},
		{name: "wrong state", method: "GET", path: "/v1/auth/callback?state=bad&code=good", headers: browser, status: 401, wantHeaders: headers("Set-Cookie", "")},
		{name: "refused there", method: "GET", path: "/v1/auth/callback?state=good&error=access_denied&error_description=No+%3Cscript%3E", headers: browser, status: 401, wantNot: []string{"script", "denied"}},
		{name: "no state", method: "GET", path: "/v1/auth/callback?code=good", headers: browser, status: 400},
		{name: "state twice", method: "GET", path: good + "&state=bad", headers: browser, status: 400},
		{name: "by POST", method: "POST", path: good, status: 405},
	})
}

func TestToken(t *testing.T) {
	t.Parallel()
	form := headers("Content-Type", "application/x-www-form-urlencoded")
	token := func(name, body string, status int, want ...string) scenario {
		return scenario{name: name, method: "POST", path: "/v1/auth/token", headers: form, body: body, status: status, want: want, wantHeaders: unseen("Content-Type", "application/json")}
	}
	run(t, []scenario{
		token("refreshed", "grant_type=refresh_token&refresh_token="+goodRefresh, 200, `"access_token":"access"`, `"refresh_token":"promptz_rt_good"`, `"expires_in":600`),
		token("with what is unknown", "grant_type=refresh_token&client_id=x&refresh_token="+goodRefresh, 200),
		token("not good", "grant_type=refresh_token&refresh_token=x", 400, `"error":"invalid_grant"`),
		token("other grant", "grant_type=password&refresh_token="+goodRefresh, 400, `"error":"unsupported_grant_type"`),
		token("no grant", "refresh_token="+goodRefresh, 400, `"error":"invalid_request"`),
		token("no token", "grant_type=refresh_token", 400, `"error":"invalid_request"`),
		token("token twice", "grant_type=refresh_token&refresh_token=x&refresh_token="+goodRefresh, 400, `"error":"invalid_request"`),
		token("unreadable", "grant_type=refresh_token&refresh_token=%zz", 400, `"error":"invalid_request"`),
		token("nothing", "", 400, `"error":"invalid_request"`),
		{name: "as JSON", method: "POST", path: "/v1/auth/token", body: `{"grant_type":"refresh_token"}`, status: 415},
		{name: "too large", method: "POST", path: "/v1/auth/token", headers: form, body: strings.Repeat("x", 64<<10+1), status: 413},
		{name: "in the query", method: "POST", path: "/v1/auth/token?grant_type=refresh_token&refresh_token=" + goodRefresh, headers: form, status: 400, wantNot: []string{goodRefresh}},
	})
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	down := func(f *fake) { f.signIn.fails = promptz.Errorf(promptz.CodeUnavailable, "away") }
	for _, test := range []struct {
		scenario
		revoked []string
	}{
		{scenario{name: "token", body: "token=a&token_type_hint=refresh_token", headers: headers("Content-Type", form), status: 200, wantHeaders: unseen("Set-Cookie", "")}, []string{"a"}},
		{scenario{name: "cookie", headers: headers("Cookie", "__Host-session=b"), status: 200, wantHeaders: unseen("Set-Cookie", dropSession)}, []string{"b"}},
		{scenario{name: "token beats cookie", body: "token=a", headers: headers("Content-Type", form, "Cookie", "__Host-session=b"), status: 200, wantHeaders: unseen("Set-Cookie", "")}, []string{"a"}},
		{scenario{name: "nothing", status: 400, want: []string{`"error":"invalid_request"`}}, nil},
		{scenario{name: "token twice", body: "token=a&token=c", headers: headers("Content-Type", form, "Cookie", "__Host-session=b"), status: 400, wantHeaders: headers("Set-Cookie", "")}, nil},
		{scenario{name: "store is away", state: down, headers: headers("Cookie", "__Host-session=b"), status: 503, wantHeaders: headers("Set-Cookie", "")}, []string{"b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			if test.state != nil {
				test.state(f)
			}
			test.method, test.path = http.MethodPost, "/v1/auth/revoke"
			test.check(t, f, do(t, newHandler(t, f), test.request()))
			if diff := cmp.Diff(test.revoked, f.signIn.revoked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKeySet(t *testing.T) {
	t.Parallel()
	public := headers("Cache-Control", "public, max-age=300", "Content-Type", "application/json", "Set-Cookie", "")
	run(t, []scenario{
		{name: "read", method: "GET", path: "/.well-known/jwks.json", status: 200, wantHeaders: public, want: []string{`"kid":"a"`}},
		{name: "without its body", method: "HEAD", path: "/.well-known/jwks.json", status: 200, wantHeaders: public, wantNot: []string{"kid"}},
		{name: "no credential is looked at", as: "down", method: "GET", path: "/.well-known/jwks.json", status: 200},
	})
}
