// Package oidctest runs an OpenID provider for tests: that of
// github.com/zitadel/oidc, which others wrote.
package oidctest

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// The client that the provider knows.
const (
	ClientID     = "promptz"
	ClientSecret = "a client's secret"
)

const password = "correct horse"

// Provider is a provider that runs until its test ends.
type Provider struct {
	Issuer string
	client *http.Client
}

// Start starts a provider that sends browsers back to redirectURL, with these
// users, by their addresses; whether those are verified is the value.
func Start(t testing.TB, redirectURL string, users map[string]bool) *Provider {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	issuer := "http://" + s.Listener.Addr().String()
	clients := map[string]*storage.Client{ClientID: storage.WebClient(ClientID, ClientSecret, redirectURL)}
	s.Config.Handler = exampleop.SetupServer(issuer, storage.NewStorageWithClients(directory(users), clients), nil, false)
	s.Start()
	t.Cleanup(s.Close)
	return &Provider{Issuer: issuer, client: s.Client()}
}

// directory is who has an account, by address and whether that is verified.
type directory map[string]bool

// GetUserByID gives a user; their address is their id.
func (d directory) GetUserByID(id string) *storage.User {
	verified, ok := d[id]
	if !ok {
		return nil
	}
	return &storage.User{ID: id, Username: id, Password: password, Email: id, EmailVerified: verified}
}

// GetUserByUsername gives a user.
func (d directory) GetUserByUsername(name string) *storage.User { return d.GetUserByID(name) }

// ExampleClientID is of no use here.
func (d directory) ExampleClientID() string { return "service" }

// LogIn does what somebody does in a browser that was sent to the provider: it
// types name and password, and gives where the browser is sent back to.
func (p *Provider) LogIn(t testing.TB, authURL, email string) (callback *url.URL) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if "http://"+r.URL.Host != p.Issuer {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page, err := browser.Get(authURL)
	if err != nil {
		t.Fatal(err)
	}
	page.Body.Close()
	form := url.Values{"username": {email}, "password": {password}, "id": {page.Request.URL.Query().Get("authRequestID")}}
	done, err := browser.PostForm(p.Issuer+"/login/username", form)
	if err != nil {
		t.Fatal(err)
	}
	done.Body.Close()
	callback, err = done.Location()
	if err != nil {
		t.Fatalf("%s was not let in: status %d at %s", email, done.StatusCode, done.Request.URL.Path)
	}
	return callback
}
