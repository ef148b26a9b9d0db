package api_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"promptz/internal/promptz"
)

// The people of the tests; each one's credential is in the table below.
const (
	maria = "00000000ma00"
	bob   = "00000000b0b0"
	mod   = "00000000m0d0"
)

var principals = map[string]promptz.Principal{
	"maria-public":  {UserID: maria, Role: promptz.RoleUser, Scopes: []promptz.Scope{promptz.ScopePublic}},
	"maria-read":    {UserID: maria, Role: promptz.RoleUser, Scopes: []promptz.Scope{promptz.ScopeRead}},
	"maria":         {UserID: maria, Role: promptz.RoleUser, Scopes: []promptz.Scope{promptz.ScopeWrite}},
	"maria-session": {UserID: maria, Role: promptz.RoleUser, Scopes: []promptz.Scope{promptz.ScopeWrite}, SessionID: someSession},
	"bob":           {UserID: bob, Role: promptz.RoleUser, Scopes: []promptz.Scope{promptz.ScopeWrite}},
	"mod":           {UserID: mod, Role: promptz.RoleModerator, Scopes: []promptz.Scope{promptz.ScopeAdmin}},
}

// errDown is a store that fails in a way that nobody foresaw.
var errDown = errors.New("secret detail of the store")

// fake is a library and its accounts, in memory. It keeps the promises of the
// interfaces and no others.
type fake struct {
	mu          sync.Mutex
	clock       time.Time
	made        int
	items       map[string]*promptz.Item
	versions    map[string][]*promptz.Version
	users       map[string]*promptz.User
	once        map[string]string // key to body hash and id
	calls       []string
	fails       error
	exportFails error // what an export meets at its first item
	signIn      fakeSignIn
	interactions
	races int // how often somebody else writes between read and write
}

func newFake() *fake {
	f := new(fake)
	f.reset()
	return f
}

// reset forgets everything but the people.
func (f *fake) reset() {
	f.clock = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	f.made, f.calls, f.fails, f.races = 0, nil, nil, 0
	f.items = map[string]*promptz.Item{}
	f.versions = map[string][]*promptz.Version{}
	f.users = map[string]*promptz.User{}
	f.once = map[string]string{}
	f.interactions = interactions{}
	for id, handle := range map[string]string{maria: "Maria", bob: "bob", mod: "mod"} {
		f.users[id] = &promptz.User{ID: id, Handle: handle, DisplayName: handle, Role: promptz.RoleUser, CreatedAt: f.clock, Revision: 1}
	}
}

func (f *fake) tick() time.Time {
	f.clock = f.clock.Add(time.Second)
	return f.clock
}

// put puts an item with one version there; names make ids.
func (f *fake) put(id, owner string, kind promptz.Kind, visibility promptz.Visibility) *promptz.Item {
	d := promptz.Draft{Text: promptz.Text{Name: "Name of " + id, Description: "A description.", Content: "# Content of " + id}, Visibility: visibility}
	if err := d.Prepare(kind); err != nil {
		panic(err)
	}
	item := &promptz.Item{ID: id, Kind: kind, OwnerID: owner, CreatedAt: f.tick()}
	f.items[id] = item
	f.save(item, d)
	return item
}

// save makes d the item's current state.
func (f *fake) save(item *promptz.Item, d promptz.Draft) {
	digest, err := d.Digest()
	if err != nil {
		panic(err)
	}
	item.Visibility, item.UpdatedAt = d.Visibility, f.tick()
	item.Revision++
	if item.Public() && item.PublishedAt.IsZero() {
		item.PublishedAt = item.UpdatedAt
	}
	if digest != item.Digest {
		item.Text, item.Digest, item.Note = d.Text, digest, d.Note
		item.Version++
		f.versions[item.ID] = append(f.versions[item.ID], &promptz.Version{
			Text: d.Text, ItemID: item.ID, Number: item.Version, Digest: digest, Note: d.Note, AuthorID: item.OwnerID, CreatedAt: item.UpdatedAt,
		})
	}
	current := f.versions[item.ID][item.Version-1]
	current.Shown = current.Shown || item.Public()
}

// rename gives the item another name, in a version of its own.
func (f *fake) rename(id, name string) {
	item := f.items[id]
	d := promptz.Draft{Text: item.Text, Visibility: item.Visibility}
	d.Name = name
	f.save(item, d)
}

func (f *fake) begin(call string) error {
	f.mu.Lock()
	f.calls = append(f.calls, call)
	return f.fails
}

func (f *fake) profile(id string) promptz.Profile {
	if u, ok := f.users[id]; ok {
		return u.Profile()
	}
	return promptz.Profile{}
}

func (f *fake) find(p promptz.Principal, kind promptz.Kind, id string) (*promptz.Item, error) {
	item, ok := f.items[id]
	mine := ok && p.UserID == item.OwnerID && p.Has(promptz.ScopeRead)
	if !ok || item.Kind != kind || !item.Public() && !mine {
		return nil, promptz.Errorf(promptz.CodeNotFound, "no item %s for %q", id, p.UserID)
	}
	return item, nil
}

func (f *fake) findForEdit(p promptz.Principal, kind promptz.Kind, id string) (*promptz.Item, error) {
	item, err := f.find(p, kind, id)
	if err == nil && item.OwnerID != p.UserID {
		return nil, promptz.Errorf(promptz.CodeForbidden, "Only its owner may change this.")
	}
	return item, err
}

func (f *fake) shown(item *promptz.Item) *promptz.Item {
	c := *item
	c.Owner = f.profile(c.OwnerID)
	return &c
}

func (f *fake) FindItem(_ context.Context, p promptz.Principal, kind promptz.Kind, id string) (*promptz.Item, error) {
	err := f.begin("FindItem")
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	item, err := f.find(p, kind, id)
	if err != nil {
		return nil, err
	}
	return f.shown(item), nil
}

func (f *fake) FindItems(_ context.Context, p promptz.Principal, filter promptz.ItemFilter) (promptz.ItemPage, error) {
	err := f.begin("FindItems")
	defer f.mu.Unlock()
	if err != nil {
		return promptz.ItemPage{}, err
	}
	positions := map[string]*promptz.Item{}
	for _, item := range f.items {
		at := item.PublishedAt
		if filter.Sort == promptz.SortUpdated {
			at = item.UpdatedAt
		}
		position := fmt.Sprintf("%013d#%s", at.UnixMilli(), item.ID)
		mine := filter.Drafts && item.OwnerID == p.UserID
		if slices.Contains(filter.Kinds, item.Kind) && (item.Public() || mine) && (filter.OwnerID == "" || item.OwnerID == filter.OwnerID) && (filter.Position == "" || position < filter.Position) {
			positions[position] = item
		}
	}
	keys := make([]string, 0, len(positions))
	for key := range positions {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(b, a) })
	page := promptz.ItemPage{}
	for i, key := range keys {
		if i == filter.Limit {
			page.Next = keys[i-1]
			break
		}
		card := f.shown(positions[key])
		card.Content, card.Howto, card.Agent = "", "", nil
		page.Items = append(page.Items, card)
	}
	return page, nil
}

// replay gives what the same request made before.
func (f *fake) replay(once *promptz.Once) (*promptz.Item, error) {
	if once == nil {
		return nil, nil
	}
	was, ok := f.once[once.UserID+once.Key]
	if !ok {
		return nil, nil
	}
	body, id, _ := strings.Cut(was, "#")
	if body != fmt.Sprintf("%x", once.Body) {
		return nil, promptz.Errorf(promptz.CodeNotValid, "This Idempotency-Key was sent with another request.")
	}
	if f.items[id] == nil {
		return nil, promptz.Errorf(promptz.CodeConflict, "What this request made is gone.")
	}
	return f.shown(f.items[id]), nil
}

func (f *fake) remember(once *promptz.Once, id string) {
	if once != nil {
		f.once[once.UserID+once.Key] = fmt.Sprintf("%x#%s", once.Body, id)
	}
}

func (f *fake) CreateItem(_ context.Context, p promptz.Principal, kind promptz.Kind, d promptz.Draft, once *promptz.Once) (*promptz.Item, bool, error) {
	err := f.begin("CreateItem")
	defer f.mu.Unlock()
	if err != nil {
		return nil, false, err
	}
	if err := d.Prepare(kind); err != nil {
		return nil, false, err
	}
	if item, err := f.replay(once); item != nil || err != nil {
		return item, true, err
	}
	f.made++
	item := &promptz.Item{ID: fmt.Sprintf("made%08d", f.made), Kind: kind, OwnerID: p.UserID, CreatedAt: f.tick()}
	f.items[item.ID] = item
	f.save(item, d)
	f.remember(once, item.ID)
	return f.shown(item), false, nil
}

func (f *fake) UpdateItem(_ context.Context, p promptz.Principal, kind promptz.Kind, id string, edit func(*promptz.Item) (promptz.Draft, error)) (*promptz.Item, error) {
	err := f.begin("UpdateItem")
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	for {
		item, err := f.findForEdit(p, kind, id)
		if err != nil {
			return nil, err
		}
		d, err := edit(item)
		if err != nil {
			return nil, err
		}
		if err := d.Prepare(kind); err != nil {
			return nil, err
		}
		if f.races > 0 {
			f.races--
			item.Revision++
			continue
		}
		f.save(item, d)
		return f.shown(item), nil
	}
}

func (f *fake) DeleteItem(_ context.Context, p promptz.Principal, kind promptz.Kind, id string, check func(*promptz.Item) error) error {
	err := f.begin("DeleteItem")
	defer f.mu.Unlock()
	if err != nil {
		return err
	}
	item, err := f.findForEdit(p, kind, id)
	if err != nil {
		return err
	}
	if err := check(item); err != nil {
		return err
	}
	delete(f.items, id)
	return nil
}

func (f *fake) findVersion(p promptz.Principal, kind promptz.Kind, id string, number int) (*promptz.Version, error) {
	item, err := f.find(p, kind, id)
	if err != nil {
		return nil, err
	}
	if number < 1 || number > item.Version || !f.versions[id][number-1].Shown && item.OwnerID != p.UserID {
		return nil, promptz.Errorf(promptz.CodeNotFound, "no version %d", number)
	}
	v := *f.versions[id][number-1]
	v.Author = f.profile(v.AuthorID)
	return &v, nil
}

func (f *fake) FindVersions(_ context.Context, p promptz.Principal, kind promptz.Kind, id string, before, limit int) ([]*promptz.Version, int, error) {
	err := f.begin("FindVersions")
	defer f.mu.Unlock()
	if err != nil {
		return nil, 0, err
	}
	item, err := f.find(p, kind, id)
	if err != nil {
		return nil, 0, err
	}
	if before == 0 || before > item.Version {
		before = item.Version + 1
	}
	var versions []*promptz.Version
	for n := before - 1; n >= 1; n-- {
		if len(versions) == limit {
			return versions, n + 1, nil
		}
		if v, err := f.findVersion(p, kind, id, n); err == nil {
			v.Text = promptz.Text{}
			versions = append(versions, v)
		}
	}
	return versions, 0, nil
}

func (f *fake) FindVersion(_ context.Context, p promptz.Principal, kind promptz.Kind, id string, number int) (*promptz.Version, error) {
	err := f.begin("FindVersion")
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return f.findVersion(p, kind, id, number)
}

func (f *fake) EraseVersion(_ context.Context, p promptz.Principal, kind promptz.Kind, id string, number int) error {
	err := f.begin("EraseVersion")
	defer f.mu.Unlock()
	if err != nil {
		return err
	}
	item, err := f.find(p, kind, id)
	if err != nil {
		return err
	}
	if item.OwnerID != p.UserID && p.Role == promptz.RoleUser {
		return promptz.Errorf(promptz.CodeForbidden, "Only its owner or a moderator may erase a version.")
	}
	if _, err := f.findVersion(p, kind, id, number); err != nil {
		return err
	}
	if number == item.Version {
		return promptz.Errorf(promptz.CodeConflict, "Version %d is the current one.", number)
	}
	v := f.versions[id][number-1]
	v.Text, v.Erased = promptz.Text{}, true
	return nil
}

func (f *fake) RestoreVersion(_ context.Context, p promptz.Principal, r promptz.Restore) (*promptz.Item, bool, error) {
	err := f.begin("RestoreVersion")
	defer f.mu.Unlock()
	if err != nil {
		return nil, false, err
	}
	item, err := f.findForEdit(p, r.Kind, r.ID)
	if err != nil {
		return nil, false, err
	}
	if item, err := f.replay(r.Once); item != nil || err != nil {
		return item, true, err
	}
	if err := r.Check(item); err != nil {
		return nil, false, err
	}
	v, err := f.findVersion(p, r.Kind, r.ID, r.Number)
	if err != nil {
		return nil, false, err
	}
	if v.Erased {
		return nil, false, promptz.Errorf(promptz.CodeConflict, "The text of version %d was erased.", r.Number)
	}
	f.save(item, promptz.Draft{Text: v.Text, Visibility: item.Visibility, Note: r.Note})
	f.remember(r.Once, item.ID)
	return f.shown(item), false, nil
}
