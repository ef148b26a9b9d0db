package oidc

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"promptz/internal/promptz"
)

// The schemes of URLs that name a provider: what follows the plus is the
// issuer's.
const (
	Scheme         = "oidc+https"
	SchemeLoopback = "oidc+http" // for issuers on this machine alone
)

// CallbackPath is where providers send browsers back, under the public URL.
const CallbackPath = "/v1/auth/callback"

// requestTimeout bounds each request to the provider.
const requestTimeout = 10 * time.Second

// Provider is an OpenID provider. Safe for concurrent use.
type Provider struct {
	issuer string
	client *http.Client
	config oauth2.Config

	mu    sync.Mutex
	found *goidc.Provider // nil until discovered
}

// NewProvider makes a provider of its URL, such as
// oidc+https://id.example.com/realm?client_id=promptz&client_secret=…, without
// asking it for anything: one that does not answer at start is asked again.
func NewProvider(u *url.URL, publicURL string) (*Provider, error) {
	q := u.Query()
	issuer := &url.URL{Scheme: "https", Host: u.Host, Path: u.Path}
	if u.Scheme == SchemeLoopback {
		issuer.Scheme = "http"
		if addr, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !addr.IsLoopback()) {
			return nil, promptz.Errorf(promptz.CodeNotValid, "signIn: %s:// is for this machine alone; use %s://.", SchemeLoopback, Scheme)
		}
	}
	if u.Host == "" || q.Get("client_id") == "" {
		return nil, promptz.Errorf(promptz.CodeNotValid, "signIn: has to be %s://<issuer>?client_id=<id>.", Scheme)
	}
	for name := range q {
		switch name {
		case "client_id", "client_secret", "trust_email":
		default:
			return nil, promptz.Errorf(promptz.CodeNotValid, "signIn: %s is no parameter; there are client_id, client_secret and trust_email.", name)
		}
	}
	return &Provider{
		issuer: issuer.String(),
		client: &http.Client{Timeout: requestTimeout},
		config: oauth2.Config{
			ClientID: q.Get("client_id"), ClientSecret: q.Get("client_secret"),
			RedirectURL: publicURL + CallbackPath, Scopes: []string{goidc.ScopeOpenID, "email"},
		},
	}, nil
}

// discover asks the provider for its endpoints, until it has answered once.
func (p *Provider) discover(ctx context.Context) (oauth2.Config, *goidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		// Keys are fetched for as long as the process lives.
		found, err := goidc.NewProvider(goidc.ClientContext(context.WithoutCancel(ctx), p.client), p.issuer)
		if err != nil {
			return oauth2.Config{}, nil, unavailable(err)
		}
		p.found = found
	}
	config := p.config
	config.Endpoint = p.found.Endpoint()
	return config, p.found, nil
}

// URL is where the browser goes to sign in. It fails with
// [promptz.CodeUnavailable] while the provider does not answer.
func (p *Provider) URL(ctx context.Context, state, nonce, verifier string) (string, error) {
	config, _, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	return config.AuthCodeURL(state, goidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), nil
}

// Exchange makes a proof of the code that came back. It fails with
// [promptz.CodeUnauthenticated], and with [promptz.CodeUnavailable] while the
// provider does not answer.
func (p *Provider) Exchange(ctx context.Context, code, nonce, verifier string) (promptz.Proof, error) {
	config, found, err := p.discover(ctx)
	if err != nil {
		return promptz.Proof{}, err
	}
	ctx = goidc.ClientContext(ctx, p.client)
	got, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response.StatusCode < http.StatusInternalServerError {
			return promptz.Proof{}, unproven(errors.New("the provider refused the code: " + refused.ErrorCode))
		}
		return promptz.Proof{}, unavailable(err)
	}
	raw, _ := got.Extra("id_token").(string)
	token, err := found.Verifier(&goidc.Config{ClientID: config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return promptz.Proof{}, unproven(err)
	}
	if nonce == "" || token.Nonce != nonce {
		return promptz.Proof{}, unproven(errors.New("its nonce is of another sign-in"))
	}
	var claims addressClaims
	if err := token.Claims(&claims); err != nil {
		return promptz.Proof{}, unproven(err)
	}
	if claims.Email == "" {
		if claims, err = askAddress(ctx, found, got, token.Subject); err != nil {
			return promptz.Proof{}, err
		}
	}
	return promptz.Proof{Issuer: token.Issuer, Subject: token.Subject, Email: claims.Email, EmailVerified: claims.EmailVerified}, nil
}

// addressClaims are what a provider says of somebody's address (OpenID Connect
// Core 1.0, section 5.1).
type addressClaims struct {
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
}

// askAddress asks for the address where the ID token has none (section 5.3).
func askAddress(ctx context.Context, p *goidc.Provider, token *oauth2.Token, subject string) (addressClaims, error) {
	if p.UserInfoEndpoint() == "" {
		return addressClaims{}, nil
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return addressClaims{}, unavailable(err)
	}
	if info.Subject != subject {
		return addressClaims{}, unproven(errors.New("the address is of another subject"))
	}
	return addressClaims{info.Email, info.EmailVerified}, nil
}

func unproven(cause error) error {
	return &promptz.Error{Code: promptz.CodeUnauthenticated, Op: "sign in elsewhere", Message: "The provider does not vouch for this.", Err: cause}
}

func unavailable(cause error) error {
	return &promptz.Error{Code: promptz.CodeUnavailable, Op: "sign in elsewhere", Message: "The provider does not answer.", Err: cause}
}
