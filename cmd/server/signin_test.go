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
	return func(c client, email string) tokens {
		c.t.Helper()
		begun := c.expecting(http.StatusAccepted, http.MethodPost, "/v1/auth/challenges", map[string]any{"email": email})
		answered := c.expecting(http.StatusOK, http.MethodPost, "/v1/auth/challenges/"+begun.member(c.t, "challengeId")+"/answer",
			map[string]any{"code": readCode(c.t, outbox, email)})
		return tokens{answered.member(c.t, "access_token"), answered.member(c.t, "refresh_token")}
	}
}

// mailedWithin bounds how long a mail may take to the outbox, on a busy machine.
const mailedWithin = 20 * time.Second

var codePattern = regexp.MustCompile(`(?m)^\s*([0-9]{4}) ?([0-9]{4})\s*$`)

// readCode waits for the mail to an address and gives its code.
func readCode(t testing.TB, outbox, email string) string {
	t.Helper()
	deadline := time.Now().Add(mailedWithin)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(deadline) {
		for _, mail := range readOutbox(t, outbox) {
			if code := codePattern.FindStringSubmatch(mail); code != nil && strings.Contains(mail, "<"+email+">") {
				return code[1] + code[2]
			}
		}
		<-tick.C
	}
	t.Fatalf("no mail to %s came to the outbox", email)
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
	mails := readOutbox(t, outbox)
	if len(mails) < 2 {
		t.Fatalf("%d mails were sent", len(mails))
	}
	for _, mail := range mails {
		code := codePattern.FindStringSubmatch(mail)
		if code == nil {
			t.Errorf("no code in\n%s", mail)
			continue
		}
		for _, secret := range []string{code[1] + code[2], code[0], "@example.com"} {
			if strings.Contains(log, strings.TrimSpace(secret)) {
				t.Errorf("the log says %q:\n%s", secret, log)
			}
		}
	}
}
