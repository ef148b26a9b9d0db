package library_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"promptz/internal/promptz"
)

// unchanged and changed are the texts of the table below.
const unchanged, changed = "text", "other text"

// updates are the changes of a prompt from its first version to a second state.
var updates = []struct {
	name          string
	from, to      promptz.Visibility
	content       string
	version       int
	revision      int64
	shown, twice  bool // whether the current version is shown; whether version 1 is
	note          string
	publishedThen bool // whether it was published by this update
}{
	{"nothing", private, private, unchanged, 1, 1, false, false, "first", false},
	{"nothing of what is public", public, public, unchanged, 1, 1, true, true, "first", false},
	{"text", private, private, changed, 2, 2, false, false, "second", false},
	{"text of what is public", public, public, changed, 2, 2, true, true, "second", false},
	{"publish", private, public, unchanged, 1, 2, true, true, "first", true},
	{"publish with another text", private, public, changed, 2, 2, true, false, "second", true},
	{"unpublish", public, private, unchanged, 1, 2, true, true, "first", false},
	{"unpublish with another text", public, private, changed, 2, 2, false, true, "second", false},
}

func TestUpdateMakesVersionOfText(t *testing.T) {
	t.Parallel()
	for _, test := range updates {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := draft(unchanged, test.from)
			first.Note = "first"
			before := w.create(t, first)
			second := draft(test.content, test.to)
			second.Note = "second"
			after := w.update(t, before.ID, second)

			if after.Version != test.version || after.Revision != test.revision || after.Shown != test.shown || after.Note != test.note {
				t.Errorf("got version %d, revision %d, shown %t, note %q; want %d, %d, %t, %q", after.Version, after.Revision, after.Shown, after.Note,
					test.version, test.revision, test.shown, test.note)
			}
			if wrote := w.items.updates.Load() == 1; wrote != (test.revision == 2) {
				t.Errorf("wrote %t", wrote)
			}
			if later := after.UpdatedAt.After(before.UpdatedAt); later != (test.revision == 2) {
				t.Errorf("updated at %s, before at %s", after.UpdatedAt, before.UpdatedAt)
			}
			want := before.PublishedAt
			if test.publishedThen {
				want = after.UpdatedAt
			}
			if !after.PublishedAt.Equal(want) {
				t.Errorf("published at %s, want %s", after.PublishedAt, want)
			}
			if diff := cmp.Diff(after, w.find(t, owner, before.ID), cmpopts.IgnoreFields(promptz.Item{}, "Guard")); diff != "" {
				t.Errorf("item (-answered +read):\n%s", diff)
			}
			v, err := w.library.FindVersion(t.Context(), owner, promptz.KindPrompt, before.ID, 1)
			if err != nil || v.Shown != test.twice || v.Content != unchanged || v.Note != "first" {
				t.Errorf("version 1 is %+v, %v; want shown %t", v, err, test.twice)
			}
		})
	}
}

func TestNoteIsNotInherited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := draft("one", private)
	d.Note = "first"
	item := w.create(t, d)
	if got := w.update(t, item.ID, draft("two", private)); got.Note != "" {
		t.Errorf("version 2 has the note %q", got.Note)
	}
	got, err := w.restore(t, owner, item.ID, 1)
	if err != nil || got.Note != "" || got.Content != "one" {
		t.Errorf("restored %+v, %v; want the text without its note", got, err)
	}
}

func TestPublishedAtIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", public))
	for _, d := range []promptz.Draft{draft("one", private), draft("two", private), draft("two", public), draft("three", public)} {
		w.clock.advance(time.Hour)
		if got := w.update(t, item.ID, d); !got.PublishedAt.Equal(item.PublishedAt) || got.PublishedAt.IsZero() {
			t.Errorf("%s %s: published at %s, want %s", d.Content, d.Visibility, got.PublishedAt, item.PublishedAt)
		}
	}
}

func TestUpdatedAtOnlyGrows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", private))
	last, created := item.UpdatedAt, item.CreatedAt
	for i, jump := range []time.Duration{0, -time.Hour, -24 * time.Hour, time.Microsecond, 48 * time.Hour, -time.Nanosecond} {
		w.clock.advance(jump)
		got, err := w.tryUpdate(t, owner, item.ID, draft(fmt.Sprint("text ", i), private))
		if err != nil {
			t.Fatal(err)
		}
		if !got.UpdatedAt.After(last) || !got.CreatedAt.Equal(created) || got.UpdatedAt != got.UpdatedAt.Truncate(time.Millisecond) {
			t.Errorf("after a jump of %s: updated %s, created %s; want later than %s, and %s", jump, got.UpdatedAt, got.CreatedAt, last, created)
		}
		last = got.UpdatedAt
	}
}

func TestEditSeesWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", private))
	w.items.meddleOnce(func() { w.update(t, item.ID, draft("theirs", private)) })
	var seen []string
	got, err := w.library.UpdateItem(t.Context(), owner, promptz.KindPrompt, item.ID, func(cur *promptz.Item) (promptz.Draft, error) {
		seen = append(seen, cur.Content)
		return draft(cur.Content+" and mine", private), nil
	})
	if err != nil || got.Content != "theirs and mine" || got.Version != 3 {
		t.Errorf("got %+v, %v; want version 3 of both", got, err)
	}
	if diff := cmp.Diff([]string{"one", "theirs"}, seen); diff != "" {
		t.Errorf("edit saw (-want +got):\n%s", diff)
	}
}

func TestEditIsNotCalledInVain(t *testing.T) {
	t.Parallel()
	for name, p := range callers {
		if p.UserID == "owner" && p.Has(promptz.ScopeWrite) {
			continue
		}
		w := newWorld(t)
		for state, make := range states {
			id := make(t, w).ID
			_, updating := w.library.UpdateItem(t.Context(), p, promptz.KindPrompt, id, func(*promptz.Item) (promptz.Draft, error) {
				t.Errorf("%s: edit was called on what is %s", name, state)
				return promptz.Draft{}, nil
			})
			check := func(*promptz.Item) error {
				t.Errorf("%s: check was called on what is %s", name, state)
				return nil
			}
			deleting := w.library.DeleteItem(t.Context(), p, promptz.KindPrompt, id, check)
			_, _, restoring := w.library.RestoreVersion(t.Context(), p, promptz.Restore{Kind: promptz.KindPrompt, ID: id, Number: 2, Check: check})
			if updating == nil || deleting == nil || restoring == nil {
				t.Errorf("%s, %s: %v, %v, %v", name, state, updating, deleting, restoring)
			}
		}
	}
}

// TestCallersErrorEnds holds that what edit and check refuse is refused at once
// and in their words, even when they say what the store says of a lost race.
func TestCallersErrorEnds(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{
		errors.New("mine"), promptz.ErrStale, fmt.Errorf("if-match: %w", promptz.ErrStale),
		promptz.Errorf(promptz.CodeStale, "Other words."), promptz.ErrAlreadyDone,
	} {
		t.Run(refusal.Error(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			item := w.create(t, draft("one", private))
			calls := 0
			check := func(*promptz.Item) error { calls++; return refusal }
			for op, run := range map[string]func() error{
				"update": func() error {
					_, err := w.library.UpdateItem(t.Context(), owner, promptz.KindPrompt, item.ID, func(cur *promptz.Item) (promptz.Draft, error) {
						return draft("two", private), check(cur)
					})
					return err
				},
				"delete": func() error {
					return w.library.DeleteItem(t.Context(), owner, promptz.KindPrompt, item.ID, check)
				},
				"restore": func() error {
					_, _, err := w.library.RestoreVersion(t.Context(), owner, promptz.Restore{Kind: promptz.KindPrompt, ID: item.ID, Number: 1, Check: check})
					return err
				},
			} {
				calls = 0
				if err := run(); err != refusal || calls != 1 {
					t.Errorf("%s: got %v after %d calls; want the very error after one", op, err, calls)
				}
			}
			if got := w.find(t, owner, item.ID); got.Revision != 1 {
				t.Errorf("something was written: %+v", got)
			}
		})
	}
}

func TestWriteThatLosesForEverEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", private))
	w.update(t, item.ID, draft("two", private))
	tries := 0
	w.items.meddle = func(string) error { tries++; return promptz.ErrStale }
	_, updating := w.tryUpdate(t, owner, item.ID, draft("three", private))
	_, restoring := w.restore(t, owner, item.ID, 1)
	deleting := w.delete(t, owner, item.ID)
	for op, err := range map[string]error{"update": updating, "restore": restoring, "delete": deleting} {
		if !errors.Is(err, promptz.ErrStale) {
			t.Errorf("%s: got %v, want ErrStale", op, err)
		}
	}
	if tries < 6 || tries > 60 {
		t.Errorf("three writes were tried %d times", tries)
	}
}

func TestUpdateOfWhatWasDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	for op, run := range map[string]func(*testing.T, *world, string) error{
		"update": func(t *testing.T, w *world, id string) error {
			_, err := w.tryUpdate(t, owner, id, draft("two", public))
			return err
		},
		"delete": func(t *testing.T, w *world, id string) error { return w.delete(t, owner, id) },
	} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			item := w.create(t, draft("one", public))
			w.items.meddleOnce(func() {
				if err := w.delete(t, owner, item.ID); err != nil {
					t.Fatal(err)
				}
			})
			got := run(t, w, item.ID)
			_, want := w.tryUpdate(t, owner, "0123456789ab", draft("two", public))
			if diff := cmp.Diff(shownOf(t, want), shownOf(t, got)); diff != "" {
				t.Errorf("(-absent +deleted meanwhile):\n%s", diff)
			}
			_, err := w.library.FindItem(t.Context(), owner, promptz.KindPrompt, item.ID)
			wantCode(t, err, promptz.CodeNotFound)
		})
	}
}

func TestInvalidDraftIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", private))
	bad := draft("two", "secret")
	bad.Name = "x"
	_, updating := w.tryUpdate(t, owner, item.ID, bad)
	_, _, creating := w.library.CreateItem(t.Context(), owner, promptz.KindPrompt, bad, nil)
	_, _, kindless := w.library.CreateItem(t.Context(), owner, "picture", draft("two", private), nil)
	for _, err := range []error{updating, creating, kindless} {
		wantCode(t, err, promptz.CodeNotValid)
	}
	for p, code := range map[string]promptz.Code{
		"anonymous": promptz.CodeUnauthenticated, "owner read": promptz.CodeForbidden,
		"owner public": promptz.CodeForbidden, "owner none": promptz.CodeForbidden,
	} {
		_, _, err := w.library.CreateItem(t.Context(), callers[p], promptz.KindPrompt, bad, nil)
		wantCode(t, err, code) // before the draft is looked at
	}
	if got := w.find(t, owner, item.ID); got.Revision != 1 {
		t.Errorf("something was written: %+v", got)
	}
}

func TestDeletedItemIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := states["public"](t, w)
	calls := 0
	err := w.library.DeleteItem(t.Context(), owner, promptz.KindPrompt, item.ID, func(cur *promptz.Item) error {
		calls++
		if cur.Revision != item.Revision {
			t.Errorf("check saw revision %d, want %d", cur.Revision, item.Revision)
		}
		return nil
	})
	if err != nil || calls != 1 {
		t.Fatalf("got %v after %d calls of check", err, calls)
	}
	for name, p := range callers {
		for _, op := range operations {
			got, want := op.run(t, w, p, item.ID), op.run(t, w, p, "0123456789ab")
			if diff := cmp.Diff(shownOf(t, want), shownOf(t, got)); diff != "" {
				t.Errorf("%s, %s (-absent +deleted):\n%s", name, op.name, diff)
			}
		}
	}
}

// TestDeleteNeedsNoProfiles holds that what was written is not reported as
// failed because somebody's name could not be read afterwards.
func TestDeleteNeedsNoProfiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", private))
	w.clock.advance(time.Hour)
	w.users.fail = errors.New("users do not answer")
	if err := w.delete(t, owner, item.ID); err != nil {
		t.Errorf("the item was deleted, and the answer is %v", err)
	}
}
