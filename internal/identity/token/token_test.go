package token_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"promptz/internal/identity/token"
	"promptz/internal/promptz"
)

const issuer = "https://prompts.example.com"

// keys holds a key that signs, and those that verify.
type keys struct {
	id   string
	all  map[string]ed25519.PrivateKey
	fail error
}

func newKeys(t testing.TB) *keys {
	t.Helper()
	k := &keys{id: "now", all: map[string]ed25519.PrivateKey{}}
	k.add(t, "now")
	return k
}

func (k *keys) add(t testing.TB, id string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k.all[id] = private
}

func (k *keys) Signing(context.Context) (string, ed25519.PrivateKey, error) {
	return k.id, k.all[k.id], nil
}

func (k *keys) Verifying(_ context.Context, id string) (ed25519.PublicKey, error) {
	if k.fail != nil {
		return nil, k.fail
	}
	private, ok := k.all[id]
	if !ok {
		return nil, promptz.Errorf(promptz.CodeNotFound, "There is no such signing key.")
	}
	return private.Public().(ed25519.PublicKey), nil
}

var at = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func newIssuer(k *keys, now time.Time) *token.Issuer {
	return token.NewIssuer(issuer, k, func() time.Time { return now }, rand.Reader)
}

func sign(t testing.TB, i *token.Issuer) string {
	t.Helper()
	signed, err := i.Sign(t.Context(), promptz.AccessClaims{
		UserID: "maria", SessionID: "session", Scopes: []promptz.Scope{promptz.ScopeRead, promptz.ScopeWrite},
	})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestSignedIsVerified(t *testing.T) {
	t.Parallel()
	i := newIssuer(newKeys(t), at)
	got, err := i.Verify(t.Context(), sign(t, i))
	if err != nil {
		t.Fatal(err)
	}
	want := promptz.AccessClaims{
		ID: got.ID, UserID: "maria", SessionID: "session", Scopes: []promptz.Scope{promptz.ScopeRead, promptz.ScopeWrite},
		IssuedAt: at, ExpiresAt: at.Add(promptz.AccessLifetime),
	}
	if diff := cmp.Diff(want, got); diff != "" || !promptz.ValidID(got.ID) {
		t.Error(diff)
	}
}

// forge signs claims and a header that are right but for what change does.
func forge(t testing.TB, k *keys, change func(header, claims map[string]any)) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": issuer, "aud": issuer, "sub": "maria", "sid": "session", "client_id": "promptz", "scope": "read", "jti": "j",
		"iat": at.Unix(), "nbf": at.Unix(), "exp": at.Add(time.Minute).Unix(),
	}
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	tok.Header["typ"], tok.Header["kid"] = "at+jwt", k.id
	change(tok.Header, claims)
	signed, err := tok.SignedString(k.all[k.id])
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestForgedTokens(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	claim := func(name string, value any) string {
		return forge(t, k, func(_, claims map[string]any) { claims[name] = value })
	}
	header := func(name string, value any) string {
		return forge(t, k, func(header, _ map[string]any) { header[name] = value })
	}
	right := forge(t, k, func(_, _ map[string]any) {})
	i := newIssuer(k, at)
	if _, err := i.Verify(t.Context(), right); err != nil {
		t.Fatalf("what is forged right is refused: %v", err)
	}
	other := newKeys(t)
	for name, forged := range map[string]string{
		"wrong issuer":              claim("iss", "https://evil.example"),
		"wrong audience":            claim("aud", "https://evil.example"),
		"no audience":               claim("aud", nil),
		"wrong client":              claim("client_id", "another"),
		"expired":                   claim("exp", at.Add(-time.Minute).Unix()),
		"no expiry":                 claim("exp", nil),
		"not yet valid":             claim("nbf", at.Add(time.Minute).Unix()),
		"no not-before":             claim("nbf", nil),
		"issued in the future":      claim("iat", at.Add(time.Hour).Unix()),
		"no subject":                claim("sub", ""),
		"no session":                claim("sid", ""),
		"no id":                     claim("jti", ""),
		"an ID token":               header("typ", "JWT"),
		"no type":                   header("typ", nil),
		"unknown kid":               header("kid", "unknown"),
		"no kid":                    header("kid", nil),
		"path-trick kid":            header("kid", "../../now"),
		"kid of a device":           header("kid", "/dev/null"),
		"kid that is no text":       header("kid", 7),
		"critical header":           header("crit", []string{"exp"}),
		"another's key, same kid":   forge(t, other, func(_, _ map[string]any) {}),
		"its own key in jwk":        forge(t, other, func(h, _ map[string]any) { h["jwk"] = map[string]any{"kty": "OKP"} }),
		"its own key by jku":        forge(t, other, func(h, _ map[string]any) { h["jku"] = "https://evil.example/keys"; h["x5u"] = "https://evil.example" }),
		"oversized":                 claim("pad", strings.Repeat("x", 5_000)),
		"truncated":                 right[:len(right)-2],
		"a signature of nothing":    right[:strings.LastIndexByte(right, '.')+1],
		"two tokens":                right + "." + right,
		"a payload that is changed": changePayload(right),
		"nothing":                   "",
		"dots":                      "..",
	} {
		if _, err := i.Verify(t.Context(), forged); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func changePayload(token string) string {
	parts := strings.Split(token, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), "maria", "admin", 1)))
	return strings.Join(parts, ".")
}

func TestAlgNone(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	payload := strings.Split(forge(t, k, func(_, _ map[string]any) {}), ".")[1]
	for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
		header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"` + alg + `","typ":"at+jwt","kid":"now"}`))
		_, err := newIssuer(k, at).Verify(t.Context(), header+"."+payload+".")
		if promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
			t.Errorf("alg %q: %v", alg, err)
		}
	}
}

// Whoever knows the public key, as everybody does, signs nothing with it.
func TestHS256SignedWithThePublicKey(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	public := k.all["now"].Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string][]byte{
		"raw": public, "DER": der, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
	} {
		tok := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"iss": issuer, "aud": issuer, "sub": "maria", "sid": "session", "client_id": "promptz", "jti": "j",
			"iat": at.Unix(), "nbf": at.Unix(), "exp": at.Add(time.Minute).Unix(),
		})
		tok.Header["typ"], tok.Header["kid"] = "at+jwt", "now"
		signed, err := tok.SignedString(secret)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newIssuer(k, at).Verify(t.Context(), signed); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeyOfAnOldRotation(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	i := newIssuer(k, at)
	signed := sign(t, i)
	k.add(t, "next")
	k.id = "next"
	if _, err := i.Verify(t.Context(), signed); err != nil {
		t.Errorf("while the old key is kept: %v", err)
	}
	delete(k.all, "now")
	if _, err := i.Verify(t.Context(), signed); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
		t.Errorf("after it is gone: %v", err)
	}
}

// A few seconds between clocks do no harm; more do.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	signed := sign(t, newIssuer(k, at))
	for _, tt := range []struct {
		by   time.Duration
		good bool
	}{
		{-29 * time.Second, true}, {-31 * time.Second, false},
		{promptz.AccessLifetime + 29*time.Second, true}, {promptz.AccessLifetime + 31*time.Second, false},
	} {
		_, err := newIssuer(k, at.Add(tt.by)).Verify(t.Context(), signed)
		if (err == nil) != tt.good {
			t.Errorf("%v later: %v", tt.by, err)
		}
	}
}

// A store that is down is not the caller's fault.
func TestKeysThatCannotBeRead(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	i := newIssuer(k, at)
	signed := sign(t, i)
	k.fail = promptz.Errorf(promptz.CodeUnavailable, "down")
	if _, err := i.Verify(t.Context(), signed); promptz.ErrorCode(err) != promptz.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	k := newKeys(f)
	i := newIssuer(k, at)
	good := sign(f, i)
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0..")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := i.Verify(t.Context(), s); err == nil && s != good {
			t.Errorf("%q is taken", s)
		}
	})
}

// BenchmarkVerify measures reading a token, beside the check of its signature
// alone.
func BenchmarkVerify(b *testing.B) {
	b.Run("Token", benchmarkToken)
	b.Run("SignatureAlone", func(b *testing.B) {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		message := make([]byte, 400)
		signature := ed25519.Sign(private, message)
		for b.Loop() {
			if !ed25519.Verify(public, message, signature) {
				b.Fatal("not verified")
			}
		}
	})
}

func benchmarkToken(b *testing.B) {
	i := newIssuer(newKeys(b), at)
	signed := sign(b, i)
	for b.Loop() {
		if _, err := i.Verify(b.Context(), signed); err != nil {
			b.Fatal(err)
		}
	}
}
