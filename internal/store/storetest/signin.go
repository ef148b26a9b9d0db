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

func testErasure(t *testing.T, f *fixture) {
	maria := f.newUser(t, "maria")
	maria.Claims, maria.Email = []promptz.Claim{"email#a"}, "maria@example.com"
	if err := f.identity.CreateUser(t.Context(), maria); err != nil {
		t.Fatal(err)
	}
	old, err := f.identity.FindUser(t.Context(), maria.ID)
	if err != nil {
		t.Fatal(err)
	}
	erasure := promptz.Erasure{UserID: maria.ID, KeepPublic: true, At: f.clock.now()}
	for range 2 { // again, as when the answer was lost
		if err := f.identity.BeginErasure(t.Context(), old, erasure); err != nil {
			t.Fatal(err)
		}
	}
	_, err = f.identity.FindUser(t.Context(), maria.ID)
	wantCode(t, err, promptz.CodeNotFound)
	_, err = f.identity.FindUserByHandle(t.Context(), "maria")
	wantCode(t, err, promptz.CodeNotFound)
	_, err = f.identity.FindUserByClaim(t.Context(), "email#a")
	wantCode(t, err, promptz.CodeNotFound)
	if users, err := f.identity.FindUsers(t.Context(), []string{maria.ID}); err != nil || len(users) != 0 {
		t.Errorf("by ids: %v, %v", users, err)
	}
	wantCode(t, f.identity.UpdateUser(t.Context(), old, old), promptz.CodeNotFound)
	wantCode(t, f.identity.CreateUser(t.Context(), f.newUser(t, "Maria")), promptz.CodeConflict)

	f.clock.advance(time.Minute)
	due, err := f.identity.FindErasures(t.Context(), 10)
	if diff := cmp.Diff([]promptz.Erasure{erasure}, due); err != nil || diff != "" {
		t.Fatalf("due: %v\n%s", err, diff)
	}
	for range 2 {
		if err := f.identity.EndErasure(t.Context(), maria.ID); err != nil {
			t.Fatal(err)
		}
	}
	if due, err := f.identity.FindErasures(t.Context(), 10); err != nil || len(due) != 0 {
		t.Errorf("due after the end: %v, %v", due, err)
	}
}

func testSecrets(t *testing.T, f *fixture) {
	_, err := f.identity.FindRoot(t.Context())
	wantCode(t, err, promptz.CodeNotFound)
	if err := f.identity.CreateRoot(t.Context(), []byte("one")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, f.identity.CreateRoot(t.Context(), []byte("two")), promptz.CodeConflict)
	if err := f.identity.ReplaceRoot(t.Context(), []byte("two"), []byte("three")); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("of another state: %v, want ErrStale", err)
	}
	if err := f.identity.ReplaceRoot(t.Context(), []byte("one"), []byte("three")); err != nil {
		t.Fatal(err)
	}
	if got, err := f.identity.FindRoot(t.Context()); err != nil || string(got) != "three" {
		t.Errorf("root %q, %v", got, err)
	}
	var want []*promptz.SealedKey
	for n := range 3 {
		at := f.clock.advance(time.Hour)
		k := &promptz.SealedKey{ID: newID(t), Sealed: []byte{byte(n)}, PublishedAt: at, ActiveAt: at, ExpiresAt: at.Add(time.Hour)}
		if err := f.identity.CreateSigningKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		want = append([]*promptz.SealedKey{k}, want...)
	}
	got, err := f.identity.FindSigningKeys(t.Context())
	if diff := cmp.Diff(want, got, guards); err != nil || diff != "" {
		t.Fatalf("signing keys: %v\n%s", err, diff)
	}
	next := *got[0]
	next.ExpiresAt = next.ExpiresAt.Add(time.Hour)
	if err := f.identity.ReplaceSigningKey(t.Context(), got[0], &next); err != nil {
		t.Fatal(err)
	}
	if err := f.identity.DeleteSigningKey(t.Context(), got[1].ID); err != nil {
		t.Fatal(err)
	}
	got, err = f.identity.FindSigningKeys(t.Context())
	if diff := cmp.Diff([]*promptz.SealedKey{&next, want[2]}, got, guards); err != nil || diff != "" {
		t.Errorf("signing keys: %v\n%s", err, diff)
	}
}

func testKeyOnce(t *testing.T, f *fixture) {
	once := &promptz.Once{UserID: "maria", Key: "k", Body: [32]byte{1}}
	at := f.clock.now()
	k := &promptz.Key{ID: newID(t), UserID: "maria", Name: "laptop", Hash: [32]byte{1, 9}, Last4: "abcd", Scopes: []promptz.Scope{promptz.ScopeRead}, CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
	if id, err := f.identity.FindKeyOnce(t.Context(), once); id != "" || err != nil {
		t.Errorf("before: %q, %v", id, err)
	}
	if err := f.identity.CreateKey(t.Context(), k, once); err != nil {
		t.Fatal(err)
	}
	second := *k
	second.ID, second.Hash = newID(t), [32]byte{2, 9}
	if err := f.identity.CreateKey(t.Context(), &second, once); !errors.Is(err, promptz.ErrAlreadyDone) {
		t.Errorf("again: %v, want ErrAlreadyDone", err)
	}
	if id, err := f.identity.FindKeyOnce(t.Context(), once); id != k.ID || err != nil {
		t.Errorf("after: %q, %v", id, err)
	}
	_, err := f.identity.FindKeyOnce(t.Context(), &promptz.Once{UserID: "maria", Key: "k", Body: [32]byte{2}})
	wantCode(t, err, promptz.CodeNotValid)
}

// Limits hold across processes: of many at once exactly as many pass as may.
func testLimits(t *testing.T, f *fixture) {
	rate := promptz.Rate{Burst: 5, Window: time.Minute}
	var passed atomic.Int64
	for i, err := range inParallel(20, func(int) error {
		wait, err := f.ephemeral.Take(context.WithoutCancel(t.Context()), "key", rate)
		if err == nil && wait == 0 {
			passed.Add(1)
		}
		return err
	}) {
		if err != nil && promptz.ErrorCode(err) != promptz.CodeUnavailable { // contention may outlast the deadline
			t.Errorf("caller %d: %v", i, err)
		}
	}
	if passed.Load() != 5 {
		t.Errorf("%d of 20 passed, want 5", passed.Load())
	}
	wait, err := f.ephemeral.Take(t.Context(), "key", rate)
	if err != nil || wait <= 0 || wait > 12*time.Second {
		t.Errorf("the next waits %v, %v", wait, err)
	}
	if wait, err := f.ephemeral.Take(t.Context(), "another", rate); err != nil || wait != 0 {
		t.Errorf("another key waits %v, %v", wait, err)
	}
	f.clock.advance(12 * time.Second)
	if wait, err := f.ephemeral.Take(t.Context(), "key", rate); err != nil || wait != 0 {
		t.Errorf("after a fifth of the window it waits %v, %v", wait, err)
	}
	f.clock.advance(-time.Hour) // a clock that jumps back lets nobody through sooner
	if wait, err := f.ephemeral.Take(t.Context(), "key", rate); err != nil || wait <= 0 {
		t.Errorf("after the clock jumped back it waits %v, %v", wait, err)
	}
}

func testLeases(t *testing.T, f *fixture) {
	acquire := func(holder string) bool {
		t.Helper()
		ok, err := f.ephemeral.AcquireLease(context.WithoutCancel(t.Context()), "work", holder, time.Minute)
		if err != nil {
			t.Errorf("%s: %v", holder, err)
		}
		return ok
	}
	var got atomic.Int64
	inParallel(10, func(i int) error {
		if acquire(string(rune('a' + i))) {
			got.Add(1)
		}
		return nil
	})
	if got.Load() != 1 {
		t.Fatalf("%d have the lease", got.Load())
	}
	f.clock.advance(time.Minute)
	if !acquire("first") || acquire("second") || !acquire("first") {
		t.Error("after its end it is not the first's alone")
	}
	if err := f.ephemeral.ReleaseLease(t.Context(), "work", "second"); err != nil {
		t.Fatal(err)
	}
	if acquire("second") {
		t.Error("somebody else gave it back")
	}
	if err := f.ephemeral.ReleaseLease(t.Context(), "work", "first"); err != nil {
		t.Fatal(err)
	}
	if !acquire("second") {
		t.Error("it was not given back")
	}
}

func testEphemeralExpiry(t *testing.T, f *fixture) {
	if f.ttl {
		t.Skip("the store removes what has expired itself")
	}
	if _, err := f.ephemeral.Take(t.Context(), "key", promptz.Rate{Burst: 1, Window: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if swept, err := f.ephemeral.Sweep(t.Context()); err != nil || swept.Expired != 0 {
		t.Errorf("too early: %+v, %v", swept, err)
	}
	f.clock.advance(2 * time.Minute)
	if swept, err := f.ephemeral.Sweep(t.Context()); err != nil || swept.Expired != 1 {
		t.Errorf("swept %+v, %v", swept, err)
	}
}

func testHeld(t *testing.T, f *fixture) {
	item := f.newItem(t, promptz.KindPrompt, "maria")
	item.Held = &promptz.Hold{Reason: "spam", By: "moderator", At: f.clock.now()}
	if err := f.library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	got, err := f.library.FindItem(t.Context(), item.ID, true)
	if diff := cmp.Diff(item.Held, got.Held); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
