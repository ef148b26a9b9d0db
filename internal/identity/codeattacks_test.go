package identity_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/identity"
	"promptz/internal/promptz"
)

func TestCodeSignsIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, p := d.enter(t, "Maria@Example.com")
	u, err := d.identity.FindMe(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if u.Email != "maria@example.com" || !u.Provisional || u.Role != promptz.RoleUser || !strings.HasPrefix(u.Handle, "user-") {
		t.Errorf("she is %+v", u)
	}
	_, again := d.enter(t, "maria@EXAMPLE.com")
	if again.UserID != p.UserID || again.SessionID == p.SessionID {
		t.Errorf("again she is %+v, was %+v", again, p)
	}
}

// Whatever is wrong with an answer, it is told in the same words.
func TestWrongAnswersAreToldAlike(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func(*testing.T, *door) error{
		"a guessed code": func(t *testing.T, d *door) error {
			begun, letter := d.ask(t, "maria@example.com")
			_, err := d.answer(t, begun.ChallengeID, wrong(letter.Code))
			return err
		},
		"a code used before": func(t *testing.T, d *door) error {
			begun, letter := d.ask(t, "maria@example.com")
			if _, err := d.answer(t, begun.ChallengeID, letter.Code); err != nil {
				t.Fatal(err)
			}
			_, err := d.answer(t, begun.ChallengeID, letter.Code)
			return err
		},
		"a code of another challenge": func(t *testing.T, d *door) error {
			_, first := d.ask(t, "maria@example.com")
			second, letter := d.ask(t, "maria@example.com")
			if first.Code == letter.Code {
				t.Skip("both codes happen to be the same")
			}
			_, err := d.answer(t, second.ChallengeID, first.Code)
			return err
		},
		"a code after its time": func(t *testing.T, d *door) error {
			begun, letter := d.ask(t, "maria@example.com")
			d.clock.advance(promptz.ChallengeLifetime)
			_, err := d.answer(t, begun.ChallengeID, letter.Code)
			return err
		},
		"the right code after five tries": func(t *testing.T, d *door) error {
			begun, letter := d.ask(t, "maria@example.com")
			for range promptz.MaxTries {
				_, err := d.answer(t, begun.ChallengeID, wrong(letter.Code))
				wantCode(t, err, promptz.CodeUnauthenticated)
			}
			_, err := d.answer(t, begun.ChallengeID, letter.Code)
			return err
		},
		"no code": func(t *testing.T, d *door) error {
			begun, _ := d.ask(t, "maria@example.com")
			_, err := d.answer(t, begun.ChallengeID, "")
			return err
		},
		"no such challenge": func(t *testing.T, d *door) error {
			_, err := d.answer(t, "0123456789ab", "12345678")
			return err
		},
		"no challenge's name": func(t *testing.T, d *door) error {
			_, err := d.answer(t, "../user#x", "12345678")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := try(t, newDoor(t))
			want := promptz.Error{Code: promptz.CodeUnauthenticated, Message: "This is not valid, or no longer. Ask for a new code."}
			if diff := cmp.Diff(want, shownOf(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Of a hundred who send the right code at once exactly one gets in.
func TestCodeReplayedInParallel(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	begun, letter := d.ask(t, "maria@example.com")
	const callers = 100
	var entered atomic.Int64
	done := make(chan error, callers)
	for n := range callers {
		go func() {
			// Each from a network of its own, so that no limit gets in the way.
			_, err := d.signIn.Answer(t.Context(), promptz.Principal{}, promptz.AnswerRequest{
				ChallengeID: begun.ChallengeID, Code: letter.Code, Transport: promptz.TransportTokens,
				Asker: asker(fmt.Sprintf("10.0.%d.1", n/50)),
			})
			if err == nil {
				entered.Add(1)
			}
			done <- err
		}()
	}
	for range callers {
		if err := <-done; err != nil && promptz.ErrorCode(err) != promptz.CodeUnauthenticated &&
			promptz.ErrorCode(err) != promptz.CodeUnavailable && promptz.ErrorCode(err) != promptz.CodeRateLimited {
			t.Errorf("refused with %v", err)
		}
	}
	if entered.Load() != 1 {
		t.Errorf("%d got in", entered.Load())
	}
	u, err := d.store.FindUserByClaim(t.Context(), claimOf(t, d, "maria@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := d.store.FindSessions(t.Context(), u.ID)
	if err != nil || len(sessions) != 1 {
		t.Errorf("%d sessions, %v", len(sessions), err)
	}
}

// claimOf gives the claim on an address, as the user who has it shows.
func claimOf(t testing.TB, d *door, email string) promptz.Claim {
	t.Helper()
	for _, doc := range d.documents(t) {
		if doc["email"] == email && doc["claims"] != nil {
			return promptz.Claim(doc["claims"].([]any)[0].(string))
		}
	}
	t.Fatalf("nobody has %s", email)
	return ""
}

// Guesses at one challenge never help with another, and are few.
func TestGuessesAreCountedBeforeComparing(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	begun, letter := d.ask(t, "maria@example.com")
	const callers = 50
	done := make(chan error, callers)
	for range callers {
		go func() {
			_, err := d.answer(t, begun.ChallengeID, wrong(letter.Code))
			done <- err
		}()
	}
	for range callers {
		if err := <-done; err == nil {
			t.Error("a wrong code got in")
		}
	}
	c, err := d.store.FindChallenge(t.Context(), begun.ChallengeID)
	if err != nil || c.Tries != promptz.MaxTries {
		t.Errorf("%d tries were counted, %v", c.Tries, err)
	}
}

// What a request for a code does is the same whether or not somebody has the
// address: neither its answer nor its time tells.
func TestAskingTellsNothing(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.enter(t, "known@example.com")
	ask := func(email string) []string {
		d.store.record()
		begun, err := d.signIn.Begin(t.Context(), email, asker("198.51.100.1"))
		if err != nil || begun.URL != "" || len(begun.ChallengeID) != promptz.IDLength {
			t.Errorf("%s: %+v, %v", email, begun, err)
		}
		return d.store.recorded()
	}
	known, unknown := ask("known@example.com"), ask("unknown@example.com")
	if diff := cmp.Diff(known, unknown); diff != "" || len(known) == 0 {
		t.Errorf("the store is asked differently (-known +unknown):\n%s", diff)
	}
}

func TestClosedSignUp(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy identity.Policy
		email  string
		want   bool
	}{
		"open":            {identity.Policy{}, "new@example.com", true},
		"closed":          {identity.Policy{Closed: true}, "new@example.com", false},
		"closed, admin":   {identity.Policy{Closed: true, Admins: []string{"New@example.com"}}, "new@example.com", true},
		"domain":          {identity.Policy{Domains: []string{"example.com"}}, "new@example.com", true},
		"another domain":  {identity.Policy{Domains: []string{"example.com"}}, "new@example.org", false},
		"below a domain":  {identity.Policy{Domains: []string{"example.com"}}, "new@evil.example.com", false},
		"domain's ending": {identity.Policy{Domains: []string{"example.com"}}, "new@evilexample.com", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, func(deps *identity.SignInDeps) { deps.Policy = tt.policy })
			if _, err := d.signIn.Begin(t.Context(), tt.email, home); err != nil {
				t.Fatal(err)
			}
			if err := d.signIn.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := len(d.mails.to(tt.email)) == 1; got != tt.want {
				t.Errorf("a mail went out: %t", got)
			}
		})
	}
}

func TestAdminsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(deps *identity.SignInDeps) { deps.Policy.Admins = []string{"ada@example.com"} })
	if _, p := d.enter(t, "ada@example.com"); p.Role != promptz.RoleAdmin || !p.Has(promptz.ScopeAdmin) {
		t.Errorf("she is %+v", p)
	}
	if _, p := d.enter(t, "eve@example.com"); p.Role != promptz.RoleUser || p.Has(promptz.ScopeAdmin) {
		t.Errorf("the first to sign in is %+v", p)
	}
}

// A stranger who asks for codes for somebody else's address, and guesses, uses up
// their own share.
func TestStrangersDoNotLockAnybodyOut(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.enter(t, "victim@example.com")
	stranger := asker("203.0.113.9")
	limited := 0
	for range 50 {
		begun, err := d.signIn.Begin(t.Context(), "victim@example.com", stranger)
		if promptz.ErrorCode(err) == promptz.CodeRateLimited {
			limited++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for range promptz.MaxTries + 1 {
			_, err := d.signIn.Answer(t.Context(), promptz.Principal{}, promptz.AnswerRequest{ChallengeID: begun.ChallengeID, Code: "00000000", Asker: stranger})
			if err == nil {
				t.Fatal("a guess got in")
			}
		}
	}
	if limited < 40 {
		t.Errorf("the stranger was refused %d times of 50", limited)
	}
	d.clock.advance(time.Second)
	d.enter(t, "victim@example.com")
}

// A browser in which the owner signed in before has a share of its own, whatever
// strangers do from wherever.
func TestKnownBrowserIsNotLockedOut(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	remember := func(email string) (device string) {
		begun, letter := d.ask(t, email)
		grant, err := d.signIn.Answer(t.Context(), promptz.Principal{}, promptz.AnswerRequest{
			ChallengeID: begun.ChallengeID, Code: letter.Code, Transport: promptz.TransportCookie, Asker: home,
		})
		if err != nil || grant.Device == "" {
			t.Fatalf("%+v, %v", grant, err)
		}
		return grant.Device
	}
	owners, strangers := remember("victim@example.com"), remember("stranger@example.com")
	var last error
	for n := range 100 {
		_, last = d.signIn.Begin(t.Context(), "victim@example.com", asker(fmt.Sprintf("10.1.%d.1", n%10)))
		if n%10 == 0 {
			_, last = d.signIn.Begin(t.Context(), "victim@example.com", asker(fmt.Sprintf("10.2.%d.1", n/10)))
		}
	}
	wantCode(t, last, promptz.CodeRateLimited)
	known := home
	known.Device = owners
	if _, err := d.signIn.Begin(t.Context(), "victim@example.com", known); err != nil {
		t.Errorf("the owner's browser: %v", err)
	}
	for name, device := range map[string]string{"a made-up": "made-up", "a stranger's own": strangers} {
		other := home
		other.Device = device
		if _, err := d.signIn.Begin(t.Context(), "victim@example.com", other); promptz.ErrorCode(err) != promptz.CodeRateLimited {
			t.Errorf("%s browser: %v", name, err)
		}
	}
	if _, err := d.signIn.Begin(t.Context(), "other@example.com", known); err != nil {
		t.Errorf("another address in that browser: %v", err)
	}
}

func TestDeliveryIsTriedAgain(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.mails.fail = errors.New("connection refused")
	if _, err := d.signIn.Begin(t.Context(), "maria@example.com", home); err != nil {
		t.Fatal(err)
	}
	deliver := func() {
		t.Helper()
		if err := d.signIn.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	deliver()
	d.mails.fail = nil
	deliver() // it is not due yet
	if n := len(d.mails.to("maria@example.com")); n != 0 {
		t.Fatalf("%d mails at once", n)
	}
	d.clock.advance(10 * time.Second)
	deliver()
	deliver()
	if n := len(d.mails.to("maria@example.com")); n != 1 {
		t.Errorf("%d mails", n)
	}
	if strings.Contains(d.log.String(), "maria") || strings.Contains(d.log.String(), d.mails.letters[0].Code) {
		t.Errorf("the log tells too much:\n%s", d.log)
	}
}

// The documents hold neither codes, nor tokens, nor the addresses of mails that
// wait.
func TestSecretsAreNotInTheDocuments(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	grant, _ := d.enter(t, "maria@example.com")
	_, letter := d.ask(t, "otto@example.com")
	if _, err := d.signIn.Begin(t.Context(), "waiting@example.com", home); err != nil {
		t.Fatal(err)
	}
	for _, doc := range d.documents(t) {
		text := strings.ToLower(fmt.Sprint(doc))
		for name, secret := range map[string]string{
			"code": letter.Code, "link": letter.Link[strings.LastIndexByte(letter.Link, '.')+1:],
			"refresh token": grant.RefreshToken, "access token": grant.AccessToken,
		} {
			if strings.Contains(text, strings.ToLower(secret)) {
				t.Errorf("%v holds the %s", doc["id"], name)
			}
		}
		if strings.HasPrefix(doc["id"].(string), "mail#") && strings.Contains(text, "waiting") {
			t.Errorf("%v holds an address", doc["id"])
		}
	}
}
