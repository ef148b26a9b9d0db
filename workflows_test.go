package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gocloud.dev/gcerrors"

	"promptz/internal/config"
	"promptz/internal/events"
	"promptz/internal/mail"
	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/workflow/activities"
	"promptz/internal/workflow/machines"
)

// floor is a server's workflows on real stores, with a clock that tests move on.
type floor struct {
	items     *store.Library
	users     *store.Identity
	clock     *ticking
	do        activities.Deps
	runner    runner
	consumers []events.Consumer
	outbox    string
}

func newFloor(t *testing.T) *floor {
	t.Helper()
	dir := t.TempDir()
	cfg, err := LoadConfig(new(config.Flags), []string{"PROMPTZ_DATA=" + dir})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	docs, f := newDocuments(log), &floor{clock: testClock(), outbox: filepath.Join(dir, "outbox")}
	items, closeItems, err := openLibrary(t.Context(), data{}, cfg, docs, f.clock.now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeItems)
	users, closeUsers, err := openIdentity(t.Context(), data{}, cfg, docs, f.clock.now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeUsers)
	bucket, closeBucket, err := openBucket(t.Context(), data{}, cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeBucket)
	sender, err := mail.OpenFileSender(&url.URL{Scheme: "file", Path: f.outbox}, log, f.clock.now)
	if err != nil {
		t.Fatal(err)
	}
	mailer, err := newMailer(cfg, "https://prompts.example.com", sender)
	if err != nil {
		t.Fatal(err)
	}
	f.items, f.users = items, users
	f.do = newActivities(items, users, mailer, bucket, f.clock.now)
	if f.runner, err = newRunner(t.Context(), cfg, items, f.do, log, f.clock.now, rand.Reader); err != nil {
		t.Fatal(err)
	}
	f.consumers = newConsumers(items, nil, nil, newStarter(f.runner, f.clock.now), f.do, f.clock.now)
	f.work(t)
	return f
}

// work runs what is due until the test ends.
func (f *floor) work(t *testing.T) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); f.runner.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
}

// deliver numbers what has happened and hands it to all consumers, twice. It gives
// the events.
func (f *floor) deliver(t *testing.T, log *store.Log) []promptz.Event {
	t.Helper()
	appended, err := log.AppendEvents(t.Context(), log.TakeFresh(1000))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, c := range f.consumers {
			var wanted []promptz.Event
			for _, e := range appended {
				for _, kind := range c.Types {
					if e.Type == kind {
						wanted = append(wanted, e)
					}
				}
			}
			if len(wanted) == 0 {
				continue
			}
			if err := c.Handle(t.Context(), wanted); err != nil {
				t.Fatalf("consumer %s: %v", c.Name, err)
			}
		}
	}
	return appended
}

// finish waits until no execution of a machine runs, and gives those that
// succeeded.
func (f *floor) finish(t *testing.T, machine string) []*promptz.Execution {
	t.Helper()
	find := func(status promptz.ExecutionStatus) []*promptz.Execution {
		page, err := f.runner.FindExecutions(t.Context(), promptz.ExecutionFilter{Machine: machine, Status: status, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return page.Executions
	}
	for late := time.Now().Add(30 * time.Second); len(find(promptz.ExecutionRunning)) > 0; {
		if time.Now().After(late) {
			t.Fatalf("an execution of %s does not end: %+v", machine, find(promptz.ExecutionRunning)[0])
		}
		time.Sleep(10 * time.Millisecond) // until the runner has looked again
	}
	if failed := find(promptz.ExecutionFailed); len(failed) > 0 {
		t.Fatalf("%s failed: %s: %s", failed[0].Name, failed[0].Error, failed[0].Cause)
	}
	return find(promptz.ExecutionSucceeded)
}

// mails gives the mails in the outbox whose text holds a word.
func (f *floor) mails(t *testing.T, word string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(f.outbox, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), word) {
			found++
		}
	}
	return found
}

func (f *floor) createUser(t *testing.T, handle string) *promptz.User {
	t.Helper()
	id, err := promptz.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	u := &promptz.User{ID: id, Handle: handle, Role: promptz.RoleUser, CreatedAt: f.clock.now(), Email: handle + "@example.com", Revision: 1}
	if err := f.users.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return u
}

func (f *floor) createItem(t *testing.T, owner string, change func(*promptz.Item)) *promptz.Item {
	t.Helper()
	item := testItem(t, 1)
	item.OwnerID = owner
	if change != nil {
		change(item)
	}
	if err := f.items.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	return item
}

// Stars in one window make one execution, which ranks the item and tells its owner
// of the milestone, once however often the events come.
func TestInteractionMachine(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	owner := f.createUser(t, "maria")
	item := f.createItem(t, owner.ID, nil)
	f.deliver(t, f.items.Log())
	var happened []promptz.Event
	for round := range 2 { // 11 stars, then one more: the milestone is told once
		for n := range 11 - 10*round {
			if err := f.items.StarItem(t.Context(), fmt.Sprintf("user%d-%d", round, n), item); err != nil {
				t.Fatal(err)
			}
		}
		happened = append(happened, f.deliver(t, f.items.Log())...)
		f.clock.ms.Add(time.Minute.Milliseconds())
		if done := f.finish(t, machines.Interaction); len(done) != round+1 {
			t.Fatalf("%d executions for %d windows", len(done), round+1)
		}
	}
	page, err := f.items.FindItems(t.Context(), promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: promptz.SortPopular, Limit: 1})
	if err != nil || len(page.Items) != 1 || page.Items[0].Stats.Stars != 12 {
		t.Errorf("the list by popularity begins with %+v (%v)", page.Items, err)
	}
	milestones := 0
	for _, e := range happened {
		if e.Type == promptz.EventItemMilestone && e.Milestone == 10 {
			milestones++
		}
	}
	if told := f.mails(t, "10 people on prompts.example.com"); told != 1 || milestones != 1 {
		t.Errorf("%d mails and %d events tell of the milestone, want one each", told, milestones)
	}
}

// A public text is written as a file; one with a key in it is not, and its owner
// is told.
func TestPublicationMachine(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	owner := f.createUser(t, "maria")
	clean := f.createItem(t, owner.ID, nil)
	f.createItem(t, owner.ID, func(i *promptz.Item) { i.Content = "Log in with AKIA" + "ABCDEFGHIJKLMNOP." })
	f.createItem(t, owner.ID, func(i *promptz.Item) { i.Visibility = promptz.VisibilityPrivate; i.PublishedAt = time.Time{} })
	f.deliver(t, f.items.Log())
	if done := f.finish(t, machines.Publication); len(done) != 2 {
		t.Fatalf("%d executions for 2 public items", len(done))
	}
	key := "exports/prompts/" + clean.ID + ".md"
	if text, err := f.do.Bucket.ReadAll(t.Context(), key); err != nil || string(text) != clean.Content {
		t.Errorf("the file holds %q (%v)", text, err)
	}
	if told := f.mails(t, "looks like an AWS access key"); told != 1 {
		t.Errorf("%d mails tell of the key, want 1", told)
	}
	if err := f.items.DeleteItem(t.Context(), mustFind(t, f.items, clean.ID)); err != nil {
		t.Fatal(err)
	}
	f.deliver(t, f.items.Log())
	if _, err := f.do.Bucket.ReadAll(t.Context(), key); gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("the file of a deleted item is there: %v", err)
	}
}

func TestWelcomeMachine(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.createUser(t, "maria")
	f.deliver(t, f.users.Log())
	f.finish(t, machines.Welcome)
	if told := f.mails(t, "Hello maria"); told != 1 {
		t.Errorf("%d mails greet maria, want 1", told)
	}
}

func mustFind(t *testing.T, items *store.Library, id string) *promptz.Item {
	t.Helper()
	item, err := items.FindItem(t.Context(), id, true)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// Counts that were falsified are put right, those that are right are left, and
// what is counted meanwhile is not lost.
func TestRebuildStats(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	item := f.createItem(t, "owner", nil)
	for n := range 7 {
		if err := f.items.StarItem(t.Context(), fmt.Sprint("user", n), item); err != nil {
			t.Fatal(err)
		}
		e := promptz.ItemEvent(promptz.EventItemCopied, item, f.clock.now())
		if _, err := f.items.CreateInteraction(t.Context(), e, fmt.Sprint("mark", n), f.clock.now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	f.deliver(t, f.items.Log())
	tools := &Tools{Items: f.items}
	for _, want := range []int{0, 1, 0} {
		if want == 1 { // three views that are in no day
			if err := f.items.AddViews(t.Context(), item.ID, f.clock.now().AddDate(0, 3, 0), 3); err != nil {
				t.Fatal(err)
			}
		}
		rebuilt, err := tools.RebuildStats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if rebuilt.Items != 1 || len(rebuilt.Corrected) != want || len(rebuilt.Deviations) != 0 {
			t.Errorf("rebuilt %+v, want %d corrections", rebuilt, want)
		}
	}
	stats, err := f.items.FindStats(t.Context(), item.ID)
	if err != nil || stats != (promptz.Stats{Stars: 7, Copies: 7}) {
		t.Errorf("the counts are %+v (%v)", stats, err)
	}
}
