package library_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"promptz/internal/promptz"
)

// source is one Markdown file of an import.
func source(content string, visibility promptz.Visibility) promptz.Import {
	return promptz.Import{
		Kind: promptz.KindPrompt, Draft: draft(content, visibility),
		Path: "prompts/review.md", Hash: fmt.Sprintf("hash of %q", content),
	}
}

// imported runs an import and checks its outcome.
func (w *world) imported(t *testing.T, in promptz.Import, want promptz.ImportOutcome) *promptz.Item {
	t.Helper()
	got, item, err := w.library.ImportItem(t.Context(), owner, in)
	if err != nil || got != want {
		t.Fatalf("got %q, %v; want %q", got, err, want)
	}
	w.clock.advance(time.Second)
	return item
}

func TestImportFollowsItsSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.imported(t, source("one", public), promptz.ImportCreated)
	w.imported(t, source("one", public), promptz.ImportUnchanged)

	two := w.imported(t, source("two", public), promptz.ImportUpdated)
	if two.ID != one.ID || two.Version != 2 || two.Content != "two" || !two.UpdatedAt.After(one.UpdatedAt) {
		t.Errorf("the second version is %+v", two)
	}
	same := source("two", public)
	same.Hash = "another hash of the same text"
	w.imported(t, same, promptz.ImportUnchanged)
	w.imported(t, same, promptz.ImportUnchanged)
	if got := w.find(t, owner, one.ID); got.Version != 2 {
		t.Errorf("version %d after a source that only looks other", got.Version)
	}
	w.imported(t, source("three", public), promptz.ImportUpdated)

	w.update(t, one.ID, draft("mine", public))
	w.imported(t, source("four", public), promptz.ImportEdited)
	if got := w.find(t, owner, one.ID); got.Content != "mine" {
		t.Errorf("an import overwrote an edit: %+v", got)
	}
	if err := w.delete(t, owner, one.ID); err != nil {
		t.Fatal(err)
	}
	w.imported(t, source("five", public), promptz.ImportDeleted)
	if n := w.owned(t); n != 0 {
		t.Errorf("%d items are there, want none", n)
	}
}

// TestImportKeepsVisibility holds that who may see the item is its owner's
// choice once it is there, and that choosing is no edit of the text.
func TestImportKeepsVisibility(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ source, chosen promptz.Visibility }{{public, private}, {private, public}} {
		t.Run(string(test.chosen), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			item := w.imported(t, source("one", test.source), promptz.ImportCreated)
			w.update(t, item.ID, draft("one", test.chosen))
			got := w.imported(t, source("two", test.source), promptz.ImportUpdated)
			if got.Visibility != test.chosen || got.Shown != (test.chosen == public) || got.Version != 2 {
				t.Errorf("got %+v, want version 2, %s", got, test.chosen)
			}
		})
	}
}

func TestImportOfAnotherKindOrOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.imported(t, source("one", public), promptz.ImportCreated)
	rule := source("two", public)
	rule.Kind = promptz.KindRule
	w.imported(t, rule, promptz.ImportEdited)
	outcome, theirs, err := w.library.ImportItem(t.Context(), stranger, source("one", public))
	if err != nil || outcome != promptz.ImportCreated || theirs.ID == item.ID || theirs.OwnerID != stranger.UserID {
		t.Errorf("a stranger's import of the same path: %q, %+v, %v", outcome, theirs, err)
	}
}

func TestImportTakesDatesOfItsSource(t *testing.T) {
	t.Parallel()
	now := newWorld(t).clock.now()
	past, later := now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0)
	exact := time.Date(2024, 2, 29, 12, 0, 0, 123_456_789, time.FixedZone("", 3600))
	var none time.Time
	tests := []struct {
		name                                      string
		created, updated, wantCreated, wantUpdate time.Time
	}{
		{"both", past, later, past, later},
		{"none", none, none, now, now},
		{"created alone", past, none, past, now},
		{"updated alone", none, later, now, now},
		{"updated before created", later, past, later, later},
		{"yet to come", now.AddDate(1, 0, 0), now.AddDate(2, 0, 0), now, now},
		{"updated yet to come", past, now.Add(time.Millisecond), past, now},
		{"before 1970", time.Date(1969, 7, 20, 0, 0, 0, 0, time.UTC), later, now, now},
		{"the epoch itself", time.UnixMilli(0), later, now, now},
		{"long before", time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC), none, now, now},
		{"another zone, nanoseconds", exact, exact, exact.UTC().Truncate(time.Millisecond), exact.UTC().Truncate(time.Millisecond)},
	}
	for _, test := range tests {
		for _, visibility := range []promptz.Visibility{private, public} {
			t.Run(test.name+", "+string(visibility), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				in := source("one", visibility)
				in.CreatedAt, in.UpdatedAt = test.created, test.updated
				made := w.imported(t, in, promptz.ImportCreated)
				item := w.find(t, owner, made.ID)
				if made.CreatedAt != item.CreatedAt || made.UpdatedAt != item.UpdatedAt || made.PublishedAt != item.PublishedAt {
					t.Errorf("answered %s, %s, %s", made.CreatedAt, made.UpdatedAt, made.PublishedAt)
				}
				if item.CreatedAt != test.wantCreated || item.UpdatedAt != test.wantUpdate {
					t.Errorf("created %s, updated %s; want %s, %s", item.CreatedAt, item.UpdatedAt, test.wantCreated, test.wantUpdate)
				}
				if visibility == public && item.PublishedAt != test.wantCreated || visibility == private && !item.PublishedAt.IsZero() {
					t.Errorf("published %s", item.PublishedAt)
				}
			})
		}
	}
}

func TestImportsInParallelMakeOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outcomes := make([]promptz.ImportOutcome, 10)
	for i, err := range inParallel(len(outcomes), func(i int) (err error) {
		outcomes[i], _, err = w.library.ImportItem(t.Context(), owner, source("one", public))
		return err
	}) {
		if err != nil {
			t.Errorf("import %d: %v", i, err)
		}
	}
	made := 0
	for _, o := range outcomes {
		switch o {
		case promptz.ImportCreated:
			made++
		case promptz.ImportUnchanged:
		default:
			t.Errorf("outcome %q", o)
		}
	}
	if n := w.owned(t); made != 1 || n != 1 {
		t.Errorf("%d imports made one and %d are there; want 1 and 1", made, n)
	}
}

// TestImportThatWasFaster has another import bring the same source between the
// look at what is there and the write.
func TestImportThatWasFaster(t *testing.T) {
	t.Parallel()
	for theirs, want := range map[string]promptz.ImportOutcome{"one": promptz.ImportUnchanged, "two": promptz.ImportUpdated} {
		t.Run(theirs, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.items.meddleOnce(func() { w.imported(t, source(theirs, public), promptz.ImportCreated) })
			w.imported(t, source("one", public), want)
			if n := w.owned(t); n != 1 {
				t.Errorf("%d items are there, want 1", n)
			}
		})
	}
}

func TestImportSeesEditMeanwhile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		edit promptz.Draft
		want promptz.ImportOutcome
	}{
		{"of the text", draft("mine", public), promptz.ImportEdited},
		{"of the visibility", draft("one", private), promptz.ImportUpdated},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			item := w.imported(t, source("one", public), promptz.ImportCreated)
			w.items.meddleOnce(func() { w.update(t, item.ID, test.edit) })
			w.imported(t, source("two", public), test.want)
			if got := w.find(t, owner, item.ID); got.Visibility != test.edit.Visibility {
				t.Errorf("visibility is %s, want %s", got.Visibility, test.edit.Visibility)
			}
		})
	}
}

func TestImportThatLosesForEverEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.imported(t, source("one", public), promptz.ImportCreated)
	w.items.meddle = func(string) error { return promptz.ErrStale }
	if _, _, err := w.library.ImportItem(t.Context(), owner, source("two", public)); !errors.Is(err, promptz.ErrStale) {
		t.Errorf("got %v, want ErrStale", err)
	}
}

func TestImportIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := source("", public)
	_, _, err := w.library.ImportItem(t.Context(), owner, bad)
	wantCode(t, err, promptz.CodeNotValid)
	_, _, err = w.library.ImportItem(t.Context(), anonymous, bad)
	wantCode(t, err, promptz.CodeUnauthenticated)
	_, _, err = w.library.ImportItem(t.Context(), callers["owner read"], bad)
	wantCode(t, err, promptz.CodeForbidden)
	w.imported(t, source("one", public), promptz.ImportCreated)
}
