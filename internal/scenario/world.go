package scenario

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"
)

// world is what one scenario has: its test, and whom it makes.
type world struct {
	*testing.T
	*suite
	anybody *caller
}

// newWord draws six letters and digits.
func newWord() string { return strings.ToLower(rand.Text()[:6]) }

// unique gives a word of at most 20 characters that begins with a short one and
// that nothing else in this run, nor in another, is called.
func (w *world) unique(word string) string {
	return fmt.Sprintf("%s-%s%d", word, w.run, w.last.Add(1))
}

// user makes a user with a key that reads and writes.
func (w *world) user(name string) *caller {
	w.Helper()
	handle := w.Accounts.NewUser(w, w.unique(name), RoleUser)
	return w.as(handle, w.Accounts.NewKey(w, handle, "read", "write"))
}

// key is another key of a user, with those scopes.
func (c *caller) key(scopes ...string) *caller {
	c.w.Helper()
	return c.w.as(c.handle, c.w.Accounts.NewKey(c.w, c.handle, scopes...))
}

// signIn makes a user by signing in.
func (w *world) signIn(name string) *caller {
	w.Helper()
	c := w.as("", w.Accounts.SignIn(w, w.unique(name)+"@example.com"))
	c.handle = read[account](c.get("/v1/me")).Handle
	return c
}

// moderator and admin are the run's own; no scenario changes them.
func (w *world) moderator() *caller { return w.member(RoleModerator) }
func (w *world) admin() *caller     { return w.member(RoleAdmin) }

func (w *world) member(role string) *caller {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.staff[role]
	if known == nil {
		handle := w.Accounts.NewUser(w, w.unique(role[:5]), role)
		known = w.as(handle, w.Accounts.NewKey(w, handle, "read", "write", "admin"))
		w.staff[role] = known
	}
	return w.as(known.handle, known.token)
}

func (w *world) as(handle, token string) *caller {
	return &caller{w: w, handle: handle, token: token, agent: w.unique("agent")}
}

// visitor is somebody who is not signed in, as seen from another machine.
func (w *world) visitor() *caller { return &caller{w: w, agent: w.unique("visitor")} }

// What the contract lets be late.
const (
	revokedLate  = 5 * time.Second  // a credential that is refused
	viewsLate    = 10 * time.Second // views
	ranksLate    = 40 * time.Second // the order of popular and trending
	profilesLate = time.Minute      // who somebody is, on their items
	erasedLate   = time.Minute      // what an account leaves
)

// soon asks until what holds, at most as long as the deployment may be late.
func (w *world) soon(what string, holds func() bool) {
	w.Helper()
	w.within(0, what, holds)
}

// pause is how long is waited before asking again.
const pause = 25 * time.Millisecond

// within is soon for what the contract lets be late itself.
func (w *world) within(late time.Duration, what string, holds func() bool) {
	w.Helper()
	begun := time.Now()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for !holds() {
		if time.Since(begun) > late+w.Settle {
			w.Fatalf("%v later, this still does not hold: %s", time.Since(begun).Round(time.Millisecond), what)
		}
		<-tick.C
	}
}
