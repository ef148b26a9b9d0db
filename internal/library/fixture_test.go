package library_test

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gocloud.dev/docstore/memdocstore"

	"promptz/internal/library"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// world is the library on real stores in memory, with a clock that tests move.
type world struct {
	clock   *clock
	items   *watchedItems
	users   *watchedUsers
	library *library.Service
}

func newWorld(t testing.TB) *world {
	t.Helper()
	open := func() store.Handles {
		c, err := memdocstore.OpenCollection(store.KeyField, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return store.Handles{Consistent: c, Eventual: c}
	}
	c := &clock{at: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	w := &world{
		clock: c,
		items: &watchedItems{Library: store.NewLibrary(open(), store.Tuning{}, c.now, rand.Reader)},
		users: &watchedUsers{Identity: store.NewIdentity(open(), store.Tuning{}, c.now, rand.Reader)},
	}
	w.library = library.NewService(library.Deps{Items: w.items, Users: w.users, DayKeys: fixedKey{}, Now: c.now, Random: rand.Reader})
	return w
}

// watchedItems is the store, with somebody at work between a read and a write:
// meddle, when it is set, is called before each write and may fail it.
type watchedItems struct {
	*store.Library
	meddle  func(op string) error
	updates atomic.Int64 // writes of UpdateItem that reached the store
	reads   atomic.Int64 // calls of FindVersions
	// beforeVersion, when it is set, is called before FindVersion.
	beforeVersion func()
}

func (i *watchedItems) before(op string) error {
	if i.meddle == nil {
		return nil
	}
	return i.meddle(op)
}

func (i *watchedItems) CreateItem(ctx context.Context, item *promptz.Item, marks promptz.Marks) error {
	if err := i.before("create"); err != nil {
		return err
	}
	return i.Library.CreateItem(ctx, item, marks)
}

func (i *watchedItems) UpdateItem(ctx context.Context, old, item *promptz.Item, marks promptz.Marks) error {
	if err := i.before("update"); err != nil {
		return err
	}
	i.updates.Add(1)
	return i.Library.UpdateItem(ctx, old, item, marks)
}

func (i *watchedItems) DeleteItem(ctx context.Context, old *promptz.Item) error {
	if err := i.before("delete"); err != nil {
		return err
	}
	return i.Library.DeleteItem(ctx, old)
}

func (i *watchedItems) FindVersions(ctx context.Context, id string, from, to int) ([]*promptz.Version, error) {
	i.reads.Add(1)
	return i.Library.FindVersions(ctx, id, from, to)
}

func (i *watchedItems) FindVersion(ctx context.Context, id string, n int) (*promptz.Version, error) {
	if i.beforeVersion != nil {
		i.beforeVersion()
	}
	return i.Library.FindVersion(ctx, id, n)
}

// meddleOnce calls do before the next write, and not again.
func (i *watchedItems) meddleOnce(do func()) {
	done := false
	i.meddle = func(string) error {
		if !done {
			done = true
			do()
		}
		return nil
	}
}

// watchedUsers is the store, and what was asked of it.
type watchedUsers struct {
	*store.Identity
	mu    sync.Mutex
	asked [][]string
	fail  error
}

func (u *watchedUsers) FindUsers(ctx context.Context, ids []string) (map[string]*promptz.User, error) {
	u.mu.Lock()
	u.asked = append(u.asked, ids)
	fail := u.fail
	u.mu.Unlock()
	if fail != nil {
		return nil, fail
	}
	return u.Identity.FindUsers(ctx, ids)
}

// clock is a clock that a test moves. Safe for concurrent use.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Who calls in the tests, named <who>_<scope> where it matters.
var (
	anonymous = promptz.Principal{}
	owner     = user("owner", promptz.RoleUser, promptz.ScopeWrite)
	stranger  = user("stranger", promptz.RoleUser, promptz.ScopeWrite)
)

func user(id string, role promptz.Role, scopes ...promptz.Scope) promptz.Principal {
	return promptz.Principal{UserID: id, Role: role, Scopes: scopes}
}

const (
	private = promptz.VisibilityPrivate
	public  = promptz.VisibilityPublic
)

// draft is a valid one with this content.
func draft(content string, visibility promptz.Visibility) promptz.Draft {
	return promptz.Draft{
		Text: promptz.Text{
			Name: "Review a pull request", Description: "Reads a change as a stranger would.",
			Content: content, Tags: []string{"Go"},
		},
		Visibility: visibility,
	}
}

func (w *world) create(t testing.TB, d promptz.Draft) *promptz.Item {
	t.Helper()
	item, _, err := w.library.CreateItem(t.Context(), owner, promptz.KindPrompt, d, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Second)
	return item
}

// update makes d the owner's next state of the prompt.
func (w *world) update(t testing.TB, id string, d promptz.Draft) *promptz.Item {
	t.Helper()
	item, err := w.tryUpdate(t, owner, id, d)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Second)
	return item
}

func (w *world) tryUpdate(t testing.TB, p promptz.Principal, id string, d promptz.Draft) (*promptz.Item, error) {
	t.Helper()
	return w.library.UpdateItem(t.Context(), p, promptz.KindPrompt, id, func(*promptz.Item) (promptz.Draft, error) { return d, nil })
}

func (w *world) find(t testing.TB, p promptz.Principal, id string) *promptz.Item {
	t.Helper()
	item, err := w.library.FindItem(t.Context(), p, promptz.KindPrompt, id)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func (w *world) delete(t testing.TB, p promptz.Principal, id string) error {
	t.Helper()
	return w.library.DeleteItem(t.Context(), p, promptz.KindPrompt, id, pass)
}

// restore asks for version n, as p.
func (w *world) restore(t testing.TB, p promptz.Principal, id string, n int) (*promptz.Item, error) {
	t.Helper()
	item, _, err := w.library.RestoreVersion(t.Context(), p, promptz.Restore{Kind: promptz.KindPrompt, ID: id, Number: n, Check: pass})
	return item, err
}

func (w *world) erase(t testing.TB, p promptz.Principal, id string, n int) error {
	t.Helper()
	return w.library.EraseVersion(t.Context(), p, promptz.KindPrompt, id, n)
}

// pass is a check that lets every item pass.
func pass(*promptz.Item) error { return nil }

// wantCode fails the test unless err has the code.
func wantCode(t testing.TB, err error, code promptz.Code) {
	t.Helper()
	if got := promptz.ErrorCode(err); got != code {
		t.Errorf("got code %q (%v), want %q", got, err, code)
	}
}

// inParallel calls do n times at once and gives what each returned.
func inParallel(n int, do func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// fixedKey is the same key every day.
type fixedKey struct{}

func (fixedKey) DayKey(_ context.Context, day time.Time) ([]byte, error) {
	return []byte(day.Format(time.DateOnly)), nil
}
