package cognito

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"promptz/internal/promptz"
)

// Pool says which pool it is.
type Pool struct {
	Region   string
	ID       string // such as eu-central-1_AbCdEfGhI
	ClientID string
	Endpoint string // of a stand-in for AWS; "" is AWS
	KeysURL  string // of the pool's key set; "" is below the issuer, as AWS has it
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// Issuer is who the pool's tokens are of.
func (p Pool) Issuer() string {
	if p.Endpoint != "" {
		return p.Endpoint + "/" + p.ID
	}
	return "https://cognito-idp." + p.Region + ".amazonaws.com/" + p.ID
}

// maxToken is how long a token of a pool may be, in bytes.
const maxToken = 8 << 10

// tokens reads tokens of a pool: signed by RS256 with a key of its key set, of the
// exact issuer, not expired. Which client and use they are of is checked here.
type tokens struct {
	verifier *oidc.IDTokenVerifier
	clientID string
}

func newTokens(p Pool) *tokens {
	ctx := oidc.ClientContext(context.Background(), &http.Client{Timeout: 10 * time.Second})
	url := p.KeysURL
	if url == "" {
		url = p.Issuer() + "/.well-known/jwks.json"
	}
	keys := oidc.NewRemoteKeySet(ctx, url)
	return &tokens{clientID: p.ClientID, verifier: oidc.NewVerifier(p.Issuer(), keys, &oidc.Config{
		SkipClientIDCheck: true, SupportedSigningAlgs: []string{oidc.RS256}, Now: p.Now,
	})}
}

// claims are those of both kinds of tokens.
type claims struct {
	Use           string `json:"token_use"`
	ClientID      string `json:"client_id"` // of access tokens
	Email         string `json:"email"`     // of ID tokens
	EmailVerified bool   `json:"email_verified"`
}

func (t *tokens) verify(ctx context.Context, raw string) (*oidc.IDToken, claims, error) {
	if len(raw) > maxToken {
		return nil, claims{}, unproven(errors.New("too long"))
	}
	token, err := t.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, claims{}, unproven(err)
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return nil, claims{}, unproven(err)
	}
	return token, c, nil
}

// proof reads an ID token.
func (t *tokens) proof(ctx context.Context, raw string) (promptz.Proof, error) {
	token, c, err := t.verify(ctx, raw)
	if err != nil {
		return promptz.Proof{}, err
	}
	if c.Use != "id" || len(token.Audience) != 1 || token.Audience[0] != t.clientID || token.Subject == "" {
		return promptz.Proof{}, unproven(errors.New("it is no ID token of this client"))
	}
	return promptz.Proof{Issuer: token.Issuer, Subject: token.Subject, Email: c.Email, EmailVerified: c.EmailVerified}, nil
}

// VerifyBearer reads an access token. It fails with
// [promptz.CodeUnauthenticated]; expires is the token's end.
func (p *Provider) VerifyBearer(ctx context.Context, raw string) (proof promptz.Proof, expires time.Time, err error) {
	token, c, err := p.tokens.verify(ctx, raw)
	if err != nil {
		return promptz.Proof{}, time.Time{}, err
	}
	if c.Use != "access" || c.ClientID != p.clientID || token.Subject == "" {
		return promptz.Proof{}, time.Time{}, unproven(errors.New("it is no access token of this client"))
	}
	return promptz.Proof{Issuer: token.Issuer, Subject: token.Subject}, token.Expiry, nil
}
