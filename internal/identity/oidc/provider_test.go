package oidc_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"promptz/internal/identity/oidc"
	"promptz/internal/identity/oidc/oidctest"
	"promptz/internal/promptz"
)

const publicURL = "http://127.0.0.1:8080"

// world is a provider of ours at somebody else's.
type world struct {
	theirs *oidctest.Provider
	ours   *oidc.Provider
}

func newWorld(t *testing.T, users map[string]bool) world {
	t.Helper()
	theirs := oidctest.Start(t, publicURL+oidc.CallbackPath, users)
	return world{theirs, newProvider(t, theirs.Issuer, oidctest.ClientSecret)}
}

func newProvider(t *testing.T, issuer, secret string) *oidc.Provider {
	t.Helper()
	u, err := url.Parse("oidc+" + issuer + "?client_id=" + oidctest.ClientID + "&client_secret=" + url.QueryEscape(secret))
	if err != nil {
		t.Fatal(err)
	}
	p, err := oidc.NewProvider(u, publicURL)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// signIn goes to the provider and gives the code that it sends back.
func (w world) signIn(t *testing.T, email, nonce, verifier string) string {
	t.Helper()
	there, err := w.ours.URL(t.Context(), "the state", nonce, verifier)
	if err != nil {
		t.Fatal(err)
	}
	back := w.theirs.LogIn(t, there, email)
	if !strings.HasPrefix(back.String(), publicURL+oidc.CallbackPath+"?") || back.Query().Get("state") != "the state" {
		t.Fatalf("sent back to %s", back)
	}
	return back.Query().Get("code")
}

func TestProvesWhoSignedIn(t *testing.T) {
	t.Parallel()
	for _, verified := range []bool{true, false} {
		w := newWorld(t, map[string]bool{"maria@example.com": verified})
		verifier := oauth2.GenerateVerifier()
		code := w.signIn(t, "maria@example.com", "n", verifier)
		got, err := w.ours.Exchange(t.Context(), code, "n", verifier)
		if err != nil {
			t.Fatal(err)
		}
		want := promptz.Proof{Issuer: w.theirs.Issuer, Subject: "maria@example.com", Email: "maria@example.com", EmailVerified: verified}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		_, err = w.ours.Exchange(t.Context(), code, "n", verifier)
		wantCode(t, "a code used before", err, promptz.CodeUnauthenticated)
	}
}

func TestProvesNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]bool{"maria@example.com": true})
	verifier := oauth2.GenerateVerifier()
	for name, try := range map[string]func() error{
		"another nonce": func() error {
			_, err := w.ours.Exchange(t.Context(), w.signIn(t, "maria@example.com", "n", verifier), "m", verifier)
			return err
		},
		"no nonce": func() error {
			_, err := w.ours.Exchange(t.Context(), w.signIn(t, "maria@example.com", "", verifier), "", verifier)
			return err
		},
		"another verifier": func() error {
			_, err := w.ours.Exchange(t.Context(), w.signIn(t, "maria@example.com", "n", verifier), "n", oauth2.GenerateVerifier())
			return err
		},
		"a made-up code": func() error {
			_, err := w.ours.Exchange(t.Context(), "made up", "n", verifier)
			return err
		},
		"another client's secret": func() error {
			_, err := newProvider(t, w.theirs.Issuer, "wrong").Exchange(t.Context(), w.signIn(t, "maria@example.com", "n", verifier), "n", verifier)
			return err
		},
	} {
		wantCode(t, name, try(), promptz.CodeUnauthenticated)
	}
}

// A provider that is down when the server starts is asked again.
func TestProviderThatIsDown(t *testing.T) {
	t.Parallel()
	down := true
	theirs := oidctest.Start(t, publicURL+oidc.CallbackPath, nil)
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		res, err := http.Get(theirs.Issuer + r.URL.Path)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		var b strings.Builder
		res.Write(&b)
		_, body, _ := strings.Cut(b.String(), "\r\n\r\n")
		w.Write([]byte(strings.ReplaceAll(body, `"issuer":"`+theirs.Issuer, `"issuer":"`+s.URL)))
	}))
	t.Cleanup(s.Close)
	p := newProvider(t, s.URL, "x")
	_, err := p.URL(t.Context(), "s", "n", "v")
	wantCode(t, "down", err, promptz.CodeUnavailable)
	down = false
	if there, err := p.URL(t.Context(), "s", "n", "v"); err != nil || !strings.Contains(there, "code_challenge_method=S256") || strings.Contains(there, "code_verifier") {
		t.Errorf("up again: %s, %v", there, err)
	}
}

func TestURLsOfProviders(t *testing.T) {
	t.Parallel()
	for raw, good := range map[string]bool{
		"oidc+https://id.example.com?client_id=a":                       true,
		"oidc+https://id.example.com/realm?client_id=a&client_secret=b": true,
		"oidc+http://127.0.0.1:80?client_id=a":                          true,
		"oidc+http://localhost?client_id=a&trust_email=true":            true,
		"oidc+http://id.example.com?client_id=a":                        false,
		"oidc+https://id.example.com":                                   false,
		"oidc+https://?client_id=a":                                     false,
		"oidc+https://id.example.com?client_id=a&clientsecret=hunter2":  false,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		_, err = oidc.NewProvider(u, publicURL)
		if (err == nil) != good || err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func wantCode(t *testing.T, name string, err error, code promptz.Code) {
	t.Helper()
	if got := promptz.ErrorCode(err); got != code {
		t.Errorf("%s: code %q (%v), want %q", name, got, err, code)
	}
}
