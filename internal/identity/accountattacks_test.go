package identity_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"promptz/internal/identity"
	"promptz/internal/promptz"
)

// provided is a provider that proves what a test says. It stands for any that
// asks for itself; real ones are tested in packages of their own.
type provided struct{ proof promptz.Proof }

func (p *provided) URL(_ context.Context, state, nonce, verifier string) (string, error) {
	return "https://id.example.com/?state=" + state + "&nonce=" + nonce + "&verifier=" + verifier, nil
}

func (p *provided) Exchange(_ context.Context, code, _, _ string) (promptz.Proof, error) {
	if code != "good" {
		return promptz.Proof{}, promptz.Errorf(promptz.CodeUnauthenticated, "No.")
	}
	return p.proof, nil
}

// elsewhere lets a provider sign people in that is the deployment's own or not.
func elsewhere(p *provided, trust bool) func(*identity.SignInDeps) {
	return func(d *identity.SignInDeps) { d.Provider = identity.Provider{Redirects: p, TrustEmail: trust} }
}

// redirect goes through a provider in one browser and gives who is in.
func (d *door) redirect(t testing.TB, s *identity.SignIn) promptz.Principal {
	t.Helper()
	begun, err := s.Begin(t.Context(), "", home)
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.Callback(t.Context(), stateOf(begun), "good", begun.Browser, home)
	if err != nil || done.Grant == nil {
		t.Fatalf("%+v, %v", done, err)
	}
	p, err := s.AuthenticateCookie(t.Context(), done.Grant.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func stateOf(b promptz.Begun) string {
	_, after, _ := strings.Cut(b.URL, "state=")
	state, _, _ := strings.Cut(after, "&")
	return state
}

// Nobody gets at an account by an address that this deployment does not vouch
// for.
func TestAccountsAreNotTakenByAddress(t *testing.T) {
	t.Parallel()
	const issuer = "https://id.example.com"
	for name, tt := range map[string]struct {
		proof promptz.Proof
		trust bool
		same  bool
	}{
		"unverified, trusted":   {promptz.Proof{Issuer: issuer, Subject: "1", Email: "victim@example.com"}, true, false},
		"unverified":            {promptz.Proof{Issuer: issuer, Subject: "1", Email: "victim@example.com"}, false, false},
		"verified, not trusted": {promptz.Proof{Issuer: issuer, Subject: "1", Email: "victim@example.com", EmailVerified: true}, false, false},
		"verified and trusted":  {promptz.Proof{Issuer: issuer, Subject: "1", Email: "Victim@Example.com", EmailVerified: true}, true, true},
		"Kelvin sign":           {promptz.Proof{Issuer: issuer, Subject: "1", Email: "\u212Aim@example.com", EmailVerified: true}, true, false},
		"dotless i":             {promptz.Proof{Issuer: issuer, Subject: "1", Email: "v\u0131ctim@example.com", EmailVerified: true}, true, false},
		"full-width domain":     {promptz.Proof{Issuer: issuer, Subject: "1", Email: "victim@ｅxample.com", EmailVerified: true}, true, true},
		"two addresses":         {promptz.Proof{Issuer: issuer, Subject: "1", Email: "x@evil.example,victim@example.com", EmailVerified: true}, true, false},
		"a name with it":        {promptz.Proof{Issuer: issuer, Subject: "1", Email: "Victim <victim@example.com>", EmailVerified: true}, true, false},
		"NUL":                   {promptz.Proof{Issuer: issuer, Subject: "1", Email: "victim@example.com\x00.evil.example", EmailVerified: true}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			_, victim := d.enter(t, "victim@example.com")
			d.enter(t, "kim@example.com")
			p := d.redirect(t, d.open(t, d.identity, elsewhere(&provided{tt.proof}, tt.trust)))
			if same := p.UserID == victim.UserID; same != tt.same {
				t.Errorf("the same account: %t", same)
			}
			u, err := d.store.FindUser(t.Context(), p.UserID)
			if err != nil || !tt.same && u.Email != "" {
				t.Errorf("the account has the address %q, %v", u.Email, err)
			}
		})
	}
}

// Accounts are told apart by issuer and subject together, and found again by them
// when the address is another.
func TestAccountsAreJoinedBySubject(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	p := &provided{promptz.Proof{Issuer: "https://a.example", Subject: "1"}}
	s := d.open(t, d.identity, elsewhere(p, true))
	first := d.redirect(t, s)
	p.proof.Email, p.proof.EmailVerified = "new@example.com", true
	if again := d.redirect(t, s); again.UserID != first.UserID {
		t.Error("another account for the same subject")
	}
	for _, other := range []promptz.Proof{
		{Issuer: "https://a.example", Subject: "2"}, {Issuer: "https://b.example", Subject: "1"},
		{Issuer: "https://a.example1", Subject: ""}, {Issuer: "https://a.exampl", Subject: "e1"},
	} {
		p.proof = other
		if other.Subject == "" {
			begun, err := s.Begin(t.Context(), "", home)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Callback(t.Context(), stateOf(begun), "good", begun.Browser, home)
			wantCode(t, err, promptz.CodeForbidden)
			continue
		}
		if got := d.redirect(t, s); got.UserID == first.UserID {
			t.Errorf("%+v got the account", other)
		}
	}
}

// Somebody whose browser is led to the end of another's sign-in does not sign the
// other in, and is not signed in as them: they see a code, which only they who
// began can use.
func TestCallbackFinishedInAnotherBrowser(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	s := d.open(t, d.identity, elsewhere(&provided{promptz.Proof{Issuer: "https://a.example", Subject: "1"}}, false))
	begun, err := s.Begin(t.Context(), "", home)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][2]string{
		"no code": {stateOf(begun), "bad"}, "state of nobody": {begun.ChallengeID + ".AAAA", "good"},
		"state without its proof": {begun.ChallengeID, "good"}, "no state": {"", "good"},
	} {
		if _, err := s.Callback(t.Context(), bad[0], bad[1], begun.Browser, home); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	done, err := s.Callback(t.Context(), stateOf(begun), "good", "another browser's", asker("203.0.113.1"))
	if err != nil || done.Grant != nil || len(done.Code) != 8 {
		t.Fatalf("%+v, %v", done, err)
	}
	_, err = s.Callback(t.Context(), stateOf(begun), "good", begun.Browser, home)
	wantCode(t, err, promptz.CodeUnauthenticated) // it came back once
	answer := promptz.AnswerRequest{ChallengeID: begun.ChallengeID, Code: wrong(done.Code), Transport: promptz.TransportTokens, Asker: home}
	_, err = s.Answer(t.Context(), promptz.Principal{}, answer)
	wantCode(t, err, promptz.CodeUnauthenticated)
	answer.Code = done.Code
	if g, err := s.Answer(t.Context(), promptz.Principal{}, answer); err != nil || g.AccessToken == "" {
		t.Errorf("the code: %v", err)
	}
}

func TestAddressChange(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, p := d.enter(t, "old@example.com")
	_, taken := d.enter(t, "taken@example.com")
	begun, err := d.signIn.BeginAddress(t.Context(), p, "New@example.com", home)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.signIn.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	letter := d.mails.to("new@example.com")[0]
	answer := promptz.AnswerRequest{ChallengeID: begun.ChallengeID, Code: letter.Code, Asker: home}
	for name, who := range map[string]promptz.Principal{"nobody": {}, "somebody else": taken} {
		if _, err := d.signIn.Answer(t.Context(), who, answer); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	if g, err := d.signIn.Answer(t.Context(), p, answer); err != nil || g != nil {
		t.Fatalf("%+v, %v", g, err)
	}
	if err := d.signIn.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if notices := d.mails.to("old@example.com"); len(notices) != 2 || notices[1].Kind != promptz.LetterAddressChanged {
		t.Errorf("to the old address went %+v", notices)
	}
	if _, now := d.enter(t, "new@example.com"); now.UserID != p.UserID {
		t.Error("the new address is another account's")
	}
	if _, now := d.enter(t, "old@example.com"); now.UserID == p.UserID {
		t.Error("the old address still signs in")
	}
}

func TestAddressOfAnotherAccount(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, p := d.enter(t, "me@example.com")
	_, other := d.enter(t, "taken@example.com")
	begun, err := d.signIn.BeginAddress(t.Context(), p, "taken@example.com", home)
	if err != nil {
		t.Fatal(err) // nobody is told before they prove it
	}
	if err := d.signIn.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	letters := d.mails.to("taken@example.com")
	_, err = d.signIn.Answer(t.Context(), p, promptz.AnswerRequest{ChallengeID: begun.ChallengeID, Code: letters[len(letters)-1].Code, Asker: home})
	wantCode(t, err, promptz.CodeConflict)
	if _, now := d.enter(t, "taken@example.com"); now.UserID != other.UserID {
		t.Error("the address changed hands")
	}
}

// What a key may do is never more than who makes it may, and keys make no keys.
func TestScopeEscalationByKey(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, p := d.enter(t, "maria@example.com")
	make := func(p promptz.Principal, scopes ...promptz.Scope) error {
		_, _, _, err := d.identity.CreateOwnKey(t.Context(), p, promptz.KeyRequest{Name: "laptop", Scopes: scopes}, nil)
		return err
	}
	wantCode(t, make(p, promptz.ScopeAdmin), promptz.CodeNotValid)
	wantCode(t, make(p, promptz.ScopeRead, promptz.ScopeAdmin), promptz.CodeNotValid)
	if err := make(p, promptz.ScopeWrite); err != nil {
		t.Error(err)
	}
	_, secret, _, err := d.identity.CreateOwnKey(t.Context(), p, promptz.KeyRequest{Name: "all", Scopes: []promptz.Scope{promptz.ScopeWrite}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	byKey, err := d.signIn.AuthenticateBearer(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func(promptz.Principal) error{
		"make a key":       func(p promptz.Principal) error { return make(p, promptz.ScopeRead) },
		"revoke a key":     func(p promptz.Principal) error { return d.identity.DeleteOwnKey(t.Context(), p, byKey.KeyID) },
		"end a session":    func(p promptz.Principal) error { return d.signIn.DeleteSession(t.Context(), p, p.SessionID) },
		"end all sessions": func(p promptz.Principal) error { return d.signIn.DeleteSessions(t.Context(), p) },
		"erase":            func(p promptz.Principal) error { return d.identity.Erase(t.Context(), p, true) },
		"export":           func(p promptz.Principal) error { _, err := d.identity.ExportMe(t.Context(), p); return err },
		"change the address": func(p promptz.Principal) error {
			_, err := d.signIn.BeginAddress(t.Context(), p, "x@example.com", home)
			return err
		},
	} {
		wantCode(t, try(promptz.Principal{}), promptz.CodeUnauthenticated)
		if err := try(byKey); promptz.ErrorCode(err) != promptz.CodeForbidden {
			t.Errorf("%s by a key: %v", name, err)
		}
		d.clock.advance(promptz.FreshSignIn + time.Second)
		if err := try(p); promptz.ErrorCode(err) != promptz.CodeForbidden {
			t.Errorf("%s long after the sign-in: %v", name, err)
		}
		d.clock.advance(-promptz.FreshSignIn - time.Second)
	}
}

func TestOwnKeys(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, maria := d.enter(t, "maria@example.com")
	_, otto := d.enter(t, "otto@example.com")
	once := &promptz.Once{UserID: maria.UserID, Key: "k", Body: [32]byte{1}}
	request := promptz.KeyRequest{Name: "laptop", Scopes: []promptz.Scope{promptz.ScopeRead}}
	key, secret, replayed, err := d.identity.CreateOwnKey(t.Context(), maria, request, once)
	if err != nil || replayed || secret == "" {
		t.Fatalf("%v %t", err, replayed)
	}
	again, secret, replayed, err := d.identity.CreateOwnKey(t.Context(), maria, request, once)
	if err != nil || !replayed || secret != "" || again.ID != key.ID {
		t.Errorf("again: %+v %t %q %v", again, replayed, secret, err)
	}
	wantCode(t, d.identity.DeleteOwnKey(t.Context(), otto, key.ID), promptz.CodeNotFound)
	if err := d.identity.DeleteOwnKey(t.Context(), maria, key.ID); err != nil {
		t.Fatal(err)
	}
	_, _, _, err = d.identity.CreateOwnKey(t.Context(), maria, request, once)
	wantCode(t, err, promptz.CodeConflict) // what it made is gone
	var last error
	for range 30 {
		_, _, _, last = d.identity.CreateOwnKey(t.Context(), maria, request, nil)
	}
	wantCode(t, last, promptz.CodeRateLimited)
}

// An erased account is nobody's: not its tokens', not its keys', not the next
// one's with the same address, and its handle is never given again.
func TestErasedAccount(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, p := d.enter(t, "maria@example.com")
	_, err := d.identity.UpdateMe(t.Context(), p, func(*promptz.User) (promptz.ProfileEdit, error) {
		return promptz.ProfileEdit{Handle: "maria", Bio: "secret"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, secret := d.createKey(t, p.UserID)
	if err := d.identity.Erase(t.Context(), p, false); err != nil {
		t.Fatal(err)
	}
	_, err = d.identity.AuthenticateKey(t.Context(), secret)
	wantCode(t, err, promptz.CodeUnauthenticated)
	_, err = d.identity.FindUser(t.Context(), "maria")
	wantCode(t, err, promptz.CodeNotFound)
	_, again := d.enter(t, "maria@example.com")
	if again.UserID == p.UserID {
		t.Error("the account is back")
	}
	_, err = d.identity.UpdateMe(t.Context(), again, func(*promptz.User) (promptz.ProfileEdit, error) {
		return promptz.ProfileEdit{Handle: "Maria"}, nil
	})
	wantCode(t, err, promptz.CodeConflict)
	erased := &erasedItems{}
	for _, wait := range []time.Duration{0, time.Minute, time.Minute} {
		d.clock.advance(wait)
		if _, err := d.identity.EraseDue(t.Context(), erased); err != nil {
			t.Fatal(err)
		}
	}
	if len(erased.erasures) != 1 || erased.erasures[0].UserID != p.UserID || erased.erasures[0].KeepPublic {
		t.Errorf("erased %+v", erased.erasures)
	}
	for _, doc := range d.documents(t) {
		if doc["id"] == "user#"+p.UserID && (doc["bio"] != nil || doc["email"] != nil || doc["handle"] == "maria") {
			t.Errorf("what is left: %v", doc)
		}
	}
}

type erasedItems struct{ erasures []promptz.Erasure }

func (e *erasedItems) EraseOwned(_ context.Context, erasure promptz.Erasure) error {
	e.erasures = append(e.erasures, erasure)
	return nil
}

func TestSuspendedDoNotComeIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, p := d.enter(t, "maria@example.com")
	u, err := d.store.FindUser(t.Context(), p.UserID)
	if err != nil {
		t.Fatal(err)
	}
	begun, letter := d.ask(t, "maria@example.com")
	if _, err := d.identity.Suspend(t.Context(), u.Handle); err != nil {
		t.Fatal(err)
	}
	_, err = d.answer(t, begun.ChallengeID, letter.Code)
	wantCode(t, err, promptz.CodeForbidden)
	before := len(d.mails.to("maria@example.com"))
	if _, err := d.signIn.Begin(t.Context(), "maria@example.com", home); err != nil {
		t.Fatal(err)
	}
	if err := d.signIn.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := len(d.mails.to("maria@example.com")); after != before {
		t.Error("a mail went out")
	}
	if _, err := d.identity.Readmit(t.Context(), u.Handle); err != nil {
		t.Fatal(err)
	}
	d.enter(t, "maria@example.com")
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"maria@example.com": "maria@example.com", "Maria.X+tag@EXAMPLE.com": "maria.x+tag@example.com",
		"o'brien@example.com": "o'brien@example.com", "m@bücher.example": "m@xn--bcher-kva.example", "root@localhost": "root@localhost",
		"a@ｅxample.com": "a@example.com",
		"":              "", "maria": "", "@example.com": "", "maria@": "", "maria@@example.com": "", "a@b@example.com": "", "maria@example": "",
		"Maria <maria@example.com>": "", "maria@example.com ": "", " maria@example.com": "", "ma ria@example.com": "", "maria@exam ple.com": "",
		".maria@example.com": "", "maria.@example.com": "", "ma..ria@example.com": "", `"maria"@example.com`: "", "maria(x)@example.com": "",
		"maria@[127.0.0.1]": "", "maria@127.0.0.1": "", "maria@-example.com": "", "maria@example-.com": "", "maria@example..com": "", "maria@example.com.": "",
		"\u212Aim@example.com": "", "márta@example.com": "", "maria@example.com\r\nBcc: x@example.com": "", "maria@example.com\x00": "",
		strings.Repeat("a", 65) + "@example.com": "", "a@" + strings.Repeat("a.", 130) + "com": "", "a,b@example.com": "",
	} {
		got, err := identity.ParseAddress(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q gives %q, %v; want %q", in, got, err, want)
		}
		if err != nil {
			wantCode(t, err, promptz.CodeNotValid)
		}
	}
}

// FuzzParseAddress holds what comes out to what it promises.
func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"maria@example.com", "m@bücher.example", "\u212Aim@example.com", "a@ｅxample.com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := identity.ParseAddress(s)
		if err != nil {
			return
		}
		again, err := identity.ParseAddress(got)
		if err != nil || again != got || len(got) > 254 || got != strings.ToLower(got) || strings.ContainsAny(got, " <>\r\n\x00,;") {
			t.Errorf("%q gives %q, and that %q, %v", s, got, again, err)
		}
	})
}
