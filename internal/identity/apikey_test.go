package identity_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/identity"
	"promptz/internal/promptz"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// drawKey makes a key from these random bytes, and zeros after them.
func drawKey(t testing.TB, environment string, random []byte) string {
	t.Helper()
	w := newWorld(t)
	zeros := bytes.NewReader(make([]byte, 100))
	service := w.newService(w.store, environment, io.MultiReader(bytes.NewReader(random), zeros))
	_, secret, err := service.CreateKey(t.Context(), keyRequest("maria"))
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// The checksums of these keys were computed with another implementation of
// CRC-32 (zlib's).
func TestKeyVectors(t *testing.T) {
	t.Parallel()
	ascending := make([]byte, 62)
	for i := range ascending {
		ascending[i] = byte(i)
	}
	tests := []struct {
		environment string
		random      []byte
		want        string
	}{
		{"live", ascending[:30], "promptz_live_0123456789ABCDEFGHIJKLMNOPQRST20M7Z4"},
		{"live", nil, "promptz_live_0000000000000000000000000000004IOXwN"},
		{"test", ascending[32:], "promptz_test_WXYZabcdefghijklmnopqrstuvwxyz2aLh06"},
		{"a", bytes.Repeat([]byte{61}, 30), "promptz_a_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz299HQF"},
	}
	for _, test := range tests {
		if got := drawKey(t, test.environment, test.random); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// TestKeyAlphabetIsFair draws the first character from each possible byte: each
// of 62 comes from as many bytes, and the bytes that are left over are drawn anew.
func TestKeyAlphabetIsFair(t *testing.T) {
	t.Parallel()
	drawn := map[byte]int{}
	for b := range 256 {
		secret := drawKey(t, "live", []byte{byte(b), 61})
		first, second := secret[len("promptz_live_")], secret[len("promptz_live_")+1]
		if b >= 248 {
			if first != 'z' {
				t.Errorf("byte %d was not drawn anew but made %q", b, first)
			}
			continue
		}
		if drawn[first]++; second != 'z' {
			t.Errorf("byte %d: the second character is %q, want z", b, second)
		}
	}
	for i := range len(base62) {
		if drawn[base62[i]] != 4 {
			t.Errorf("%q comes from %d bytes, want 4", base62[i], drawn[base62[i]])
		}
	}
}

func TestKeyForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := regexp.MustCompile(`^promptz_live_[0-9A-Za-z]{30}[0-9A-Za-z]{6}$`)
	seen := map[string]bool{}
	for range 20 {
		key, secret := w.createKey(t, "maria")
		if !form.MatchString(secret) || seen[secret] || seen[key.ID] || !promptz.ValidID(key.ID) {
			t.Errorf("got key %q, id %q", secret, key.ID)
		}
		if key.Last4 != secret[len(secret)-4:] {
			t.Errorf("last four of %q are %q", secret, key.Last4)
		}
		seen[secret], seen[key.ID] = true, true
	}
}

func TestSecretIsNotStored(t *testing.T) {
	t.Parallel()
	const part = 5 // one more than is shown of a key
	w := newWorld(t)
	// The same in every run, so that no part of it is somewhere else by chance.
	w.identity = w.newService(w.store, "live", mathrand.NewChaCha8([32]byte{}))
	u := w.createUser(t, "maria")
	_, secret := w.createKey(t, u.ID)
	if _, err := w.identity.AuthenticateKey(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	documents := w.documents(t)
	if len(documents) != 5 { // user, handle, the event of both, and the key from both sides
		t.Errorf("looked at %d documents, want 5", len(documents))
	}
	all := fmt.Sprint(documents)
	body := secret[len("promptz_live_"):]
	for i := range len(body) - part + 1 {
		if strings.Contains(all, body[i:i+part]) {
			t.Errorf("%q of the key stands in %s", body[i:i+part], all)
		}
	}
}

const year = 365 * 24 * time.Hour

var read = scopes(promptz.ScopeRead)

func scopes(s ...promptz.Scope) []promptz.Scope { return s }

// keyRequests are what may and may not be asked for.
var keyRequests = []struct {
	name     string
	request  promptz.KeyRequest
	lifetime time.Duration // that the key gets; 0 when it is refused
}{
	{"no lifetime", promptz.KeyRequest{Name: "k", Scopes: read}, 90 * 24 * time.Hour},
	{"a minute", promptz.KeyRequest{Name: "k", Scopes: read, Lifetime: time.Minute}, time.Minute},
	{"less than a minute", promptz.KeyRequest{Name: "k", Scopes: read, Lifetime: time.Minute - 1}, 0},
	{"a year", promptz.KeyRequest{Name: "k", Scopes: read, Lifetime: year}, year},
	{"more than a year", promptz.KeyRequest{Name: "k", Scopes: read, Lifetime: year + 1}, 0},
	{"a negative lifetime", promptz.KeyRequest{Name: "k", Scopes: read, Lifetime: -time.Hour}, 0},
	{"no name", promptz.KeyRequest{Scopes: read}, 0},
	{"a blank name", promptz.KeyRequest{Name: " \t ", Scopes: read}, 0},
	{"a long name", promptz.KeyRequest{Name: strings.Repeat("é", 80), Scopes: read}, 90 * 24 * time.Hour},
	{"too long a name", promptz.KeyRequest{Name: strings.Repeat("é", 81), Scopes: read}, 0},
	{"a name of two lines", promptz.KeyRequest{Name: "a\nb", Scopes: read}, 0},
	{"a name that is not UTF-8", promptz.KeyRequest{Name: "a\xffb", Scopes: read}, 0},
	{"no scopes", promptz.KeyRequest{Name: "k"}, 0},
	{"an unknown scope", promptz.KeyRequest{Name: "k", Scopes: scopes("everything")}, 0},
	{"an empty scope", promptz.KeyRequest{Name: "k", Scopes: scopes("")}, 0},
	{"a scope in capitals", promptz.KeyRequest{Name: "k", Scopes: scopes("Read")}, 0},
	{"a scope twice", promptz.KeyRequest{Name: "k", Scopes: scopes("read", "read")}, 0},
	{"all scopes", promptz.KeyRequest{Name: "k", Scopes: promptz.Scopes}, 90 * 24 * time.Hour},
}

func TestKeyRequestLimits(t *testing.T) {
	t.Parallel()
	for _, test := range keyRequests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.request.UserID = "maria"
			key, _, err := w.identity.CreateKey(t.Context(), test.request)
			listed, listErr := w.identity.FindKeys(t.Context(), "maria")
			if listErr != nil {
				t.Fatal(listErr)
			}
			if test.lifetime == 0 {
				wantCode(t, err, promptz.CodeNotValid)
				if len(listed) != 0 {
					t.Errorf("a refused key was stored: %+v", listed[0])
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := key.ExpiresAt.Sub(key.CreatedAt); got != test.lifetime || !key.CreatedAt.Equal(w.clock.now()) {
				t.Errorf("lives %s from %s on, want %s", got, key.CreatedAt, test.lifetime)
			}
			if diff := cmp.Diff([]*promptz.Key{key}, listed); diff != "" {
				t.Errorf("keys (-made +listed):\n%s", diff)
			}
		})
	}
}

// TestKeyIsToldAsStored makes keys at times and for lifetimes that are no whole
// seconds, in which expiry is kept.
func TestKeyIsToldAsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock.advance(987_654_321 * time.Nanosecond)
	r := keyRequest("maria")
	r.Name, r.Lifetime = "  cafe\u0301 ", 90*time.Second+500*time.Millisecond
	key, _, err := w.identity.CreateKey(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := w.identity.FindKeys(t.Context(), "maria")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*promptz.Key{key}, listed); diff != "" {
		t.Errorf("keys (-made +listed):\n%s", diff)
	}
	if key.Name != "café" {
		t.Errorf("name is %q", key.Name)
	}
}

func TestKeysAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []string
	for range 3 {
		key, _ := w.createKey(t, "maria")
		w.createKey(t, "otto")
		want = append([]string{key.ID}, want...)
		w.clock.advance(time.Second)
	}
	keys, err := w.identity.FindKeys(t.Context(), "maria")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range keys {
		got = append(got, k.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	w.clock.advance(identity.MaxKeyLifetime)
	if keys, err := w.identity.FindKeys(t.Context(), "maria"); err != nil || len(keys) != 0 {
		t.Errorf("expired keys are listed: %v, %v", keys, err)
	}
	wantCode(t, w.identity.DeleteKey(t.Context(), "0123456789ab"), promptz.CodeNotFound)
}

func TestBrokenRandomMakesNoKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := errors.New("no entropy")
	for _, n := range []int64{0, 29, 30, 41} { // within the secret, and within the id
		random := io.MultiReader(io.LimitReader(rand.Reader, n), iotest.ErrReader(broken))
		service := w.newService(w.store, "live", random)
		if _, _, err := service.CreateKey(t.Context(), keyRequest("maria")); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: got %v", n, err)
		}
	}
	if all := w.documents(t); len(all) != 0 {
		t.Errorf("stored %v", all)
	}
}
