package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"promptz/internal/awstest"
	"promptz/internal/workflow/machines"
)

// rescoredWithin is how late an item may be rescored: after the window of time in
// which it was copied, on a busy machine.
const rescoredWithin = 2 * time.Minute

// TestWalkDeployedOnAWS is the newcomer's walk through an HTTP API and a function.
func TestWalkDeployedOnAWS(t *testing.T) {
	d := deployOutside(t)
	walk(t, d.url, d.flags...)
}

// TestScenariosDeployedOnAWS runs them through an HTTP API and functions.
func TestScenariosDeployedOnAWS(t *testing.T) {
	d := deployOutside(t)
	runScenarios(t, d.url, newByShell(t, d.url, d.dir, d.flags...), deployedCannot)
}

// deployedCannot are the scenarios that can't pass there.
var deployedCannot = map[string]string{
	"changes/wait for nothing":                            "a function never waits: it answers at once with what there is",
	"streams/give what happens":                           oneBatch,
	"streams/give what there is and go on after the last": oneBatch,
	"caches/pages elsewhere can't read answers":           preflights,
	"refusals/methods that are not there":                 preflights,
	"refusals/paths that are not there":                   "an HTTP API decodes a path before the function sees it: %2F is a slash",
	"bodies/strict JSON or unreadable":                    "an HTTP API hands JSON over as text, in which what was no UTF-8 is mended",
}

const (
	oneBatch   = "a function answers with what there is and ends; a client comes again, which the scenario does not"
	preflights = "ministack answers OPTIONS itself; AWS leaves it to the function of an API without CORS"
)

// TestEventsDeployedOnAWS follows events through the functions: a copy is counted and
// its item rescored, what was published is written as a file, and who is new gets a
// mail, each by its machine on somebody else's Step Functions.
func TestEventsDeployedOnAWS(t *testing.T) {
	deployOutside(t).checkEvents(t)
}

// checkEvents follows them through a deployment.
func (d *deployment) checkEvents(t *testing.T) {
	t.Helper()
	outbox := filepath.Join(d.dir, "outbox")
	maria := client{t, d.url, byMail(outbox)(client{t: t, url: d.url}, "maria@example.com").access}
	path := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Copied")).header.Get("Location")
	maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Left alone"))
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
		if names := maria.names("/v1/prompts?sort=popular"); names[0] != "Copied" {
			return fmt.Errorf("the popular ones are %q", names)
		}
		return nil
	})
	if mails := readOutbox(t, outbox); !strings.Contains(strings.Join(mails, "\n"), "Subject: Welcome") {
		t.Errorf("nobody was greeted:\n%s", strings.Join(mails, "\n"))
	}
	d.checkPoison(t, path)
}

// checkPoison sends what can never be handled: it ends in the queue's dead letters,
// and everything else goes on.
func (d *deployment) checkPoison(t *testing.T, path string) {
	t.Helper()
	const poison = "no event at all"
	if err := awstest.SendMessage(t.Context(), d.at.Config(), d.queue, poison); err != nil {
		t.Fatal(err)
	}
	anybody := client{t: t, url: d.url}
	anybody.expecting(http.StatusOK, http.MethodPost, path+"/copies", nil)
	anybody.awaitCopies(path, 2)
	eventually(t, carriedWithin, func() error {
		bodies, err := awstest.ReceiveMessages(t.Context(), d.at.Config(), d.dead)
		if err == nil && (len(bodies) != 1 || bodies[0] != poison) {
			err = fmt.Errorf("the dead letters are %q", bodies)
		}
		return err
	})
}
