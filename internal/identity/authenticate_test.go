package identity_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/identity"
	"promptz/internal/promptz"
)

func TestKeySaysWhoIsCalling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, err := w.identity.CreateUser(t.Context(), "maria", promptz.RoleModerator, "")
	if err != nil {
		t.Fatal(err)
	}
	key, secret := w.createKey(t, u.ID)
	want := promptz.Principal{UserID: u.ID, Role: promptz.RoleModerator, Scopes: key.Scopes, KeyID: key.ID}
	for _, how := range []string{"read", "remembered"} {
		got, err := w.identity.AuthenticateKey(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("principal, %s (-want +got):\n%s", how, diff)
		}
	}
	if got := w.store.reads.Load(); got != 1 {
		t.Errorf("the store was asked %d times, want once", got)
	}
}

// malformed makes of a good key what is refused without asking the store.
var malformed = map[string]func(secret string) string{
	"nothing":    func(string) string { return "" },
	"one letter": func(string) string { return "x" },
	"wrong checksum": func(s string) string {
		return s[:len(s)-1] + map[bool]string{true: "1", false: "0"}[s[len(s)-1] == '0']
	},
	"wrong secret":        func(s string) string { return s[:prefix] + s[prefix+1:prefix+30] + s[prefix:prefix+1] + s[prefix+30:] },
	"truncated":           func(s string) string { return s[:len(s)-1] },
	"longer":              func(s string) string { return s + "0" },
	"a line end":          func(s string) string { return s + "\n" },
	"a blank before":      func(s string) string { return " " + s },
	"in capitals":         strings.ToUpper,
	"another environment": func(s string) string { return strings.Replace(s, "_live_", "_test_", 1) },
	"no environment":      func(s string) string { return strings.Replace(s, "_live_", "__", 1) },
	"another prefix":      func(s string) string { return "github" + strings.TrimPrefix(s, "promptz") },
	"four megabytes":      func(s string) string { return strings.Repeat(s, 80_000) },
	"not UTF-8":           func(s string) string { return s[:len(s)-1] + "\xff" },
}

// prefix is how long the part of a key before its secret is.
const prefix = len("promptz_live_")

// unknown makes keys of the right form that the store does not hold any more, or
// never did.
var unknown = map[string]func(*testing.T, *world) string{
	"of no store":           func(*testing.T, *world) string { return "promptz_live_0123456789ABCDEFGHIJKLMNOPQRST20M7Z4" },
	"of another deployment": func(t *testing.T, w *world) string { return newKey(t, newWorld(t), "maria", time.Hour) },
	"of nobody":             func(t *testing.T, w *world) string { return newKey(t, w, "0123456789ab", time.Hour) },
	"expired": func(t *testing.T, w *world) string {
		defer w.clock.advance(time.Minute)
		return newKey(t, w, w.createUser(t, "late").ID, time.Minute)
	},
	"revoked": func(t *testing.T, w *world) string {
		key, secret := w.createKey(t, w.createUser(t, "revoked").ID)
		if err := w.identity.DeleteKey(t.Context(), key.ID); err != nil {
			t.Fatal(err)
		}
		return secret
	},
	"of an erased user": func(t *testing.T, w *world) string {
		u := w.createUser(t, "gone")
		defer w.erase(t, u.ID)
		return newKey(t, w, u.ID, time.Hour)
	},
}

func newKey(t testing.TB, w *world, userID string, lifetime time.Duration) string {
	t.Helper()
	r := keyRequest(userID)
	r.Lifetime = lifetime
	_, secret, err := w.identity.CreateKey(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// TestRefusalsAreAlike holds that a refused caller learns nothing of why, and that
// what cannot be a key costs no read.
func TestRefusalsAreAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, good := w.createKey(t, w.createUser(t, "maria").ID)
	want := promptz.Error{Code: promptz.CodeUnauthenticated, Message: "This credential is not valid, or no longer."}
	refuse := func(name, bearer string, reads int64) {
		before := w.store.reads.Load()
		p, err := w.identity.AuthenticateKey(t.Context(), bearer)
		if diff := cmp.Diff(want, shownOf(t, err)); diff != "" || !p.Anonymous() || p.Has(promptz.ScopePublic) {
			t.Errorf("%s: principal %+v, refusal (-want +got):\n%s", name, p, diff)
		}
		if got := w.store.reads.Load() - before; got != reads {
			t.Errorf("%s: the store was asked %d times, want %d", name, got, reads)
		}
		if got := w.identity.Recognize(bearer); got != "" {
			t.Errorf("%s: recognized as %q", name, got)
		}
	}
	for name, make := range malformed {
		refuse(name, make(good), 0)
	}
	for name, make := range unknown {
		refuse(name, make(t, w), 1)
	}
	if _, err := w.identity.AuthenticateKey(t.Context(), good); err != nil {
		t.Errorf("the good key: %v", err)
	}
}

// TestEnvironmentIsALabel holds that a deployment which is given another name
// goes on to accept the keys that its store holds.
func TestEnvironmentIsALabel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	_, secret := w.createKey(t, u.ID)
	if _, err := w.process("staging").AuthenticateKey(t.Context(), secret); err != nil {
		t.Error(err)
	}
}

func TestFailingStoreIsNoRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	_, secret := w.createKey(t, u.ID)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.identity.AuthenticateKey(ctx, secret)
	wantCode(t, err, promptz.CodeUnavailable)
	if _, err := w.identity.AuthenticateKey(t.Context(), secret); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestKeyExpiresAtTheSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	r := keyRequest(u.ID)
	r.Lifetime = time.Minute
	key, secret, err := w.identity.CreateKey(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(key.ExpiresAt.Sub(w.clock.now()) - 1)
	if _, err := w.identity.AuthenticateKey(t.Context(), secret); err != nil {
		t.Errorf("the moment before: %v", err)
	}
	if got := w.identity.Recognize(secret); got != u.ID {
		t.Errorf("the moment before: recognized as %q", got)
	}
	w.clock.advance(1)
	_, err = w.identity.AuthenticateKey(t.Context(), secret) // though it is remembered
	wantCode(t, err, promptz.CodeUnauthenticated)
	_, err = w.process("live").AuthenticateKey(t.Context(), secret)
	wantCode(t, err, promptz.CodeUnauthenticated)
	if got := w.identity.Recognize(secret); got != "" {
		t.Errorf("at the second: recognized as %q", got)
	}
}

// change is something that ends or changes what a key stands for.
type change struct {
	name   string
	do     func(*testing.T, *world, *promptz.User, *promptz.Key)
	atOnce bool // seen at once in the process that did it
	seen   func(promptz.Principal, error) bool
}

var changes = []change{
	{"revoked", func(t *testing.T, w *world, _ *promptz.User, k *promptz.Key) {
		if err := w.identity.DeleteKey(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
	}, true, isRefused},
	{"erased", func(t *testing.T, w *world, u *promptz.User, _ *promptz.Key) { w.erase(t, u.ID) }, false, isRefused},
	{"another role", func(t *testing.T, w *world, u *promptz.User, _ *promptz.Key) {
		old, err := w.store.FindUser(t.Context(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		next := *old
		next.Role = promptz.RoleAdmin
		next.Revision++
		if err := w.store.UpdateUser(t.Context(), old, &next); err != nil {
			t.Fatal(err)
		}
	}, false, func(p promptz.Principal, err error) bool { return err == nil && p.Role == promptz.RoleAdmin }},
}

// TestChangesAreSeenInTime holds that what changes is seen everywhere when what is
// remembered is 5 s old.
func TestChangesAreSeenInTime(t *testing.T) {
	t.Parallel()
	for _, test := range changes {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			other := w.process("live")
			u := w.createUser(t, "maria")
			key, secret := w.createKey(t, u.ID)
			for _, s := range []*identity.Service{w.identity, other} {
				if p, err := s.AuthenticateKey(t.Context(), secret); test.seen(p, err) || err != nil {
					t.Fatalf("before: %+v, %v", p, err)
				}
			}
			test.do(t, w, u, key)
			if p, err := w.identity.AuthenticateKey(t.Context(), secret); test.seen(p, err) != test.atOnce {
				t.Errorf("here at once: %+v, %v", p, err)
			}
			w.clock.advance(5*time.Second - 1)
			if p, err := other.AuthenticateKey(t.Context(), secret); test.seen(p, err) {
				t.Errorf("elsewhere before 5 s: %+v, %v; was it remembered at all?", p, err)
			}
			w.clock.advance(1)
			for _, s := range []*identity.Service{w.identity, other} {
				if p, err := s.AuthenticateKey(t.Context(), secret); !test.seen(p, err) {
					t.Errorf("after 5 s: %+v, %v", p, err)
				}
			}
		})
	}
}

func isRefused(p promptz.Principal, err error) bool {
	return promptz.ErrorCode(err) == promptz.CodeUnauthenticated && p.Anonymous()
}

func TestKeysInParallel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	done := make(chan error)
	for range 8 {
		go func() {
			done <- func() error {
				key, secret, err := w.identity.CreateKey(t.Context(), keyRequest(u.ID))
				if err != nil {
					return err
				}
				if _, err := w.identity.AuthenticateKey(t.Context(), secret); err != nil {
					return err
				}
				if err := w.identity.DeleteKey(t.Context(), key.ID); err != nil {
					return err
				}
				if _, err := w.identity.AuthenticateKey(t.Context(), secret); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
					return errors.Join(errors.New("a revoked key is accepted"), err)
				}
				return nil
			}()
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
