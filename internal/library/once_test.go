package library_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"promptz/internal/promptz"
)

func onceOf(key string, body byte) *promptz.Once {
	return &promptz.Once{UserID: "owner", Key: key, Body: [32]byte{body}}
}

// createOnce makes a private prompt of the owner's under an Idempotency-Key.
func (w *world) createOnce(ctx context.Context, once *promptz.Once) (*promptz.Item, bool, error) {
	return w.library.CreateItem(ctx, owner, promptz.KindPrompt, draft("one", private), once)
}

// owned counts the owner's prompts.
func (w *world) owned(t testing.TB) int {
	t.Helper()
	f := promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Drafts: true, Sort: promptz.SortUpdated, Limit: 100}
	page, err := w.library.FindItems(t.Context(), owner, f)
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

func TestRepeatedCreateGivesWhatIsThereNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, replayed, err := w.createOnce(t.Context(), onceOf("k", 1))
	if err != nil || replayed {
		t.Fatalf("first: replayed %t, %v", replayed, err)
	}
	w.update(t, made.ID, draft("two", public))
	got, replayed, err := w.createOnce(t.Context(), onceOf("k", 1))
	if err != nil || !replayed || got.ID != made.ID || got.Content != "two" || got.Version != 2 {
		t.Errorf("again: %+v, replayed %t, %v; want %s as it is now, replayed", got, replayed, err, made.ID)
	}
	_, _, err = w.createOnce(t.Context(), onceOf("k", 2))
	wantCode(t, err, promptz.CodeNotValid)
	other, replayed, err := w.createOnce(t.Context(), onceOf("K", 1))
	if err != nil || replayed || other.ID == made.ID {
		t.Errorf("another key: %+v, replayed %t, %v", other, replayed, err)
	}

	if err := w.delete(t, owner, made.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.createOnce(t.Context(), onceOf("k", 1))
	wantCode(t, err, promptz.CodeConflict)
	if n := w.owned(t); n != 1 {
		t.Errorf("%d items are there, want 1", n)
	}
	w.clock.advance(24*time.Hour + time.Second)
	if _, replayed, err := w.createOnce(t.Context(), onceOf("k", 1)); err != nil || replayed {
		t.Errorf("after a day: replayed %t, %v", replayed, err)
	}
}

func TestCreateInParallelMakesOne(t *testing.T) {
	t.Parallel()
	const callers = 20
	w := newWorld(t)
	items, replays := make([]*promptz.Item, callers), make([]bool, callers)
	for i, err := range inParallel(callers, func(i int) (err error) {
		items[i], replays[i], err = w.createOnce(t.Context(), onceOf("k", 1))
		return err
	}) {
		if err != nil {
			t.Fatalf("caller %d: %v", i, err)
		}
	}
	first := 0
	for i, item := range items {
		if item.ID != items[0].ID {
			t.Errorf("caller %d got another item", i)
		}
		if !replays[i] {
			first++
		}
	}
	if n := w.owned(t); first != 1 || n != 1 {
		t.Errorf("%d callers made one and %d are there; want 1 and 1", first, n)
	}
}

// TestCreateThatLosesToAnotherBody has another request take the key between the
// look at it and the write.
func TestCreateThatLosesToAnotherBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.items.meddleOnce(func() {
		if _, _, err := w.createOnce(t.Context(), onceOf("k", 2)); err != nil {
			t.Fatal(err)
		}
	})
	_, _, err := w.createOnce(t.Context(), onceOf("k", 1))
	wantCode(t, err, promptz.CodeNotValid)
	if n := w.owned(t); n != 1 {
		t.Errorf("%d items are there, want 1", n)
	}
}

func TestCreateThatIsDoneForEverEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.items.meddle = func(string) error { return promptz.ErrAlreadyDone }
	_, _, err := w.createOnce(t.Context(), onceOf("k", 1))
	wantCode(t, err, promptz.CodeConflict)
}

// TestFailedCreateLeavesKeyFree holds that a request which made nothing may be
// made again under its key.
func TestFailedCreateLeavesKeyFree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := errors.New("the disk is full")
	w.items.meddle = func(string) error { return broken }
	if _, _, err := w.createOnce(t.Context(), onceOf("k", 1)); !errors.Is(err, broken) {
		t.Fatalf("got %v, want the store's error", err)
	}
	w.items.meddle = nil
	if _, replayed, err := w.createOnce(t.Context(), onceOf("k", 1)); err != nil || replayed {
		t.Errorf("replayed %t, %v; want a first time", replayed, err)
	}
}

func TestOthersKeysAreTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, _, err := w.createOnce(t.Context(), onceOf("k", 1))
	if err != nil {
		t.Fatal(err)
	}
	theirs := &promptz.Once{UserID: stranger.UserID, Key: "k", Body: [32]byte{1}}
	got, replayed, err := w.library.CreateItem(t.Context(), stranger, promptz.KindPrompt, draft("one", private), theirs)
	if err != nil || replayed || got.ID == made.ID {
		t.Errorf("a stranger with the same key: %+v, replayed %t, %v", got, replayed, err)
	}
}

func TestRestoreMakesNextVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", private))
	w.update(t, item.ID, draft("two", private))
	got, replayed, err := w.library.RestoreVersion(t.Context(), owner, promptz.Restore{
		Kind: promptz.KindPrompt, ID: item.ID, Number: 1, Note: "back", Check: pass,
	})
	if err != nil || replayed || got.Version != 3 || got.Content != "one" || got.Note != "back" || got.Digest != item.Digest || got.Shown {
		t.Errorf("got %+v, replayed %t, %v; want version 3 with the first text, not shown", got, replayed, err)
	}
	again, err := w.restore(t, owner, item.ID, 1)
	if err != nil || again.Version != 3 || again.Revision != got.Revision {
		t.Errorf("what is there already: %+v, %v; want nothing written", again, err)
	}
	for _, n := range []int{-1, 0, 4} {
		_, err := w.restore(t, owner, item.ID, n)
		wantCode(t, err, promptz.CodeNotFound)
	}
}

// TestOwnerRestoresWhatWasNeverShown publishes it: version 1 itself stays hidden.
func TestOwnerRestoresWhatWasNeverShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := states["public"](t, w)
	got, err := w.restore(t, owner, item.ID, 1)
	if err != nil || got.Content != "one" || !got.Shown || !got.Public() {
		t.Errorf("got %+v, %v; want the text of version 1, shown", got, err)
	}
	wantCode(t, w.findVersion(t, stranger, item.ID, 1), promptz.CodeNotFound)
	if got := w.find(t, stranger, item.ID); got.Content != "one" || got.Version != 4 {
		t.Errorf("others see %+v", got)
	}
}

func TestRestoreSeesWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := w.create(t, draft("one", private))
	w.update(t, item.ID, draft("two", private))
	w.items.meddleOnce(func() { w.update(t, item.ID, draft("theirs", public)) })
	var seen []int
	got, _, err := w.library.RestoreVersion(t.Context(), owner, promptz.Restore{
		Kind: promptz.KindPrompt, ID: item.ID, Number: 1,
		Check: func(cur *promptz.Item) error { seen = append(seen, cur.Version); return nil },
	})
	if err != nil || got.Version != 4 || !got.Public() || len(seen) != 2 || seen[0] != 2 || seen[1] != 3 {
		t.Errorf("got %+v, %v, check saw versions %v; want version 4, public, seen 2 and 3", got, err, seen)
	}
}

func TestRepeatedRestoreHappensOnce(t *testing.T) {
	t.Parallel()
	for name, number := range map[string]int{"of another text": 1, "of the current text": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			item := w.create(t, draft("one", private))
			w.update(t, item.ID, draft("two", private))
			checks := 0
			r := promptz.Restore{
				Kind: promptz.KindPrompt, ID: item.ID, Number: number, Once: onceOf("k", 1),
				Check: func(cur *promptz.Item) error {
					if checks++; cur.Revision != 2 {
						return promptz.ErrStale
					}
					return nil
				},
			}
			if _, replayed, err := w.library.RestoreVersion(t.Context(), owner, r); err != nil || replayed {
				t.Fatalf("first: replayed %t, %v", replayed, err)
			}
			w.update(t, item.ID, draft("later", private))
			got, replayed, err := w.library.RestoreVersion(t.Context(), owner, r)
			if err != nil || !replayed || got.Content != "later" || checks != 1 {
				t.Errorf("again: %+v, replayed %t, %v, %d checks; want what is there now and one check", got, replayed, err, checks)
			}
			r.Once = onceOf("k", 2)
			_, _, err = w.library.RestoreVersion(t.Context(), owner, r)
			wantCode(t, err, promptz.CodeNotValid)
			if err := w.delete(t, owner, item.ID); err != nil {
				t.Fatal(err)
			}
			r.Once = onceOf("k", 1)
			_, _, err = w.library.RestoreVersion(t.Context(), owner, r)
			wantCode(t, err, promptz.CodeNotFound) // the item itself is what the request names
		})
	}
}

func TestErasedTextIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := states["public"](t, w)
	before, err := w.library.FindVersion(t.Context(), owner, promptz.KindPrompt, item.ID, 2)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // erasing twice is erasing once
		if err := w.erase(t, owner, item.ID, 2); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []promptz.Principal{anonymous, owner, stranger} {
		v, err := w.library.FindVersion(t.Context(), p, promptz.KindPrompt, item.ID, 2)
		if err != nil {
			t.Fatal(err)
		}
		if !v.Erased || v.Name != "" || v.Description != "" || v.Content != "" || len(v.Tags) != 0 || v.Note != "" {
			t.Errorf("there is still %+v", v)
		}
		if v.Number != 2 || v.Digest != before.Digest || !v.CreatedAt.Equal(before.CreatedAt) || !v.Shown {
			t.Errorf("got %+v, want number, digest and time of %+v", v, before)
		}
	}
	_, err = w.restore(t, owner, item.ID, 2)
	wantCode(t, err, promptz.CodeConflict)
	wantCode(t, w.erase(t, owner, item.ID, 3), promptz.CodeConflict)
	wantCode(t, w.erase(t, callers["moderator admin"], item.ID, 3), promptz.CodeConflict)
	wantCode(t, w.erase(t, stranger, item.ID, 3), promptz.CodeForbidden)
	if got := w.find(t, stranger, item.ID); got.Content != "three" {
		t.Errorf("the current text is %q", got.Content)
	}
}
