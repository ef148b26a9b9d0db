package identity_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"promptz/internal/identity"
	"promptz/internal/identity/token"
	"promptz/internal/promptz"
)

// door is the sign-in of a world, with a mailer that tests read.
type door struct {
	*world
	signIn *identity.SignIn
	mails  *mails
	log    *strings.Builder
}

const publicURL = "https://prompts.example.com"

// newDoor makes a sign-in. change changes what it is made of.
func newDoor(t testing.TB, change ...func(*identity.SignInDeps)) *door {
	t.Helper()
	w := newWorld(t)
	d := &door{world: w, mails: new(mails), log: new(strings.Builder)}
	if err := w.secrets.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.signIn = d.open(t, w.identity, change...)
	return d
}

// open makes another sign-in of the same deployment, as another process has it.
func (d *door) open(t testing.TB, accounts *identity.Service, change ...func(*identity.SignInDeps)) *identity.SignIn {
	t.Helper()
	deps := identity.SignInDeps{
		Store: d.store, Accounts: accounts, Counters: d.limits, Secrets: d.secrets,
		Tokens:   token.NewIssuer(publicURL, d.secrets, d.clock.now, rand.Reader),
		Provider: identity.Provider{Codes: identity.NewLocal(d.secrets, d.mails, rand.Reader), TrustEmail: true},
		Policy:   identity.Policy{PublicURL: publicURL},
		Log:      slog.New(slog.NewTextHandler(&locked{b: d.log}, nil)), Now: d.clock.now, Random: rand.Reader,
	}
	for _, c := range change {
		c(&deps)
	}
	s, err := identity.NewSignIn(deps)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// locked lets several write a log.
type locked struct {
	mu sync.Mutex
	b  *strings.Builder
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// mails keeps letters instead of sending them.
type mails struct {
	mu      sync.Mutex
	letters []promptz.Letter
	fail    error
}

func (m *mails) Send(_ context.Context, l promptz.Letter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.letters = append(m.letters, l)
	return nil
}

// to gives the letters to an address, the last one last.
func (m *mails) to(address string) []promptz.Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	var to []promptz.Letter
	for _, l := range m.letters {
		if l.To == address {
			to = append(to, l)
		}
	}
	return to
}

// asker is somebody at an address of the Internet.
func asker(addr string) promptz.Asker {
	network, err := netip.MustParseAddr(addr).Prefix(24)
	if err != nil {
		panic(err)
	}
	return promptz.Asker{Client: "curl/8", Network: network}
}

var home = asker("192.0.2.7")

// ask begins a sign-in and gives the letter that comes of it.
func (d *door) ask(t testing.TB, email string) (promptz.Begun, promptz.Letter) {
	t.Helper()
	begun, err := d.signIn.Begin(t.Context(), email, home)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.signIn.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, l := range d.mails.letters {
		if l.ID == begun.ChallengeID {
			return begun, l
		}
	}
	t.Fatalf("no letter to %s", email)
	return begun, promptz.Letter{}
}

func (d *door) answer(t testing.TB, challenge, code string) (*promptz.Grant, error) {
	t.Helper()
	return d.signIn.Answer(t.Context(), promptz.Principal{}, promptz.AnswerRequest{
		ChallengeID: challenge, Code: code, Transport: promptz.TransportTokens, Asker: home,
	})
}

// enter signs somebody in and gives tokens and who they are.
func (d *door) enter(t testing.TB, email string) (*promptz.Grant, promptz.Principal) {
	t.Helper()
	begun, letter := d.ask(t, email)
	grant, err := d.answer(t, begun.ChallengeID, letter.Code)
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.signIn.AuthenticateBearer(t.Context(), grant.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	return grant, p
}

// wrong gives another code than this.
func wrong(code string) string {
	return code[:len(code)-1] + string('0'+(code[len(code)-1]-'0'+1)%10)
}
