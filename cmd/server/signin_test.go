package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"promptz/internal/identity/cognito/cognitotest"
	"promptz/internal/identity/oidc/oidctest"
)

// TestSignIn walks through the README's sign-in on every way to prove who
// somebody is and on every store that runs here.
func TestSignIn(t *testing.T) {
	t.Parallel()
	for _, documents := range []string{"sqlite://{collection}/id?file={data}/{collection}.db", "mem://{collection}/id"} {
		scheme, _, _ := strings.Cut(documents, ":")
		t.Run("local on "+scheme, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			server := startServer(t, dir, "--documents", documents)
			walkSignIn(t, server.url, byMail(filepath.Join(dir, "outbox")))
			if err := server.stop(); err != nil {
				t.Fatal(err)
			}
			checkNoSecrets(t, server.stderr.String(), filepath.Join(dir, "outbox"))
		})
	}
}

// Limits that guard sign-in hold with the others switched off, and across
// processes that share a database.
func TestSignInLimitsHoldEverywhere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	servers := []*process{startServer(t, dir), startServer(t, dir)} // with --limits off
	var last answer
	refused := 0
	for n := range 8 {
		last = client{t: t, url: servers[n%2].url}.send(http.MethodPost, "/v1/auth/challenges", map[string]any{"email": "maria@example.com"})
		if last.status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 3 || last.header.Get("Retry-After") == "" || last.member(t, "code") != "rate_limited" {
		t.Errorf("%d of 8 were refused; the last: %d, Retry-After %q\n%s", refused, last.status, last.header.Get("Retry-After"), last.body)
	}
	client{t: t, url: servers[0].url}.expecting(http.StatusAccepted, http.MethodPost, "/v1/auth/challenges", map[string]any{"email": "otto@example.com"})
}

// TestErasedSeenByAnotherProcess erases an account while its tokens live: the
// other process on the same database refuses them within five seconds, and what
// was private is gone a minute later at most.
func TestErasedSeenByAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	const public = "http://127.0.0.1:9999" // what their tokens are for
	first, second := startServer(t, dir, "--public-url", public), startServer(t, dir, "--public-url", public)
	mine := byMail(filepath.Join(dir, "outbox"))(client{t: t, url: first.url}, "maria@example.com")
	here, there := client{t, first.url, mine.access}, client{t, second.url, mine.access}
	draft := here.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", map[string]any{"name": "My draft", "description": "Nobody else can see this.", "content": "x"})
	there.expecting(http.StatusOK, http.MethodGet, draft.header.Get("Location"), nil)
	export := here.expecting(http.StatusOK, http.MethodGet, "/v1/me/export", nil)
	if !strings.Contains(export.body, "My draft") || !strings.Contains(export.body, "maria@example.com") {
		t.Errorf("the export lacks something:\n%s", export.body)
	}
	here.expecting(http.StatusNoContent, http.MethodDelete, "/v1/me", nil)
	here.expecting(http.StatusUnauthorized, http.MethodGet, "/v1/me", nil)
	deadline := time.Now().Add(revokedWithin)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for there.send(http.MethodGet, "/v1/me", nil).status != http.StatusUnauthorized {
		if time.Now().After(deadline) {
			t.Fatalf("its token still works %v after it was erased", revokedWithin)
		}
		<-tick.C
	}
}

// TestSignInElsewhere is the same walk with somebody else's OpenID provider.
func TestSignInElsewhere(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	theirs := oidctest.Start(t, "http://"+address+"/v1/auth/callback", map[string]bool{"maria@example.com": true, "otto@example.com": true})
	signIn := "oidc+" + theirs.Issuer + "?trust_email=true&client_id=" + oidctest.ClientID + "&client_secret=" + url.QueryEscape(oidctest.ClientSecret)
	server := startServer(t, filepath.Join(t.TempDir(), "data"), "--listen", address, "--sign-in", signIn)
	walkSignIn(t, server.url, byProvider(theirs))
	checkBrowser(t, client{t: t, url: server.url}, theirs)
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"@example.com", "a client's secret", "code="} {
		if strings.Contains(server.stderr.String(), secret) {
			t.Errorf("the log says %q:\n%s", secret, server.stderr)
		}
	}
}

// TestSignInAtCognito is the same walk with a user pool.
func TestSignInAtCognito(t *testing.T) {
	t.Parallel()
	pool := cognitotest.Start(t)
	signIn := "cognito://eu-central-1/" + cognitotest.PoolID + "?client_id=" + cognitotest.ClientID + "&endpoint=" + url.QueryEscape(pool.Endpoint)
	server := startServer(t, filepath.Join(t.TempDir(), "data"), "--sign-in", signIn)
	walkSignIn(t, server.url, byPool(pool))
	byPool(pool)(client{t: t, url: server.url}, "maria@example.com") // known to the pool by now
}

// byPool signs in with the code that a pool has mailed.
func byPool(pool *cognitotest.Pool) signIn {
	return func(c client, email string) tokens {
		c.t.Helper()
		begun := c.expecting(http.StatusAccepted, http.MethodPost, "/v1/auth/challenges", map[string]any{"email": email})
		deadline := time.Now().Add(mailedWithin)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for pool.Code(email) == "" && time.Now().Before(deadline) {
			<-tick.C
		}
		answer := map[string]any{"code": pool.Code(email)}
		path := "/v1/auth/challenges/" + begun.member(c.t, "challengeId") + "/answer"
		// The pool's mail may be there a moment before we know that it is.
		answered := c.send(http.MethodPost, path, answer)
		for range 3 {
			if answered.status == http.StatusOK {
				break
			}
			<-tick.C
			answered = c.send(http.MethodPost, path, answer)
		}
		return tokens{answered.member(c.t, "access_token"), answered.member(c.t, "refresh_token")}
	}
}

// byProvider signs in at a provider, in another browser than the one that asks: a
// page there shows a code to type.
func byProvider(theirs *oidctest.Provider) signIn {
	return func(c client, email string) tokens {
		c.t.Helper()
		begun := c.expecting(http.StatusAccepted, http.MethodPost, "/v1/auth/challenges", map[string]any{})
		back := theirs.LogIn(c.t, begun.member(c.t, "url"), email)
		page := c.expecting(http.StatusOK, http.MethodGet, back.RequestURI(), nil)
		code := regexp.MustCompile(`<code>(\d{8})</code>`).FindStringSubmatch(page.body)
		if code == nil {
			c.t.Fatalf("no code on the page:\n%s", page.body)
		}
		answered := c.expecting(http.StatusOK, http.MethodPost, "/v1/auth/challenges/"+begun.member(c.t, "challengeId")+"/answer", map[string]any{"code": code[1]})
		return tokens{answered.member(c.t, "access_token"), answered.member(c.t, "refresh_token")}
	}
}

// checkBrowser signs in at a provider in the browser that asks: it gets a cookie,
// which is good from pages of this server alone.
func checkBrowser(t *testing.T, c client, theirs *oidctest.Provider) {
	t.Helper()
	begun := c.expecting(http.StatusAccepted, http.MethodPost, "/v1/auth/challenges", map[string]any{})
	back := theirs.LogIn(t, begun.member(t, "url"), "maria@example.com")
	mine := cookieOf(t, begun, "challenge")
	jar := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, back.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", mine)
	res, err := jar.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" {
		t.Fatalf("status %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	session := cookieOf(t, answer{header: res.Header}, "session")
	c.expecting(http.StatusOK, http.MethodGet, "/v1/me", nil, "Cookie", session)
	draft := map[string]any{"name": "By a browser", "description": "Made with a cookie.", "content": "x"}
	c.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", draft, "Cookie", session, "Sec-Fetch-Site", "same-origin")
	for _, site := range []string{"cross-site", "same-site"} {
		c.expecting(http.StatusForbidden, http.MethodPost, "/v1/prompts", draft, "Cookie", session, "Sec-Fetch-Site", site)
	}
	c.expecting(http.StatusForbidden, http.MethodPost, "/v1/prompts", draft, "Cookie", session, "Origin", "https://evil.example")
	c.expecting(http.StatusOK, http.MethodPost, "/v1/auth/revoke", nil, "Cookie", session)
	c.expecting(http.StatusUnauthorized, http.MethodGet, "/v1/me", nil, "Cookie", session)
}

// cookieOf gives a cookie that an answer sets, as a browser sends it back.
func cookieOf(t *testing.T, a answer, name string) string {
	t.Helper()
	for _, line := range a.header.Values("Set-Cookie") {
		pair, attributes, _ := strings.Cut(line, ";")
		if strings.HasPrefix(pair, name+"=") {
			if !strings.Contains(attributes, "HttpOnly") || !strings.Contains(attributes, "SameSite=Lax") || !strings.Contains(attributes, "Path=/") {
				t.Errorf("the cookie %s has %q", name, attributes)
			}
			return pair
		}
	}
	t.Fatalf("no cookie %s in %q", name, a.header.Values("Set-Cookie"))
	return ""
}

// tokens are what a sign-in gives.
type tokens struct{ access, refresh string }

// signIn proves to the server that somebody owns an address.
type signIn func(c client, email string) tokens

// walkSignIn is what the README shows: two people sign in, a draft is its owner's
// alone until it is published, and whoever signs out is out.
func walkSignIn(t *testing.T, url string, by signIn) {
	anonymous := client{t: t, url: url}
	marias := by(anonymous, "maria@example.com")
	maria := client{t, url, marias.access}
	otto := client{t, url, by(anonymous, "otto@example.com").access}

	me := maria.expecting(http.StatusOK, http.MethodGet, "/v1/me", nil)
	if me.member(t, "email") != "maria@example.com" || me.json(t)["provisional"] != true {
		t.Errorf("she is %s", me.body)
	}
	draft := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", map[string]any{
		"name": "Review a pull request", "description": "Reads a change the way a stranger would.",
		"content": "Read the *diff*.\n",
	})
	checkHidden(t, draft.member(t, "id"), anonymous, otto)
	publish(t, maria, anonymous, draft.header.Get("Location"))

	refreshed := anonymous.refresh(marias.refresh, http.StatusOK)
	again := client{t, url, refreshed.member(t, "access_token")}
	again.expecting(http.StatusOK, http.MethodGet, "/v1/me", nil)
	anonymous.expecting(http.StatusOK, http.MethodPost, "/v1/auth/revoke", form("token", refreshed.member(t, "refresh_token")))
	for _, out := range []client{maria, again} {
		out.expecting(http.StatusUnauthorized, http.MethodGet, "/v1/me", nil)
	}
	if refused := anonymous.refresh(refreshed.member(t, "refresh_token"), http.StatusBadRequest); refused.member(t, "error") != "invalid_grant" {
		t.Errorf("after signing out: %s", refused.body)
	}
	otto.expecting(http.StatusOK, http.MethodGet, "/v1/me", nil)
}

// refresh asks for new tokens.
func (c client) refresh(token string, status int) answer {
	c.t.Helper()
	return c.expecting(status, http.MethodPost, "/v1/auth/token", form("grant_type", "refresh_token", "refresh_token", token))
}

// form makes a form of names and values in turn.
func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

// byMail signs in with a code that it reads in the outbox.
func byMail(outbox string) signIn {
	return byMails(func(t testing.TB) []string { return readOutbox(t, outbox) })
}

// byMails signs in with a code that it reads in all mails that were sent.
func byMails(mails func(t testing.TB) []string) signIn {
	return func(c client, email string) tokens {
		c.t.Helper()
		begun := c.expecting(http.StatusAccepted, http.MethodPost, "/v1/auth/challenges", map[string]any{"email": email})
		answered := c.expecting(http.StatusOK, http.MethodPost, "/v1/auth/challenges/"+begun.member(c.t, "challengeId")+"/answer",
			map[string]any{"code": findCode(c.t, mails, email)})
		return tokens{answered.member(c.t, "access_token"), answered.member(c.t, "refresh_token")}
	}
}

// mailedWithin bounds how long a mail may take to the outbox, on a busy machine.
const mailedWithin = 20 * time.Second

var codePattern = regexp.MustCompile(`(?m)^\s*([0-9]{4}) ?([0-9]{4})\s*$`)

// readCode waits for the mail to an address in the outbox and gives its code.
func readCode(t testing.TB, outbox, email string) string {
	t.Helper()
	return findCode(t, func(t testing.TB) []string { return readOutbox(t, outbox) }, email)
}

// findCode waits for the mail to an address among all that were sent.
func findCode(t testing.TB, mails func(t testing.TB) []string, email string) string {
	t.Helper()
	deadline := time.Now().Add(mailedWithin)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(deadline) {
		for _, mail := range mails(t) {
			if code := codePattern.FindStringSubmatch(mail); code != nil && strings.Contains(mail, "<"+email+">") {
				return code[1] + code[2]
			}
		}
		<-tick.C
	}
	t.Fatalf("no mail to %s was sent", email)
	return ""
}

// readOutbox gives all mails that were sent.
func readOutbox(t testing.TB, outbox string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(outbox, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	var mails []string
	for _, file := range files {
		mail, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mails = append(mails, string(mail))
	}
	return mails
}

// checkNoSecrets sees that the log names neither the addresses nor the codes of
// the mails that were sent.
func checkNoSecrets(t *testing.T, log, outbox string) {
	t.Helper()
	codes := 0
	for _, mail := range readOutbox(t, outbox) {
		code := codePattern.FindStringSubmatch(mail)
		if code == nil {
			continue // it welcomes somebody
		}
		codes++
		for _, secret := range []string{code[1] + code[2], code[0], "@example.com"} {
			if strings.Contains(log, strings.TrimSpace(secret)) {
				t.Errorf("the log says %q:\n%s", secret, log)
			}
		}
	}
	if codes < 2 {
		t.Errorf("%d codes were sent", codes)
	}
}
