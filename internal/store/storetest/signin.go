package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
)

// guards are the stores' own tokens, which differ in what was written and read.
var guards = cmp.Options{
	cmpopts.IgnoreFields(promptz.Challenge{}, "Guard"), cmpopts.IgnoreFields(promptz.Session{}, "Guard"),
	cmpopts.IgnoreFields(promptz.Delivery{}, "Guard"), cmpopts.IgnoreFields(promptz.User{}, "Guard"),
	cmpopts.IgnoreFields(promptz.SealedKey{}, "Guard"),
}

func (f *fixture) newChallenge(t testing.TB) *promptz.Challenge {
	t.Helper()
	at := f.clock.advance(time.Second)
	return &promptz.Challenge{
		ID: newID(t), Purpose: promptz.PurposeSignIn, Email: "maria@example.com", CodeHash: []byte{1, 2}, LinkHash: []byte{3},
		Browser: []byte{4}, CreatedAt: at, ExpiresAt: at.Add(promptz.ChallengeLifetime),
	}
}

func (f *fixture) newDelivery(t testing.TB) *promptz.Delivery {
	t.Helper()
	at := f.clock.now()
	return &promptz.Delivery{ID: newID(t), Sealed: []byte("sealed"), DueAt: at, ExpiresAt: at.Add(time.Hour)}
}

func (f *fixture) createChallenge(t testing.TB) *promptz.Challenge {
	t.Helper()
	c := f.newChallenge(t)
	if err := f.identity.CreateChallenge(t.Context(), c, f.newDelivery(t)); err != nil {
		t.Fatal(err)
	}
	got, err := f.identity.FindChallenge(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got, guards); diff != "" {
		t.Fatalf("challenge (-written +read):\n%s", diff)
	}
	return got
}

func (f *fixture) newSession(t testing.TB, userID string) *promptz.Session {
	t.Helper()
	at := f.clock.now()
	return &promptz.Session{
		ID: newID(t), UserID: userID, Client: "curl", Network: "192.0.2.0/24", CookieHash: []byte{9},
		Refresh:    promptz.Refresh{Generation: 2, Hash: []byte{5}, Previous: []byte{6}, RotatedAt: at},
		SignedInAt: at, LastUsedAt: at, ExpiresAt: at.Add(promptz.SessionIdle),
	}
}

func testChallenges(t *testing.T, f *fixture) {
	c := f.createChallenge(t)
	next := *c
	next.Tries, next.State = 1, []byte("state")
	next.Proof = &promptz.Proof{Issuer: "https://id.example", Subject: "s", Email: "e", EmailVerified: true}
	if err := f.identity.UpdateChallenge(t.Context(), c, &next); err != nil {
		t.Fatal(err)
	}
	got, err := f.identity.FindChallenge(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&next, got, guards); diff != "" {
		t.Errorf("challenge (-written +read):\n%s", diff)
	}
	if err := f.identity.UpdateChallenge(t.Context(), c, &next); err != nil && !errors.Is(err, promptz.ErrStale) {
		t.Errorf("from an old state: %v", err)
	}
	other := *c
	other.Tries = 4
	if err := f.identity.UpdateChallenge(t.Context(), c, &other); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("another from an old state: %v, want ErrStale", err)
	}
	third := next // its guard is the present one
	third.Tries = 2
	if err := f.identity.UpdateChallenge(t.Context(), &next, &third); err != nil {
		t.Errorf("from the state that was just written: %v", err)
	}
	f.clock.advance(promptz.ChallengeLifetime)
	_, err = f.identity.FindChallenge(t.Context(), c.ID)
	wantCode(t, err, promptz.CodeNotFound)
}

// Of many who complete a challenge at once one does, whole.
func testCompleteRace(t *testing.T, f *fixture) {
	c := f.createChallenge(t)
	const callers = 30
	var done atomic.Int64
	users := make([]*promptz.User, callers)
	for i := range users {
		users[i] = f.newUser(t, "user-"+newID(t)[:8])
		users[i].Claims = []promptz.Claim{"email#one"}
	}
	errs := inParallel(callers, func(i int) error {
		err := f.identity.CompleteChallenge(context.WithoutCancel(t.Context()), promptz.SignIn{
			Challenge: c, NewUser: users[i], User: users[i], Session: f.newSession(t, users[i].ID),
			Device: &promptz.Device{Hash: []byte{byte(i)}, Claim: "email#one", ExpiresAt: f.clock.now().Add(time.Hour)},
		})
		if err == nil {
			done.Add(1)
		}
		return err
	})
	if done.Load() != 1 {
		t.Fatalf("%d completed it", done.Load())
	}
	for i, err := range errs {
		if err == nil {
			continue
		}
		if !errors.Is(err, promptz.ErrStale) && promptz.ErrorCode(err) != promptz.CodeConflict {
			t.Errorf("caller %d: %v", i, err)
		}
		if _, err := f.identity.FindUser(t.Context(), users[i].ID); promptz.ErrorCode(err) != promptz.CodeNotFound {
			t.Errorf("caller %d left a user: %v", i, err)
		}
	}
	winner, err := f.identity.FindUserByClaim(t.Context(), "email#one")
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := f.identity.FindSessions(t.Context(), winner.ID)
	if err != nil || len(sessions) != 1 {
		t.Errorf("%d sessions, %v", len(sessions), err)
	}
	if now, err := f.identity.FindChallenge(t.Context(), c.ID); err != nil || !now.Used {
		t.Errorf("the challenge is %+v, %v", now, err)
	}
}

// A known user is changed in the same write that uses the challenge up.
func testCompleteChangesUser(t *testing.T, f *fixture) {
	maria := f.createUser(t, "maria")
	next := *maria
	next.Email, next.Claims, next.Revision = "maria@example.com", []promptz.Claim{"email#m", "subject#s"}, 2
	c, session := f.createChallenge(t), f.newSession(t, maria.ID)
	notice := f.newDelivery(t)
	in := promptz.SignIn{Challenge: c, OldUser: maria, User: &next, Session: session, Queued: []*promptz.Delivery{notice}}
	if err := f.identity.CompleteChallenge(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	got, err := f.identity.FindUserByClaim(t.Context(), "subject#s")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&next, got, guards); diff != "" {
		t.Errorf("user (-written +read):\n%s", diff)
	}
	read, err := f.identity.FindSession(t.Context(), session.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(session, read, guards); diff != "" {
		t.Errorf("session (-written +read):\n%s", diff)
	}
	if device, err := f.identity.FindDevice(t.Context(), []byte{1}); promptz.ErrorCode(err) != promptz.CodeNotFound {
		t.Errorf("a device that is none: %+v, %v", device, err)
	}
}

func testClaims(t *testing.T, f *fixture) {
	maria := f.newUser(t, "maria")
	maria.Claims = []promptz.Claim{"email#a"}
	if err := f.identity.CreateUser(t.Context(), maria); err != nil {
		t.Fatal(err)
	}
	otto := f.newUser(t, "otto")
	otto.Claims = []promptz.Claim{"email#a"}
	wantCode(t, f.identity.CreateUser(t.Context(), otto), promptz.CodeConflict)
	if _, err := f.identity.FindUserByHandle(t.Context(), "otto"); promptz.ErrorCode(err) != promptz.CodeNotFound {
		t.Errorf("half of otto is there: %v", err)
	}
	old, err := f.identity.FindUserByClaim(t.Context(), "email#a")
	if err != nil {
		t.Fatal(err)
	}
	next := *old
	next.Claims, next.Revision = []promptz.Claim{"email#b"}, 2
	if err := f.identity.UpdateUser(t.Context(), old, &next); err != nil {
		t.Fatal(err)
	}
	_, err = f.identity.FindUserByClaim(t.Context(), "email#a")
	wantCode(t, err, promptz.CodeNotFound)
	otto = f.newUser(t, "ottilie") // memory keeps what of a list was written before it failed
	otto.Claims = []promptz.Claim{"email#a"}
	if err := f.identity.CreateUser(t.Context(), otto); err != nil { // it is free now
		t.Fatal(err)
	}
	now, err := f.identity.FindUserByClaim(t.Context(), "email#b")
	if err != nil {
		t.Fatal(err)
	}
	taking := *now
	taking.Claims, taking.Revision = []promptz.Claim{"email#b", "email#a"}, 3
	wantCode(t, f.identity.UpdateUser(t.Context(), now, &taking), promptz.CodeConflict)
}

func testSessions(t *testing.T, f *fixture) {
	c := f.createChallenge(t)
	u := f.newUser(t, "maria")
	s := f.newSession(t, u.ID)
	if err := f.identity.CompleteChallenge(t.Context(), promptz.SignIn{Challenge: c, NewUser: u, User: u, Session: s}); err != nil {
		t.Fatal(err)
	}
	old, err := f.identity.FindSession(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	next := *old
	next.Refresh.Generation, next.Refresh.Hash = 3, []byte{7}
	if err := f.identity.UpdateSession(t.Context(), old, &next); err != nil {
		t.Fatal(err)
	}
	other := *old
	other.Refresh.Generation = 9
	if err := f.identity.UpdateSession(t.Context(), old, &other); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("from an old state: %v, want ErrStale", err)
	}
	if err := f.identity.DeleteSession(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.identity.DeleteSession(t.Context(), s.ID); err != nil {
		t.Errorf("again: %v", err)
	}
	wantCode(t, f.identity.UpdateSession(t.Context(), &next, &other), promptz.CodeNotFound)
}

func testDeliveries(t *testing.T, f *fixture) {
	f.createChallenge(t)
	f.createChallenge(t)
	due, err := f.identity.FindDueDeliveries(t.Context(), 10)
	if err != nil || len(due) != 2 {
		t.Fatalf("%d are due, %v", len(due), err)
	}
	taken := *due[0]
	taken.Attempts, taken.DueAt = 1, f.clock.now().Add(time.Minute)
	if err := f.identity.UpdateDelivery(t.Context(), due[0], &taken); err != nil {
		t.Fatal(err)
	}
	second := taken
	second.Attempts = 5
	if err := f.identity.UpdateDelivery(t.Context(), due[0], &second); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("taken twice: %v, want ErrStale", err)
	}
	if now, err := f.identity.FindDueDeliveries(t.Context(), 10); err != nil || len(now) != 1 || now[0].ID != due[1].ID {
		t.Errorf("due while one is taken: %v, %v", now, err)
	}
	if err := f.identity.DeleteDelivery(t.Context(), due[1]); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(time.Minute)
	now, err := f.identity.FindDueDeliveries(t.Context(), 10)
	if err != nil || len(now) != 1 {
		t.Fatalf("due again: %v, %v", now, err)
	}
	if diff := cmp.Diff(&taken, now[0], guards); diff != "" {
		t.Errorf("delivery (-written +read):\n%s", diff)
	}
}
