package library_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// manyVersions makes a prompt with the numbers up to last, of which a few were
// shown.
func (w *world) manyVersions(t testing.TB, last int, shown map[int]bool) *promptz.Item {
	t.Helper()
	item := w.create(t, draft("text 1", private))
	for n := 2; n <= last; n++ {
		visibility := private
		if shown[n] {
			visibility = public
		}
		item = w.update(t, item.ID, draft(fmt.Sprint("text ", n), visibility))
	}
	return item
}

// allVersions reads page after page and gives the numbers.
func (w *world) allVersions(t *testing.T, p promptz.Principal, id string, limit int) (numbers []int) {
	t.Helper()
	before := 0
	for {
		versions, next, err := w.library.FindVersions(t.Context(), p, promptz.KindPrompt, id, before, limit)
		if err != nil || len(versions) > limit {
			t.Fatalf("page below %d: %d versions, %v", before, len(versions), err)
		}
		for _, v := range versions {
			numbers = append(numbers, v.Number)
		}
		if next == 0 {
			return numbers
		}
		if before != 0 && next >= before || next < 2 {
			t.Fatalf("page below %d goes on below %d", before, next)
		}
		before = next
	}
}

func TestVersionPagesMissAndRepeatNothing(t *testing.T) {
	t.Parallel()
	const last = 450
	shown := map[int]bool{3: true, 7: true, 201: true, 249: true, 250: true, 260: true, last: true}
	w := newWorld(t)
	id := w.manyVersions(t, last, shown).ID
	for _, test := range []struct {
		name   string
		caller promptz.Principal
		limit  int
	}{
		{"anonymous, one a page", anonymous, 1},
		{"anonymous, two a page", anonymous, 2},
		{"anonymous, twenty a page", anonymous, 20},
		{"owner, seven a page", owner, 7},
		{"owner, a hundred a page", owner, 100},
		{"owner, more than is looked at", owner, 300},
	} {
		var want []int
		for n := last; n >= 1; n-- {
			if shown[n] || test.caller.UserID == "owner" {
				want = append(want, n)
			}
		}
		if diff := cmp.Diff(want, w.allVersions(t, test.caller, id, test.limit)); diff != "" {
			t.Errorf("%s: numbers (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestVersionPageBeginsAnywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.manyVersions(t, 3, nil).ID
	for _, test := range []struct{ before, first, next int }{
		{-1, 3, 3}, {0, 3, 3}, {1, 0, 0}, {2, 1, 0}, {3, 2, 2}, {4, 3, 3}, {5, 3, 3}, {1 << 40, 3, 3},
	} {
		versions, next, err := w.library.FindVersions(t.Context(), owner, promptz.KindPrompt, id, test.before, 1)
		first := 0
		if len(versions) == 1 {
			first = versions[0].Number
		}
		if err != nil || first != test.first || next != test.next {
			t.Errorf("below %d: version %d, next %d, %v; want %d, %d", test.before, first, next, err, test.first, test.next)
		}
	}
}

// TestVersionPageReadsLittle bounds the round trips to the store that one page
// costs where little may be seen.
func TestVersionPageReadsLittle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.manyVersions(t, 101, map[int]bool{101: true}).ID
	w.items.reads.Store(0)
	versions, _, err := w.library.FindVersions(t.Context(), anonymous, promptz.KindPrompt, id, 0, 2)
	if err != nil || len(versions) != 1 {
		t.Fatalf("got %d versions, %v; want 1", len(versions), err)
	}
	if got := w.items.reads.Load(); got > 8 {
		t.Errorf("a page of two cost %d reads one after another", got)
	}
}

// TestVersionThatIsPurgedMeanwhile deletes the item, and all that belonged to it,
// between the reading of the item and of its version.
func TestVersionThatIsPurgedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := states["public"](t, w)
	w.items.beforeVersion = func() {
		w.items.beforeVersion = nil
		if err := w.delete(t, owner, item.ID); err != nil {
			t.Fatal(err)
		}
		w.clock.advance(1)
		if swept, err := w.items.Sweep(t.Context()); err != nil || swept.Purged != 1 {
			t.Fatalf("swept %+v, %v", swept, err)
		}
	}
	got, want := w.findVersion(t, anonymous, item.ID, 2), w.findVersion(t, anonymous, "0123456789ab", 2)
	if diff := cmp.Diff(shownOf(t, want), shownOf(t, got)); diff != "" {
		t.Errorf("(-absent +purged):\n%s", diff)
	}
}
