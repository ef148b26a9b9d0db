package token

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"promptz/internal/promptz"
)

const (
	mediaType = "at+jwt"  // the header's typ, RFC 9068
	clientID  = "promptz" // there is one client: whoever signed in
	leeway    = 30 * time.Second
	maxLength = 4 << 10 // bytes

	// lineBreaks are skipped by Go's base64 even where it is strict; a token has
	// one spelling.
	lineBreaks = "\r\n"
)

// Keys are the keys that sign; package keyring has them.
type Keys interface {
	Signing(ctx context.Context) (id string, key ed25519.PrivateKey, err error)
	// Verifying fails with [promptz.CodeNotFound].
	Verifying(ctx context.Context, id string) (ed25519.PublicKey, error)
}

// Issuer makes and reads the tokens of one deployment. Safe for concurrent use.
type Issuer struct {
	issuer string
	keys   Keys
	now    func() time.Time
	random io.Reader
	parser *jwt.Parser
}

// NewIssuer makes an issuer. issuer is the deployment's URL, and the audience
// too; now is the clock, random is crypto/rand.Reader; both are others in tests.
func NewIssuer(issuer string, keys Keys, now func() time.Time, random io.Reader) *Issuer {
	return &Issuer{issuer: issuer, keys: keys, now: now, random: random, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(issuer),
		jwt.WithExpirationRequired(),
		jwt.WithNotBeforeRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(now),
		jwt.WithStrictDecoding(),
	)}
}

// Sign makes a token that is good for [promptz.AccessLifetime] from now. c's id and
// times are set by it.
func (i *Issuer) Sign(ctx context.Context, c promptz.AccessClaims) (string, error) {
	kid, key, err := i.keys.Signing(ctx)
	if err != nil {
		return "", err
	}
	id, err := promptz.NewID(i.random)
	if err != nil {
		return "", err
	}
	now := i.now()
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, &claims{
		Issuer: i.issuer, Audience: i.issuer, Subject: c.UserID, ID: id,
		SessionID: c.SessionID, ClientID: clientID, Scope: joinScopes(c.Scopes),
		IssuedAt: now.Unix(), NotBefore: now.Unix(), ExpiresAt: now.Add(promptz.AccessLifetime).Unix(),
	})
	t.Header["typ"], t.Header["kid"] = mediaType, kid
	signed, err := t.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	return signed, nil
}

// Verify reads a token. It fails with [promptz.CodeUnauthenticated], in the same
// words whatever is wrong with it; where the keys can't be read, which is no fault
// of the token, with their error.
func (i *Issuer) Verify(ctx context.Context, token string) (promptz.AccessClaims, error) {
	if len(token) > maxLength || strings.ContainsAny(token, lineBreaks) {
		return promptz.AccessClaims{}, refused(errors.New("too long, or of several lines"))
	}
	var c claims
	var outage error
	_, err := i.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		kid, err := kidOf(t)
		if err != nil {
			return nil, err
		}
		key, err := i.keys.Verifying(ctx, kid)
		if err != nil && promptz.ErrorCode(err) != promptz.CodeNotFound {
			outage = err
		}
		return key, err
	})
	switch {
	case outage != nil:
		return promptz.AccessClaims{}, fmt.Errorf("read signing keys: %w", outage)
	case err != nil:
		return promptz.AccessClaims{}, refused(err)
	case c.ClientID != clientID || !c.complete():
		return promptz.AccessClaims{}, refused(errors.New("a claim is missing, or of another client"))
	}
	return c.access(), nil
}

// kidOf gives the id of the key that the header names. Nothing else in the header
// counts: no key and no address of one is taken from it.
func kidOf(t *jwt.Token) (string, error) {
	if _, critical := t.Header["crit"]; critical {
		return "", errors.New("it has critical headers, of which none is known")
	}
	if typ, _ := t.Header["typ"].(string); typ != mediaType {
		return "", errors.New("it is no access token")
	}
	kid, _ := t.Header["kid"].(string)
	if kid == "" {
		return "", errors.New("it names no key")
	}
	return kid, nil
}

func refused(cause error) error {
	return &promptz.Error{Code: promptz.CodeUnauthenticated, Message: "This credential is not valid, or no longer.", Err: cause}
}
