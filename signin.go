package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"

	"gocloud.dev/secrets"

	"promptz/internal/config"
	"promptz/internal/identity"
	"promptz/internal/identity/keyring"
	"promptz/internal/identity/oidc"
	"promptz/internal/identity/token"
	"promptz/internal/mail"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// signInSchemes are who can prove who somebody is.
var signInSchemes = []string{"local", cognitoScheme, oidc.Scheme, oidc.SchemeLoopback}

// mailSchemes are how mail can leave.
var mailSchemes = []string{"file", "smtp", "smtps", sesScheme}

func openKeyring(ctx context.Context, users *store.Identity, limits *store.Ephemeral, keeper *secrets.Keeper, now clock, random io.Reader) (*keyring.Keyring, error) {
	return keyring.Open(ctx, users, limits, keeper, now, random)
}

// publicURL is under which the world sees this process.
type publicURL string

// newPublicURL gives the one that is configured, or that of the listener, whose
// port may only be known now.
func newPublicURL(cfg config.Config, l listeners) publicURL {
	if cfg.PublicURL != "" {
		return publicURL(cfg.PublicURL)
	}
	return publicURL("http://" + l.public.Addr().String())
}

// newFunctionURL gives the one that is configured: a function listens nowhere.
func newFunctionURL(cfg config.Config) (publicURL, error) {
	if cfg.PublicURL == "" || cfg.PublicURL == "http://"+cfg.Listen {
		return "", promptz.Errorf(promptz.CodeNotValid, "publicURL: is required on Lambda, such as https://prompts.example.com.")
	}
	return publicURL(cfg.PublicURL), nil
}

func newTokens(public publicURL, keys *keyring.Keyring, now clock, random io.Reader) *token.Issuer {
	return token.NewIssuer(string(public), keys, now, random)
}

// newSender makes what lets mail go, by its URL.
func newSender(ctx context.Context, cfg config.Config, log *slog.Logger, now clock) (mail.Sender, error) {
	raw, err := cfg.Fill(cfg.Mail)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, promptz.Errorf(promptz.CodeNotValid, "mail: its URL can't be read.")
	}
	switch u.Scheme {
	case sesScheme:
		return newSES(ctx, u)
	case "file":
		return mail.OpenFileSender(u, log, now)
	}
	return mail.NewSMTPSender(u)
}

func newMailer(cfg config.Config, public publicURL, sender mail.Sender) (*mail.Mailer, error) {
	templates, err := mail.OpenTemplates(string(public), cfg.MailTemplates)
	if err != nil {
		return nil, err
	}
	return mail.NewMailer(templates, sender, cfg.MailFrom, string(public))
}

// newProvider makes who proves who somebody is, by its URL.
func newProvider(ctx context.Context, cfg config.Config, public publicURL, keys *keyring.Keyring, mailer *mail.Mailer, random io.Reader) (identity.Provider, error) {
	u, err := url.Parse(cfg.SignIn)
	if err != nil {
		return identity.Provider{}, promptz.Errorf(promptz.CodeNotValid, "signIn: its URL can't be read.")
	}
	switch u.Scheme {
	case "local":
		return identity.Provider{Codes: identity.NewLocal(keys, mailer, random), TrustEmail: true}, nil
	case cognitoScheme:
		return newCognito(ctx, u)
	case oidc.Scheme, oidc.SchemeLoopback:
		p, err := oidc.NewProvider(u, string(public))
		return identity.Provider{Redirects: p, TrustEmail: u.Query().Get("trust_email") == "true"}, err
	}
	return identity.Provider{}, fmt.Errorf("signIn: nothing opens %s://", u.Scheme)
}

func newSignIn(cfg config.Config, users *store.Identity, accounts *identity.Service, limits *store.Ephemeral,
	keys *keyring.Keyring, tokens *token.Issuer, provider identity.Provider, public publicURL, log *slog.Logger, now clock, random io.Reader) (*identity.SignIn, error) {
	return identity.NewSignIn(identity.SignInDeps{
		Store: users, Accounts: accounts, Counters: limits, Secrets: keys, Tokens: tokens, Provider: provider,
		Policy: identity.Policy{
			PublicURL: string(public), Closed: cfg.SignUp.Closed, Domains: cfg.SignUp.Domains, Admins: cfg.Admins,
		},
		Log: log, Now: now, Random: random,
	})
}
