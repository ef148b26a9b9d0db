package identity_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
)

var ignoreGuard = cmpopts.IgnoreFields(promptz.User{}, "Guard")

// newHandles are what users may and may not be called beside one called Maria.
var newHandles = []struct {
	name, handle string
	code         promptz.Code
}{
	{"shortest", "abc", ""},
	{"longest", strings.Repeat("a", 20), ""},
	{"all that is allowed", "0a-Z_9-", ""},
	{"empty", "", promptz.CodeNotValid},
	{"too short", "ab", promptz.CodeNotValid},
	{"too long", strings.Repeat("a", 21), promptz.CodeNotValid},
	{"begins with a dash", "-abc", promptz.CodeNotValid},
	{"begins with an underscore", "_abc", promptz.CodeNotValid},
	{"a blank", "a bc", promptz.CodeNotValid},
	{"a line end", "abc\n", promptz.CodeNotValid},
	{"a dot", "a.bc", promptz.CodeNotValid},
	{"a slash", "a/bc", promptz.CodeNotValid},
	{"a letter that looks like one of ours", "m\u0430ria", promptz.CodeNotValid},
	{"a letter that folds to one of ours", "\u212Aarl", promptz.CodeNotValid},
	{"reserved", "admin", promptz.CodeNotValid},
	{"reserved in capitals", "AdMin", promptz.CodeNotValid},
	{"reserved with a dash", "deleted-user", promptz.CodeNotValid},
	{"taken", "maria", promptz.CodeConflict},
	{"taken in capitals", "MARIA", promptz.CodeConflict},
}

func TestCreateUser(t *testing.T) {
	t.Parallel()
	for _, test := range newHandles {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.createUser(t, "Maria")
			before := len(w.documents(t))
			u, err := w.identity.CreateUser(t.Context(), test.handle, promptz.RoleAdmin, "")
			if test.code != "" {
				wantCode(t, err, test.code)
				if len(w.documents(t)) != before {
					t.Error("a refused user was stored")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := &promptz.User{ID: u.ID, Handle: test.handle, Role: promptz.RoleAdmin, CreatedAt: w.clock.now(), Revision: 1}
			got, err := w.identity.FindUser(t.Context(), strings.ToUpper(test.handle))
			if err != nil || !promptz.ValidID(u.ID) {
				t.Fatalf("find %q: %v", u.ID, err)
			}
			if diff := cmp.Diff(want, got, ignoreGuard); diff != "" {
				t.Errorf("user (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHandleInParallelIsOneUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	handles := []string{"maria", "Maria", "MARIA", "mariA", "mArIa", "maria", "MARia", "maRIA"}
	errs := make([]error, len(handles))
	var wg sync.WaitGroup
	for i, handle := range handles {
		wg.Go(func() { _, errs[i] = w.identity.CreateUser(t.Context(), handle, promptz.RoleUser, "") })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else {
			wantCode(t, err, promptz.CodeConflict)
		}
	}
	if made != 1 || len(w.documents(t)) != 3 {
		t.Errorf("%d made, %d documents; want one user, one claim, one event", made, len(w.documents(t)))
	}
}

func principal(u *promptz.User, scopes ...promptz.Scope) promptz.Principal {
	return promptz.Principal{UserID: u.ID, Role: u.Role, Scopes: scopes}
}

// set is an edit that gives the user these texts, whatever was there.
func set(handle, displayName, bio string) func(*promptz.User) (promptz.ProfileEdit, error) {
	return func(*promptz.User) (promptz.ProfileEdit, error) {
		return promptz.ProfileEdit{Handle: handle, DisplayName: displayName, Bio: bio}, nil
	}
}

// rename changes a user's handle alone.
func (w *world) rename(t testing.TB, u *promptz.User, handle string) (*promptz.User, error) {
	t.Helper()
	return w.identity.UpdateMe(t.Context(), principal(u, promptz.ScopeWrite), set(handle, u.DisplayName, u.Bio))
}

func TestMeNeedsScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	tests := []struct {
		name       string
		p          promptz.Principal
		find, edit promptz.Code
	}{
		{"anonymous", promptz.Principal{}, promptz.CodeUnauthenticated, promptz.CodeUnauthenticated},
		{"no scope", principal(u), promptz.CodeForbidden, promptz.CodeForbidden},
		{"public", principal(u, promptz.ScopePublic), promptz.CodeForbidden, promptz.CodeForbidden},
		{"read", principal(u, promptz.ScopeRead), "", promptz.CodeForbidden},
		{"write", principal(u, promptz.ScopeWrite), "", ""},
		{"admin", principal(u, promptz.ScopeAdmin), "", ""},
		{"erased", promptz.Principal{UserID: "0123456789ab", Scopes: promptz.Scopes}, promptz.CodeNotFound, promptz.CodeNotFound},
	}
	for _, test := range tests {
		me, err := w.identity.FindMe(t.Context(), test.p)
		wantCode(t, err, test.find)
		if err == nil && me.ID != u.ID {
			t.Errorf("%s: found %+v", test.name, me)
		}
		called := false
		_, err = w.identity.UpdateMe(t.Context(), test.p, func(cur *promptz.User) (promptz.ProfileEdit, error) {
			called = true
			return promptz.ProfileEdit{Handle: cur.Handle}, nil
		})
		wantCode(t, err, test.edit)
		if called != (test.edit == "") {
			t.Errorf("%s: edit was called %t", test.name, called)
		}
	}
}

// profileEdits are what a user called maria makes of the profile beside one called
// otto.
var profileEdits = []struct {
	name                     string
	handle, displayName, bio string
	want                     *promptz.User // its texts; nil is refused
	code                     promptz.Code
}{
	{"all", "marie", "Marie", "Writes.", &promptz.User{Handle: "marie", DisplayName: "Marie", Bio: "Writes."}, ""},
	{"normalised", "maria", " Cafe\u0301\t", "\r\n \r\n  one\r\ntwo\rthree \n\n", &promptz.User{Handle: "maria", DisplayName: "Café", Bio: "  one\ntwo\nthree"}, ""},
	{"longest", "maria", strings.Repeat("é", 80), strings.Repeat("é", 500), &promptz.User{Handle: "maria", DisplayName: strings.Repeat("é", 80), Bio: strings.Repeat("é", 500)}, ""},
	{"another case", "MARIA", "", "", &promptz.User{Handle: "MARIA"}, ""},
	{"too long a name", "maria", strings.Repeat("e", 81), "", nil, promptz.CodeNotValid},
	{"a name of two lines", "maria", "a\nb", "", nil, promptz.CodeNotValid},
	{"too long a bio", "maria", "", strings.Repeat("e", 501), nil, promptz.CodeNotValid},
	{"a bio with an escape", "maria", "", "a\x1b[1m", nil, promptz.CodeNotValid},
	{"no handle", "", "", "", nil, promptz.CodeNotValid},
	{"a handle with a blank", " maria", "", "", nil, promptz.CodeNotValid},
	{"a reserved handle", "Support", "", "", nil, promptz.CodeNotValid},
	{"another's handle", "Otto", "", "", nil, promptz.CodeConflict},
}

func TestUpdateMe(t *testing.T) {
	t.Parallel()
	for _, test := range profileEdits {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			before := w.createUser(t, "maria")
			w.createUser(t, "otto")
			w.clock.advance(time.Hour)
			got, err := w.identity.UpdateMe(t.Context(), principal(before, promptz.ScopeWrite), set(test.handle, test.displayName, test.bio))
			stored, findErr := w.store.FindUser(t.Context(), before.ID)
			if findErr != nil {
				t.Fatal(findErr)
			}
			if test.want == nil {
				wantCode(t, err, test.code)
				if diff := cmp.Diff(before, stored, ignoreGuard); diff != "" {
					t.Errorf("a refused edit was stored (-before +after):\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := *test.want
			want.ID, want.Role, want.CreatedAt, want.Revision = before.ID, before.Role, before.CreatedAt, 2
			if want.Handle != before.Handle {
				want.HandleChangedAt = w.clock.now()
			}
			if diff := cmp.Diff(&want, stored, ignoreGuard); diff != "" {
				t.Errorf("user (-want +stored):\n%s", diff)
			}
			if diff := cmp.Diff(stored, got, ignoreGuard); diff != "" {
				t.Errorf("user (-stored +answered):\n%s", diff)
			}
		})
	}
}

func TestUpdateMeWritesOnlyChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	got, err := w.identity.UpdateMe(t.Context(), principal(u, promptz.ScopeWrite), set("maria", "  ", "\n"))
	if err != nil || got.Revision != 1 || w.store.writes.Load() != 0 {
		t.Errorf("got %+v, %v after %d writes; want none", got, err, w.store.writes.Load())
	}
}

func TestHandleChangesOnceAWeek(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * time.Hour
	w := newWorld(t)
	u := w.createUser(t, "maria")
	steps := []struct {
		after  time.Duration
		handle string
		code   promptz.Code
	}{
		{0, "marie", ""}, // the first is free at once
		{0, "mary", promptz.CodeConflict},
		{0, "Marie", promptz.CodeConflict}, // another case is another handle
		{0, "maria", promptz.CodeConflict}, // and so is the old one
		{0, "marie", ""},                   // none is none
		{week - 1, "mary", promptz.CodeConflict},
		{1, "MARIE", ""},
		{week - 1, "marie", promptz.CodeConflict},
		{1, "MARIA", ""}, // back, in another case
		{week, "maria", ""},
	}
	for i, step := range steps {
		w.clock.advance(step.after)
		_, err := w.rename(t, u, step.handle)
		wantCode(t, err, step.code)
		if t.Failed() {
			t.Fatalf("step %d, %s", i, step.handle)
		}
	}
	// Everything else can be changed within the week.
	got, err := w.identity.UpdateMe(t.Context(), principal(u, promptz.ScopeWrite), set("maria", "Maria", "Writes."))
	if err != nil || got.DisplayName != "Maria" || !got.HandleChangedAt.Equal(w.clock.now()) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, handle := range []string{"maria", "MARIA", "marie", "MARIE"} {
		if got, err := w.identity.FindUser(t.Context(), handle); err != nil || got.ID != u.ID || got.Handle != "maria" {
			t.Errorf("%s leads to %+v, %v", handle, got, err)
		}
	}
}

func TestOldHandleLeadsToItsUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maria, otto := w.createUser(t, "maria"), w.createUser(t, "otto")
	if _, err := w.rename(t, maria, "marie"); err != nil {
		t.Fatal(err)
	}
	take := func() error {
		_, renaming := w.rename(t, otto, "MARIA")
		_, creating := w.identity.CreateUser(t.Context(), "Maria", promptz.RoleUser, "")
		if promptz.ErrorCode(renaming) != promptz.ErrorCode(creating) {
			t.Errorf("renaming: %v, creating: %v", renaming, creating)
		}
		return renaming
	}
	wantCode(t, take(), promptz.CodeConflict)
	w.clock.advance(promptz.HandleRedirect - time.Millisecond)
	if got, err := w.identity.FindUser(t.Context(), "Maria"); err != nil || got.ID != maria.ID || got.Handle != "marie" {
		t.Errorf("within 90 days: %+v, %v", got, err)
	}
	w.clock.advance(2 * time.Millisecond)
	_, err := w.identity.FindUser(t.Context(), "maria")
	wantCode(t, err, promptz.CodeNotFound)
	wantCode(t, take(), promptz.CodeConflict) // it is free to the same user only
	if _, err := w.rename(t, maria, "maria"); err != nil {
		t.Errorf("the same user: %v", err)
	}
	if got, err := w.identity.FindUser(t.Context(), "maria"); err != nil || got.ID != maria.ID {
		t.Errorf("after taking it back: %+v, %v", got, err)
	}
	_, err = w.identity.FindUser(t.Context(), "nobody")
	wantCode(t, err, promptz.CodeNotFound)
}

func TestChosenHandleIsNotProvisional(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := &promptz.User{ID: "0123456789ab", Handle: "user-0123", Role: promptz.RoleUser, Provisional: true, CreatedAt: w.clock.now(), Revision: 1}
	if err := w.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	got, err := w.identity.UpdateMe(t.Context(), principal(u, promptz.ScopeWrite), set("user-0123", "Maria", ""))
	if err != nil || !got.Provisional || !got.HandleChangedAt.IsZero() {
		t.Errorf("another display name: %+v, %v; want it provisional still", got, err)
	}
	if _, err = w.rename(t, u, "maria"); err != nil {
		t.Fatal(err)
	}
	got, err = w.store.FindUser(t.Context(), u.ID)
	if err != nil || got.Provisional || got.HandleChangedAt.IsZero() {
		t.Errorf("another handle: %+v, %v; want it chosen", got, err)
	}
}

func TestEditOfMeSeesWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	w.store.beforeUpdate = func() error {
		w.store.beforeUpdate = nil
		_, err := w.identity.UpdateMe(t.Context(), principal(u, promptz.ScopeWrite), set("maria", "theirs", ""))
		return err
	}
	var seen []string
	got, err := w.identity.UpdateMe(t.Context(), principal(u, promptz.ScopeWrite), func(cur *promptz.User) (promptz.ProfileEdit, error) {
		seen = append(seen, cur.DisplayName)
		return promptz.ProfileEdit{Handle: cur.Handle, DisplayName: cur.DisplayName, Bio: "mine"}, nil
	})
	if err != nil || got.DisplayName != "theirs" || got.Bio != "mine" || got.Revision != 3 {
		t.Errorf("got %+v, %v; want both changes", got, err)
	}
	if diff := cmp.Diff([]string{"", "theirs"}, seen); diff != "" {
		t.Errorf("edit saw (-want +got):\n%s", diff)
	}
}

func TestEditsErrorEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	for _, refusal := range []error{errors.New("mine"), promptz.ErrStale} {
		calls := 0
		_, err := w.identity.UpdateMe(t.Context(), principal(u, promptz.ScopeWrite), func(*promptz.User) (promptz.ProfileEdit, error) {
			calls++
			return promptz.ProfileEdit{}, refusal
		})
		if err != refusal || calls != 1 {
			t.Errorf("got %v after %d calls, want %v after one", err, calls, refusal)
		}
	}
}

func TestUpdateOfMeThatLosesForEverEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	w.store.beforeUpdate = func() error {
		if w.store.writes.Load() > 100 {
			return errors.New("it never ends")
		}
		return promptz.ErrStale
	}
	if _, err := w.rename(t, u, "marie"); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("got %v, want ErrStale", err)
	}
	if n := w.store.writes.Load(); n < 2 {
		t.Errorf("tried %d times, want some", n)
	}
}

// TestHandleTakenMeanwhile has somebody take the handle between the check of the
// account and the write.
func TestHandleTakenMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.createUser(t, "maria")
	w.store.beforeUpdate = func() error {
		w.store.beforeUpdate = nil
		_, err := w.identity.CreateUser(t.Context(), "Marie", promptz.RoleUser, "")
		return err
	}
	_, err := w.rename(t, u, "marie")
	wantCode(t, err, promptz.CodeConflict)
	if got, err := w.store.FindUser(t.Context(), u.ID); err != nil || got.Handle != "maria" || !got.HandleChangedAt.IsZero() {
		t.Errorf("got %+v, %v; want nothing changed", got, err)
	}
}
