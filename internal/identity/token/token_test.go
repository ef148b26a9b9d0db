package token_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

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
	return k.id, k.all[k.id], k.fail
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

// Keys that can't be read are not the caller's fault: nobody is to sign in anew
// for that.
func TestKeysThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]error{
		"a store that is down":   promptz.Errorf(promptz.CodeUnavailable, "down"),
		"a key that is damaged":  errors.New("damaged"),
		"a caller that is gone":  context.Canceled,
		"a caller that gives up": context.DeadlineExceeded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeys(t)
			i := newIssuer(k, at)
			signed := sign(t, i)
			k.fail = fail
			if _, err := i.Verify(t.Context(), signed); !errors.Is(err, fail) || promptz.ErrorCode(err) == promptz.CodeUnauthenticated {
				t.Errorf("read: %v", err)
			}
			if _, err := i.Sign(t.Context(), promptz.AccessClaims{UserID: "maria"}); !errors.Is(err, fail) {
				t.Errorf("signed: %v", err)
			}
		})
	}
}

// Other resource servers read what RFC 9068, 2 asks for.
func TestWhatATokenSays(t *testing.T) {
	t.Parallel()
	parts := strings.Split(sign(t, newIssuer(newKeys(t), at)), ".")
	var header, payload map[string]any
	for i, to := range []*map[string]any{&header, &payload} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, to); err != nil {
			t.Fatal(err)
		}
	}
	id, _ := payload["jti"].(string)
	if !promptz.ValidID(id) {
		t.Errorf("jti %q", id)
	}
	delete(payload, "jti")
	want := []map[string]any{
		{"alg": "EdDSA", "typ": "at+jwt", "kid": "now"},
		{
			"iss": issuer, "aud": issuer, "sub": "maria", "sid": "session", "client_id": "promptz", "scope": "read write",
			"iat": float64(at.Unix()), "nbf": float64(at.Unix()), "exp": float64(at.Add(promptz.AccessLifetime).Unix()),
		},
	}
	if diff := cmp.Diff(want, []map[string]any{header, payload}); diff != "" {
		t.Error(diff)
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
