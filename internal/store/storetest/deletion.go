package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"promptz/internal/promptz"
	"promptz/internal/store"
)

func testDelete(t *testing.T, f *fixture) {
	item := f.newItem(t, promptz.KindPrompt, "owner")
	item.Visibility, item.Shown, item.PublishedAt = promptz.VisibilityPublic, true, item.CreatedAt
	one := f.create(t, item)
	two := f.update(t, one, f.edited(one, "second text", ""))
	if err := f.library.DeleteItem(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	f.wantGone(t, one.ID)

	f.clock.advance(1)
	swept, err := f.library.Sweep(t.Context())
	if err != nil || swept.Purged != 1 {
		t.Errorf("sweep: purged %d, %v; want 1", swept.Purged, err)
	}
	f.wantGone(t, one.ID)
	for n := 1; n <= 2; n++ {
		_, err := f.library.FindVersion(t.Context(), one.ID, n)
		wantCode(t, err, promptz.CodeNotFound)
	}
	f.wantEmpty(t)
	swept, err = f.library.Sweep(t.Context())
	if err != nil || swept.Purged != 0 {
		t.Errorf("second sweep: purged %d, %v; want 0", swept.Purged, err)
	}
}

// wantGone fails the test when the item is found or listed anywhere.
func (f *fixture) wantGone(t testing.TB, id string) {
	t.Helper()
	_, err := f.library.FindItem(t.Context(), id, true)
	wantCode(t, err, promptz.CodeNotFound)
	for name, filter := range allLists("owner") {
		if ids := f.list(t, filter); len(ids) != 0 {
			t.Errorf("list %s still has %v", name, ids)
		}
	}
}

// wantEmpty fails the test when any document is left but what tells of the past.
func (f *fixture) wantEmpty(t testing.TB) {
	t.Helper()
	iter := f.docs.Consistent.Query().Get(t.Context())
	defer iter.Stop()
	for {
		doc := map[string]any{}
		err := iter.Next(t.Context(), doc)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if key := doc[store.KeyField].(string); !strings.HasPrefix(key, "event#") && !strings.HasPrefix(key, "log#") {
			t.Errorf("%s is left", key)
		}
	}
}

func testSweepResumes(t *testing.T, f *fixture) {
	const items = 12
	for i := range items {
		item := f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
		item = f.update(t, item, f.edited(item, fmt.Sprint("text ", i), ""))
		if err := f.library.DeleteItem(t.Context(), item); err != nil {
			t.Fatal(err)
		}
	}
	f.clock.advance(1)
	// Stop the sweep again and again after a few reads of its context.
	for budget := 1; ; budget += 7 {
		ctx := &budgetContext{Context: t.Context()}
		ctx.left.Store(int64(budget))
		swept, err := f.library.Sweep(ctx)
		if err == nil {
			break
		}
		if budget > 10_000 {
			t.Fatalf("the sweep never ends: %v after %+v", err, swept)
		}
	}
	f.wantEmpty(t)
}

// budgetContext is cancelled after it was asked a number of times. Safe for
// concurrent use.
type budgetContext struct {
	context.Context
	left atomic.Int64
}

func (c *budgetContext) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return c.Context.Err()
}

func testUpdateDeleteRace(t *testing.T, f *fixture) {
	for range 5 {
		one := f.create(t, f.newItem(t, promptz.KindPrompt, "owner"))
		next := f.edited(one, "second text", promptz.VisibilityPublic)
		errs := inParallel(2, func(i int) error {
			ctx := context.WithoutCancel(t.Context())
			if i == 0 {
				return f.library.UpdateItem(ctx, one, next, promptz.Marks{})
			}
			return f.library.DeleteItem(ctx, one)
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("update: %v, delete: %v; want exactly one to win", errs[0], errs[1])
		}
		_, err := f.library.FindItem(t.Context(), one.ID, true)
		if errs[1] == nil {
			wantCode(t, errs[0], promptz.CodeNotFound)
			wantCode(t, err, promptz.CodeNotFound)
			continue
		}
		if err != nil || !errors.Is(errs[1], promptz.ErrStale) {
			t.Errorf("find: %v, delete: %v; want the item, and ErrStale", err, errs[1])
		}
	}
}
