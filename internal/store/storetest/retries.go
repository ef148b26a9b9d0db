package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
)

// newRetry makes an event that a consumer failed at once.
func (f *fixture) newRetry(t testing.TB, consumer string) promptz.Retry {
	t.Helper()
	at := f.clock.advance(time.Millisecond)
	return promptz.Retry{
		Consumer: consumer, Attempts: 1, DueAt: at.Add(time.Second), FailedAt: at, Reason: "it was Monday",
		Event: promptz.Event{
			ID: newID(t), Type: promptz.EventItemMilestone, Audience: promptz.AudiencePublic, At: at, Number: 7,
			ItemID: newID(t), Kind: promptz.KindAgent, Version: 3, ActorID: "somebody", Milestone: 100, Imported: true,
		},
	}
}

func (f *fixture) keep(t testing.TB, r promptz.Retry) {
	t.Helper()
	if err := f.library.CreateRetry(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// due gives the retries whose time has come.
func (f *fixture) due(t testing.TB, limit int) []promptz.Retry {
	t.Helper()
	due, err := f.library.FindDueRetries(t.Context(), limit)
	if err != nil {
		t.Fatal(err)
	}
	return due
}

var ignoreRetryGuard = cmpopts.IgnoreFields(promptz.Retry{}, "Guard")

func testRetries(t *testing.T, f *fixture) {
	r := f.newRetry(t, "count")
	f.keep(t, r)
	other := r
	other.Consumer = "purge" // another consumer's own
	f.keep(t, other)
	again := r
	again.Attempts, again.Reason = 5, "kept already"
	f.keep(t, again)
	if due := f.due(t, 10); len(due) != 0 {
		t.Errorf("%d are due before their time", len(due))
	}
	f.clock.advance(time.Second)
	due := f.due(t, 10)
	slices.SortFunc(due, func(a, b promptz.Retry) int { return strings.Compare(a.Consumer, b.Consumer) })
	if diff := cmp.Diff([]promptz.Retry{r, other}, due, ignoreRetryGuard); diff != "" {
		t.Fatalf("due (-want +got):\n%s", diff)
	}
	next, late := due[0], due[0]
	next.Attempts, next.DueAt = 2, f.clock.now().Add(time.Minute)
	if err := f.library.UpdateRetry(t.Context(), &next); err != nil {
		t.Fatal(err)
	}
	if err := f.library.UpdateRetry(t.Context(), &late); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("another process tried it too: %v", err)
	}
	if err := f.library.DeleteRetry(t.Context(), &late); err != nil {
		t.Errorf("another process is done with it: %v", err)
	}
	if err := f.library.DeleteRetry(t.Context(), &due[1]); err != nil {
		t.Fatal(err)
	}
	if due := f.due(t, 10); len(due) != 0 {
		t.Errorf("due are %+v, want none for a minute", due)
	}
	f.clock.advance(time.Minute)
	if due := f.due(t, 10); len(due) != 1 || due[0].Attempts != 2 {
		t.Errorf("due are %+v, want the second attempt", due)
	}
	if err := f.library.DeleteRetry(t.Context(), &next); err != nil {
		t.Fatal(err)
	}
	wantCode(t, f.library.UpdateRetry(t.Context(), &next), promptz.CodeNotFound)
	f.wantEmpty(t)
}

// testRetriesComeInTurn keeps more than are taken at a time: those that are due
// first come first, and none that is due is left behind those that are not.
func testRetriesComeInTurn(t *testing.T, f *fixture) {
	var want []string
	for i := range 5 {
		r := f.newRetry(t, "count")
		r.DueAt = f.clock.now().Add(time.Duration(5-i) * time.Second)
		f.keep(t, r)
		want = append([]string{r.Event.ID}, want...)
	}
	later := f.newRetry(t, "count")
	later.DueAt = f.clock.now().Add(time.Hour)
	f.keep(t, later)
	f.clock.advance(10 * time.Second)
	var got []string
	for due := f.due(t, 2); len(due) > 0; due = f.due(t, 2) {
		for _, r := range due {
			got = append(got, r.Event.ID)
			if err := f.library.DeleteRetry(t.Context(), &r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in turn (-want +got):\n%s", diff)
	}
}

func testDeadLetters(t *testing.T, f *fixture) {
	var dead []promptz.Retry
	for i := range 3 {
		r := f.newRetry(t, "count")
		f.keep(t, r)
		f.clock.advance(time.Second)
		tried := f.due(t, 10)
		if len(tried) != 1 {
			t.Fatalf("%d are due", len(tried))
		}
		tried[0].Dead, tried[0].Attempts, tried[0].FailedAt = true, 8, f.clock.now()
		tried[0].Reason = fmt.Sprint("for the last time ", i)
		if err := f.library.UpdateRetry(t.Context(), &tried[0]); err != nil {
			t.Fatal(err)
		}
		dead = append([]promptz.Retry{tried[0]}, dead...)
	}
	f.keep(t, dead[0]) // its event comes again: it stays dead
	f.clock.advance(365 * 24 * time.Hour)
	if due := f.due(t, 10); len(due) != 0 {
		t.Errorf("what is given up is due: %+v", due)
	}
	got, err := f.library.FindDeadRetries(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dead, got, ignoreRetryGuard); diff != "" {
		t.Errorf("dead (-want +got):\n%s", diff)
	}
	if got, err := f.library.FindDeadRetries(t.Context(), 2); err != nil || len(got) != 2 || got[0].Event.ID != dead[0].Event.ID {
		t.Errorf("the last two are %+v, %v", got, err)
	}
	f.redrive(t, dead[1])
}

// redrive has a dead letter tried again.
func (f *fixture) redrive(t *testing.T, r promptz.Retry) {
	t.Helper()
	for range 2 { // the second time it is tried anyway
		if err := f.library.RedriveRetry(t.Context(), r.Consumer, r.Event.ID); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, f.library.RedriveRetry(t.Context(), r.Consumer, newID(t)), promptz.CodeNotFound)
	due := f.due(t, 10)
	if len(due) != 1 || due[0].Event.ID != r.Event.ID || due[0].Dead || due[0].Attempts != 0 || due[0].Reason != r.Reason {
		t.Errorf("redriven is %+v", due)
	}
	if left, err := f.library.FindDeadRetries(t.Context(), 10); err != nil || len(left) != 2 {
		t.Errorf("%d are dead still, %v", len(left), err)
	}
}

// testRetryReason keeps reasons that are long, and cut within a character.
func testRetryReason(t *testing.T, f *fixture) {
	r := f.newRetry(t, "count")
	r.Reason = "x" + strings.Repeat("ä", 10_000) + "\x00\xff"
	f.keep(t, r)
	f.clock.advance(time.Second)
	got := f.due(t, 1)
	if len(got) != 1 || len(got[0].Reason) > 1000 || len(got[0].Reason) < 900 || !utf8.ValidString(got[0].Reason) {
		t.Errorf("kept is %+v", got)
	}
}

// testRetriesInParallel lets many processes keep and try the same events.
func testRetriesInParallel(t *testing.T, f *fixture) {
	const processes, n = 5, 4
	var retries []promptz.Retry
	for range n {
		retries = append(retries, f.newRetry(t, "count"))
	}
	for _, err := range inParallel(processes, func(int) error {
		var errs []error
		for _, r := range retries {
			errs = append(errs, f.library.CreateRetry(t.Context(), r))
		}
		return errors.Join(errs...)
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	f.clock.advance(time.Second)
	due := f.due(t, 10)
	if len(due) != n {
		t.Fatalf("%d are due, want %d", len(due), n)
	}
	won := 0
	for _, err := range inParallel(processes, func(process int) error {
		next := due[0]
		next.Attempts, next.Reason = 2, fmt.Sprint("process ", process)
		return f.library.UpdateRetry(t.Context(), &next)
	}) {
		if err == nil {
			won++
		} else if !errors.Is(err, promptz.ErrStale) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d processes wrote the next state of one, want 1", won)
	}
}
