package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
	"promptz/internal/workflow/machines"
)

// rescoredWithin is how late an item may be rescored, and whatever else follows from an
// event may be done: after the window of time in which it was copied, or after a
// message was hidden for hiddenFor, on a busy machine.
const rescoredWithin = 3 * time.Minute

// TestDeployedOnAWS tries the functions through an HTTP API: the newcomer's walk, for
// which nothing may be there yet, and then the scenarios, while events are followed.
func TestDeployedOnAWS(t *testing.T) {
	d := deployOutside(t)
	t.Run("walk", func(t *testing.T) { walk(t, d.url, d.flags(t)...) })
	t.Run("scenarios", func(t *testing.T) {
		t.Parallel()
		runSettling(t, rescoredWithin, d.url, newByShell(t, d.url, d.dir, d.flags(t)...), deployedCannot)
	})
	t.Run("events", func(t *testing.T) {
		t.Parallel()
		d.checkEvents(t)
	})
}

// deployedCannot are the scenarios that can't pass there.
var deployedCannot = map[string]string{
	"changes/wait":                                        neverWaits,
	"changes/wait for nothing":                            neverWaits,
	"streams/give what happens":                           oneBatch,
	"streams/give what there is and go on after the last": oneBatch,
	"caches/pages elsewhere can't read answers":           preflights,
	"refusals/methods that are not there":                 preflights,
	"refusals/paths that are not there":                   "an HTTP API decodes a path before the function sees it: %2F is a slash",
	"bodies/strict JSON or unreadable":                    "an HTTP API hands JSON over as text, in which what was no UTF-8 is mended",
}

const (
	neverWaits = "a function never waits: it answers at once with what there is"
	oneBatch   = "a function answers with what there is and ends; a client comes again, which the scenario does not"
	preflights = "ministack answers OPTIONS itself; AWS leaves it to the function of an API without CORS"
)

// checkEvents follows events through the functions: a copy is counted and its item
// rescored, what was published is written as a file, who is new gets a mail, and so
// does who has made what ten people star, each by its machine on somebody else's Step
// Functions.
func (d *deployment) checkEvents(t *testing.T) {
	t.Helper()
	maria := d.signIn(t, "maria@example.com")
	made := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Copied"))
	path := made.header.Get("Location")
	maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Left alone"))
	for _, key := range append(d.newKeys(t, int(promptz.Milestones[0])-1), maria.key) {
		client{t, d.url, key}.expecting(http.StatusOK, http.MethodPut, path+"/star", nil)
	}
	maria.expecting(http.StatusOK, http.MethodPost, path+"/copies", nil)
	maria.awaitCopies(path, 1)
	for _, machine := range []string{machines.Publication, machines.Welcome, machines.Interaction} {
		eventually(t, rescoredWithin, func() error {
			if failed := d.executions(t, machine, "failed"); len(failed) > 0 {
				t.Fatalf("%s failed: %+v", machine, failed)
			}
			if len(d.executions(t, machine, "succeeded")) == 0 {
				return fmt.Errorf("no execution of %s succeeded", machine)
			}
			return nil
		})
	}
	eventually(t, rescoredWithin, func() error {
		names := maria.names("/v1/prompts?sort=popular")
		if copied := slices.Index(names, "Copied"); copied < 0 || slices.Contains(names[:copied], "Left alone") {
			return fmt.Errorf("the popular ones are %q", names)
		}
		return nil
	})
	maria.awaitTold("items", promptz.EventItemMilestone, made.member(t, "id"))
	d.awaitMail(t, "maria@example.com", greeting)
	d.awaitMail(t, "maria@example.com", "10 people")
	d.checkPoison(t, path)
}

// greeting is in the mail to who is new.
const greeting = "Subject: Welcome"

// signIn lets somebody in by a code in a mail; each address once, since a second code
// looks like the first.
func (d *deployment) signIn(t testing.TB, email string) client {
	t.Helper()
	c := client{t: t, url: d.url}
	c.key = byMails(d.mails)(c, email).access
	return c
}

// newKeys makes users beside the functions, and gives a key of each.
func (d *deployment) newKeys(t testing.TB, n int) (keys []string) {
	t.Helper()
	tools, cleanup := openTools(t, d.environ(t)...)
	defer cleanup()
	for i := range n {
		u, err := tools.Identity.CreateUser(t.Context(), fmt.Sprintf("fan%d", i), promptz.RoleUser, "")
		if err != nil {
			t.Fatal(err)
		}
		_, key, err := tools.Identity.CreateKey(t.Context(), promptz.KeyRequest{UserID: u.ID, Name: "test", Scopes: []promptz.Scope{promptz.ScopeRead, promptz.ScopeWrite}})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

// awaitTold waits until a feed tells of an event of a type about something, "" is
// anything.
func (c client) awaitTold(feed string, kind promptz.EventType, subject string) {
	c.t.Helper()
	eventually(c.t, carriedWithin, func() error {
		a := c.expecting(http.StatusOK, http.MethodGet, "/v1/changes?cursor=0&feed="+feed+"&types="+string(kind), nil)
		var page struct{ Items []struct{ Subject string } }
		if err := json.Unmarshal([]byte(a.body), &page); err != nil {
			c.t.Fatal(err)
		}
		for _, e := range page.Items {
			if subject == "" || e.Subject == subject {
				return nil
			}
		}
		return fmt.Errorf("no %s of %s in the feed %s:\n%s", kind, subject, feed, a.body)
	})
}

// awaitMail waits until somebody has got a mail that says so, and sees that it is the
// only one.
func (d *deployment) awaitMail(t testing.TB, email, says string) {
	t.Helper()
	eventually(t, rescoredWithin, func() error {
		if d.countMails(t, email, says) == 0 {
			return fmt.Errorf("nobody told %s %q:\n%s", email, says, strings.Join(d.mails(t), "\n"))
		}
		return nil
	})
	if n := d.countMails(t, email, says); n != 1 {
		t.Errorf("%s was told %q %d times", email, says, n)
	}
}

// countMails counts the mails to somebody that say so.
func (d *deployment) countMails(t testing.TB, email, says string) (n int) {
	t.Helper()
	for _, mail := range d.mails(t) {
		if strings.Contains(mail, "<"+email+">") && strings.Contains(mail, says) {
			n++
		}
	}
	return n
}

const (
	// poison can never be handled.
	poison = "no event at all"
	// harmless is an event by which nobody does anything.
	harmless = `{"specversion":"1.0","id":"harmless","source":"http://127.0.0.1","type":"promptz.item.created",` +
		`"datacontenttype":"application/json","data":{"id":"zzzzzzzzzzzz","kind":"prompt","version":1},"audience":"public","sequence":"1"}`
)

// layPoison lays poison into the queue before anybody reads it, and beside it what is
// harmless, so that the function gets both in one batch. By then they have been
// received as often as they may be but for once: each delivery of poison takes
// hiddenFor, and this way there is one, which is nearly over when checkPoison comes.
func (d *deployment) layPoison(t *testing.T, attempts int) {
	t.Helper()
	for _, body := range []string{poison, harmless} {
		if err := awstest.SendMessage(t.Context(), d.at.Config(), d.queue, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := awstest.ReceiveInVain(t.Context(), d.at.Config(), d.queue, attempts-1); err != nil {
		t.Fatal(err)
	}
}

// checkPoison waits until poison is among the queue's dead letters: it alone, and
// everything else goes on.
func (d *deployment) checkPoison(t *testing.T, path string) {
	t.Helper()
	anybody := client{t: t, url: d.url}
	anybody.expecting(http.StatusOK, http.MethodPost, path+"/copies", nil)
	anybody.awaitCopies(path, 2)
	dead := map[string]bool{} // all that were ever seen: what was received hides for a while
	eventually(t, rescoredWithin, func() error {
		bodies, err := awstest.ReceiveMessages(t.Context(), d.at.Config(), d.dead)
		for _, body := range bodies {
			dead[body] = true
		}
		if err == nil && !dead[poison] {
			err = fmt.Errorf("the dead letters are %q", slices.Sorted(maps.Keys(dead)))
		}
		return err
	})
	if len(dead) > 1 {
		t.Errorf("the dead letters are %q", slices.Sorted(maps.Keys(dead)))
	}
}
