package cognito_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"promptz/internal/identity/cognito"
	"promptz/internal/identity/cognito/cognitotest"
	"promptz/internal/promptz"
)

func poolOf(p *cognitotest.Pool) cognito.Pool {
	return cognito.Pool{Region: "eu-central-1", ID: cognitotest.PoolID, ClientID: cognitotest.ClientID, Endpoint: p.Endpoint}
}

// newProvider makes a provider by AWS's own client.
func newProvider(p *cognitotest.Pool) *cognito.Provider {
	return cognito.NewProvider(idp.New(idp.Options{
		Region: "eu-central-1", BaseEndpoint: &p.Endpoint, Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1,
	}), poolOf(p))
}

func ask(t *testing.T, p *cognito.Provider, handle string) *promptz.Challenge {
	t.Helper()
	state, err := p.Deliver(t.Context(), promptz.Letter{ID: "x", To: "maria@example.com", Handle: handle})
	if err != nil {
		t.Fatal(err)
	}
	return &promptz.Challenge{ID: "x", Email: "maria@example.com", State: state}
}

// A new user confirms the sign-up by the first code, and signs in by the next.
func TestSignUpThenSignIn(t *testing.T) {
	t.Parallel()
	pool := cognitotest.Start(t)
	p := newProvider(pool)
	c := ask(t, p, "")
	first, err := p.Check(t.Context(), c, pool.Code("maria@example.com"))
	if err != nil || first.Email != "maria@example.com" || !first.EmailVerified || first.Subject == "" || first.Issuer != poolOf(pool).Issuer() {
		t.Fatalf("%+v, %v", first, err)
	}
	for _, handle := range []string{"maria", ""} { // known to us, and to the pool alone
		c = ask(t, p, handle)
		code := pool.Code("maria@example.com")
		if len(code) != 8 {
			t.Errorf("a code of %d digits", len(code))
		}
		again, err := p.Check(t.Context(), c, code)
		if err != nil || again != first {
			t.Errorf("again: %+v, %v", again, err)
		}
		_, err = p.Check(t.Context(), c, code)
		wantCode(t, "used before", err, promptz.CodeUnauthenticated)
	}
}

// Asked twice before the first code was typed, as when a delivery is tried again.
func TestSignUpThatWasNotConfirmed(t *testing.T) {
	t.Parallel()
	pool := cognitotest.Start(t)
	p := newProvider(pool)
	ask(t, p, "")
	c := ask(t, p, "")
	if proof, err := p.Check(t.Context(), c, pool.Code("maria@example.com")); err != nil || proof.Subject == "" {
		t.Errorf("%+v, %v", proof, err)
	}
	if p, other := newProvider(pool), ask(t, newProvider(pool), "gone"); other.State == nil || p == nil { // known to us alone
		t.Error("nobody was asked")
	}
}

func TestWrongCodes(t *testing.T) {
	t.Parallel()
	pool := cognitotest.Start(t)
	p := newProvider(pool)
	c := ask(t, p, "")
	for name, code := range map[string]string{"wrong": "x", "none": ""} {
		_, err := p.Check(t.Context(), c, code)
		wantCode(t, name, err, promptz.CodeUnauthenticated)
	}
	_, err := p.Check(t.Context(), &promptz.Challenge{Email: c.Email}, pool.Code(c.Email))
	wantCode(t, "before the pool was asked", err, promptz.CodeUnauthenticated)
	down := cognito.NewProvider(idp.New(idp.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String("http://127.0.0.1:1"), Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1,
	}), poolOf(pool))
	_, err = down.Deliver(t.Context(), promptz.Letter{To: c.Email})
	wantCode(t, "a pool that is down", err, promptz.CodeUnavailable)
	_, err = down.Check(t.Context(), c, "123456")
	wantCode(t, "a pool that is down", err, promptz.CodeUnavailable)
}

// Tokens of a pool are taken as bearers only if all of it is right.
func TestBearers(t *testing.T) {
	t.Parallel()
	pool := cognitotest.Start(t)
	p := newProvider(pool)
	access := func(change jwt.MapClaims, header ...func(*jwt.Token)) string {
		claims := jwt.MapClaims{"sub": "s", "client_id": cognitotest.ClientID, "token_use": "access"}
		for name, value := range change {
			claims[name] = value
		}
		return pool.Sign(claims, header...)
	}
	proof, expires, err := p.VerifyBearer(t.Context(), access(nil))
	if diff := cmp.Diff(promptz.Proof{Issuer: poolOf(pool).Issuer(), Subject: "s"}, proof); err != nil || diff != "" || time.Until(expires) < time.Minute {
		t.Fatalf("%s, %v, %v", diff, expires, err)
	}
	good := access(nil)
	for name, token := range map[string]string{
		"wrong issuer":    access(jwt.MapClaims{"iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other"}),
		"wrong client":    access(jwt.MapClaims{"client_id": "another"}),
		"wrong token_use": access(jwt.MapClaims{"token_use": "id"}),
		"an ID token":     pool.Sign(jwt.MapClaims{"sub": "s", "aud": cognitotest.ClientID, "token_use": "id"}),
		"expired":         access(jwt.MapClaims{"exp": time.Now().Add(-time.Hour).Unix()}),
		"no expiry":       access(jwt.MapClaims{"exp": nil}),
		"no subject":      access(jwt.MapClaims{"sub": ""}),
		"unknown kid":     access(nil, func(t *jwt.Token) { t.Header["kid"] = "other" }),
		"path-trick kid":  access(nil, func(t *jwt.Token) { t.Header["kid"] = "../../../dev/null" }),
		"truncated":       good[:len(good)-4],
		"oversized":       access(jwt.MapClaims{"pad": strings.Repeat("x", 20_000)}),
		"of another pool": cognitotest.Start(t).Sign(jwt.MapClaims{"iss": poolOf(pool).Issuer(), "sub": "s", "client_id": cognitotest.ClientID, "token_use": "access"}),
		"alg none":        strings.Join([]string{"eyJhbGciOiJub25lIn0", strings.Split(good, ".")[1], ""}, "."),
		"nothing":         "",
	} {
		_, _, err := p.VerifyBearer(t.Context(), token)
		wantCode(t, name, err, promptz.CodeUnauthenticated)
	}
}

// accounts remembers what it was told.
type accounts struct {
	proofs []promptz.Proof
	fail   error
}

func (a *accounts) RefreshUser(_ context.Context, proof promptz.Proof) (*promptz.User, error) {
	a.proofs = append(a.proofs, proof)
	return nil, a.fail
}

func TestPostAuthentication(t *testing.T) {
	t.Parallel()
	pool := cognito.Pool{Region: "eu-central-1", ID: cognitotest.PoolID, ClientID: cognitotest.ClientID}
	event := events.CognitoEventUserPoolsPostAuthentication{
		CognitoEventUserPoolsHeader: events.CognitoEventUserPoolsHeader{Version: "1", TriggerSource: "PostAuthentication_Authentication", UserPoolID: cognitotest.PoolID},
		Request: events.CognitoEventUserPoolsPostAuthenticationRequest{
			UserAttributes: map[string]string{"sub": "s", "email": "maria@example.com", "email_verified": "true"},
		},
	}
	for name, fail := range map[string]error{"well": nil, "with the store down": errors.New("down")} {
		a := &accounts{fail: fail}
		got, err := cognito.NewPostAuthentication(a, pool, slog.New(slog.DiscardHandler)).Handle(t.Context(), event)
		want := []promptz.Proof{{Issuer: "https://cognito-idp.eu-central-1.amazonaws.com/" + cognitotest.PoolID, Subject: "s", Email: "maria@example.com", EmailVerified: true}}
		if diff := cmp.Diff(event, got) + cmp.Diff(want, a.proofs); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	for name, change := range map[string]func(*events.CognitoEventUserPoolsPostAuthentication){
		"another pool": func(e *events.CognitoEventUserPoolsPostAuthentication) { e.UserPoolID = "other" },
		"nobody":       func(e *events.CognitoEventUserPoolsPostAuthentication) { e.Request.UserAttributes = nil },
	} {
		a, other := new(accounts), event
		change(&other)
		_, err := cognito.NewPostAuthentication(a, pool, slog.New(slog.DiscardHandler)).Handle(t.Context(), other)
		if err != nil || len(a.proofs) != 0 {
			t.Errorf("%s: %v, %v", name, a.proofs, err)
		}
	}
}

func wantCode(t *testing.T, name string, err error, code promptz.Code) {
	t.Helper()
	if got := promptz.ErrorCode(err); got != code {
		t.Errorf("%s: code %q (%v), want %q", name, got, err, code)
	}
}
