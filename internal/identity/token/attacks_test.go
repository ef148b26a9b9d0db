package token_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// forged is a token that is right but for what a test changes, signed with the
// key of k that its header names at first.
type forged struct {
	header, claims map[string]any
	payload        string // instead of claims, as it is
}

func forge(t testing.TB, k *keys, change func(*forged)) string {
	t.Helper()
	f := &forged{
		header: map[string]any{"alg": "EdDSA", "typ": "at+jwt", "kid": k.id},
		claims: map[string]any{
			"iss": issuer, "aud": issuer, "sub": "maria", "sid": "session", "client_id": "promptz", "scope": "read", "jti": "j",
			"iat": at.Unix(), "nbf": at.Unix(), "exp": at.Add(time.Minute).Unix(),
		},
	}
	change(f)
	header, err := json.Marshal(f.header)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(f.claims)
	if err != nil {
		t.Fatal(err)
	}
	if f.payload != "" {
		payload = []byte(f.payload)
	}
	text := encode(header) + "." + encode(payload)
	return text + "." + encode(ed25519.Sign(k.all[k.id], []byte(text)))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func asIs(*forged) {}

func claim(name string, value any) func(*forged) {
	return func(f *forged) { f.claims[name] = value }
}

func noClaim(name string) func(*forged) {
	return func(f *forged) { delete(f.claims, name) }
}

func header(name string, value any) func(*forged) {
	return func(f *forged) { f.header[name] = value }
}

// payload signs text in place of claims, with the right values of those that it
// does not name filled in by verbs of fmt.
func payload(extra string) func(*forged) {
	text := fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"maria","sid":"session","client_id":"promptz","jti":"j","iat":%d,"nbf":%[3]d,"exp":%d%s}`,
		issuer, issuer, at.Unix(), at.Add(time.Minute).Unix(), extra)
	return func(f *forged) { f.payload = text }
}

// refuse checks that a token is refused as any other is: who sends it learns
// nothing about why.
func refuse(t *testing.T, k *keys, token string) {
	t.Helper()
	got, err := newIssuer(k, at).Verify(t.Context(), token)
	if diff := cmp.Diff(promptz.AccessClaims{}, got); diff != "" {
		t.Errorf("it says: %s", diff)
	}
	refusal, ok := err.(*promptz.Error)
	if !ok || refusal.Code != promptz.CodeUnauthenticated || refusal.Message != "This credential is not valid, or no longer." {
		t.Fatalf("got %v", err)
	}
	if len(token) > 20 && strings.Contains(err.Error(), token) {
		t.Error("the error holds the token")
	}
}

func TestWhatIsForgedRightIsTaken(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	for name, change := range map[string]func(*forged){
		"as it is": asIs, "as text": payload(""),
		"a claim that is not known": claim("nickname", "m"),
		"jku":                       header("jku", "http://127.0.0.1:1/keys"),
		"x5u":                       header("x5u", "http://127.0.0.1:1/cert"),
		"jwk":                       header("jwk", map[string]any{"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
	} {
		if got, err := newIssuer(k, at).Verify(t.Context(), forge(t, k, change)); err != nil || got.UserID != "maria" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestWrongClaims(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	for name, change := range map[string]func(*forged){
		"wrong issuer":           claim("iss", "https://evil.example"),
		"issuer with a slash":    claim("iss", issuer+"/"),
		"no issuer":              noClaim("iss"),
		"wrong audience":         claim("aud", "https://evil.example"),
		"one audience of others": claim("aud", []string{"https://evil.example", issuer}),
		"no audience":            noClaim("aud"),
		"wrong client":           claim("client_id", "another"),
		"no client":              noClaim("client_id"),
		"expired":                claim("exp", at.Add(-time.Minute).Unix()),
		"no expiry":              noClaim("exp"),
		"expiry that is text":    claim("exp", "9999999999"),
		"not yet valid":          claim("nbf", at.Add(time.Minute).Unix()),
		"no not-before":          noClaim("nbf"),
		"issued in the future":   claim("iat", at.Add(time.Hour).Unix()),
		"no issued-at":           noClaim("iat"),
		"no subject":             noClaim("sub"),
		"empty subject":          claim("sub", ""),
		"no session":             noClaim("sid"),
		"no id":                  noClaim("jti"),
		"claims twice":           payload(`,"sub":"admin"`),
		"claims in upper case":   func(f *forged) { delete(f.claims, "sub"); f.claims["SUB"] = "admin" },
		"claims that are null":   func(f *forged) { f.payload = "null" },
		"claims that are a list": func(f *forged) { f.payload = "[]" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuse(t, k, forge(t, k, change))
		})
	}
}

func TestWrongHeaders(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	k.all[""] = k.all["now"] // what is asked for where no kid is named
	for name, change := range map[string]func(*forged){
		"ID token instead of access token": header("typ", "JWT"),
		"no type":                          header("typ", nil),
		"unknown kid":                      header("kid", "unknown"),
		"no kid":                           header("kid", nil),
		"path-trick kid":                   header("kid", "../../now"),
		"path-trick kid to a device":       header("kid", "/dev/null"),
		"path-trick kid of SQL":            header("kid", "now' OR '1'='1"),
		"long kid":                         header("kid", strings.Repeat("now", 500)),
		"kid that is no text":              header("kid", 7),
		"crit":                             header("crit", []string{"exp"}),
		"empty crit":                       header("crit", []string{}),
		"crit that is null":                header("crit", nil),
		"alg of RSA":                       header("alg", "RS256"),
		"alg of ECDSA":                     header("alg", "ES256"),
		"alg that is a list":               header("alg", []string{"EdDSA"}),
		"no alg":                           header("alg", nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuse(t, k, forge(t, k, change))
		})
	}
}

// Whoever brings a key of their own is not asked for it.
func TestAnothersKey(t *testing.T) {
	t.Parallel()
	k, other := newKeys(t), newKeys(t)
	public := encode(other.all["now"].Public().(ed25519.PublicKey))
	for name, change := range map[string]func(*forged){
		"under the same kid": asIs,
		"in jwk":             header("jwk", map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": "now", "x": public}),
		"by jku":             header("jku", "https://evil.example/keys"),
		"by x5u":             header("x5u", "https://evil.example/cert"),
		"in x5c":             header("x5c", []string{public}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuse(t, k, forge(t, other, change))
		})
	}
}

func TestDamagedTokens(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	right := forge(t, k, asIs)
	signature := strings.LastIndexByte(right, '.') + 1
	for name, token := range map[string]string{
		"truncated":                 right[:len(right)-2],
		"truncated in the payload":  right[:signature-9],
		"without a signature":       right[:signature-1],
		"an empty signature":        right[:signature],
		"another spelling":          right[:len(right)-1] + string(right[len(right)-1]+1),
		"two tokens":                right + "." + right,
		"padded":                    right + "==",
		"followed by a line":        right + "\n",
		"of two lines":              right[:signature+5] + "\r\n" + right[signature+5:],
		"after a space":             " " + right,
		"a payload that is changed": changePayload(right),
		"nothing":                   "",
		"dots":                      "..",
		"oversized":                 forge(t, k, claim("pad", strings.Repeat("x", 5_000))),
		"oversized without a dot":   strings.Repeat("x", 10<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuse(t, k, token)
		})
	}
}

func changePayload(token string) string {
	parts := strings.Split(token, ".")
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	parts[1] = encode([]byte(strings.Replace(string(text), "maria", "admin", 1)))
	return strings.Join(parts, ".")
}

func TestAlgNone(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
		parts := strings.Split(forge(t, k, header("alg", alg)), ".")
		refuse(t, k, parts[0]+"."+parts[1]+".")
		refuse(t, k, strings.Join(parts, "."))
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
	parts := strings.Split(forge(t, k, header("alg", "HS256")), ".")
	text := parts[0] + "." + parts[1]
	for name, secret := range map[string][]byte{
		"raw": public, "DER": der, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mac, err := jwt.SigningMethodHS256.Sign(text, secret)
			if err != nil {
				t.Fatal(err)
			}
			refuse(t, k, text+"."+encode(mac))
			_, err = newIssuer(k, at).Verify(t.Context(), text+"."+encode(mac))
			if errors.Is(err, jwt.ErrInvalidKeyType) {
				t.Error("the key is tried with a method that is not its own")
			}
		})
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
	refuse(t, k, signed)
}
