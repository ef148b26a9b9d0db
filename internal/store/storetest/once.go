package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"promptz/internal/promptz"
)

func testOnce(t *testing.T, f *fixture) {
	once := &promptz.Once{UserID: "owner", Key: "a key, not a path: ../#", Body: [32]byte{1}}
	if id, err := f.library.FindOnce(t.Context(), once); id != "" || err != nil {
		t.Fatalf("before: %q, %v", id, err)
	}
	item := f.newItem(t, promptz.KindPrompt, "owner")
	if err := f.library.CreateItem(t.Context(), item, promptz.Marks{Once: once}); err != nil {
		t.Fatal(err)
	}
	if id, err := f.library.FindOnce(t.Context(), once); id != item.ID || err != nil {
		t.Errorf("after: %q, %v; want %q", id, err, item.ID)
	}
	again := f.newItem(t, promptz.KindPrompt, "owner")
	err := f.library.CreateItem(t.Context(), again, promptz.Marks{Once: once})
	if !errors.Is(err, promptz.ErrAlreadyDone) {
		t.Errorf("again: got %v, want ErrAlreadyDone", err)
	}
	_, err = f.library.FindItem(t.Context(), again.ID, true)
	wantCode(t, err, promptz.CodeNotFound)

	_, err = f.library.FindOnce(t.Context(), &promptz.Once{UserID: "owner", Key: once.Key, Body: [32]byte{2}})
	wantCode(t, err, promptz.CodeNotValid)
	if id, err := f.library.FindOnce(t.Context(), &promptz.Once{UserID: "other", Key: once.Key, Body: once.Body}); id != "" || err != nil {
		t.Errorf("another user's: %q, %v; want nothing", id, err)
	}
}

func testOnceRace(t *testing.T, f *fixture) {
	const callers = 20
	once := &promptz.Once{UserID: "owner", Key: "k"}
	items := make([]*promptz.Item, callers)
	for i := range items {
		items[i] = f.newItem(t, promptz.KindPrompt, "owner")
	}
	made := 0
	for i, err := range inParallel(callers, func(i int) error {
		return f.library.CreateItem(context.WithoutCancel(t.Context()), items[i], promptz.Marks{Once: once})
	}) {
		switch {
		case err == nil:
			made++
		case !errors.Is(err, promptz.ErrAlreadyDone):
			t.Errorf("caller %d: got %v, want ErrAlreadyDone", i, err)
		}
	}
	owned := f.list(t, allLists("owner")["owned"])
	if made != 1 || len(owned) != 1 {
		t.Errorf("%d callers made one, %d items are there; want 1 and 1", made, len(owned))
	}
}

func testOnceExpires(t *testing.T, f *fixture) {
	once := &promptz.Once{UserID: "owner", Key: "k"}
	create := func() error {
		return f.library.CreateItem(t.Context(), f.newItem(t, promptz.KindPrompt, "owner"), promptz.Marks{Once: once})
	}
	if err := create(); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(24*time.Hour + time.Second)
	if id, err := f.library.FindOnce(t.Context(), once); id != "" || err != nil {
		t.Errorf("after a day: %q, %v; want nothing", id, err)
	}
	if err := create(); err != nil {
		t.Errorf("an expired record was not taken over: %v", err)
	}
	if _, err := f.library.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := create(); !errors.Is(err, promptz.ErrAlreadyDone) {
		t.Errorf("the sweep took the new record: got %v, want ErrAlreadyDone", err)
	}
}

func testSource(t *testing.T, f *fixture) {
	if _, found, err := f.library.FindSource(t.Context(), "owner", "prompts/a.md"); found || err != nil {
		t.Fatalf("before: %t, %v", found, err)
	}
	item := f.newItem(t, promptz.KindPrompt, "owner")
	source := &promptz.Source{OwnerID: "owner", Path: "prompts/a.md", Hash: "h1"}
	if err := f.library.CreateItem(t.Context(), item, promptz.Marks{Source: source}); err != nil {
		t.Fatal(err)
	}
	old := f.find(t, item.ID)
	again := f.newItem(t, promptz.KindPrompt, "owner")
	if err := f.library.CreateItem(t.Context(), again, promptz.Marks{Source: source}); !errors.Is(err, promptz.ErrAlreadyDone) {
		t.Errorf("a second item of the source: got %v, want ErrAlreadyDone", err)
	}
	source.Hash, source.ItemID = "h2", item.ID
	if err := f.library.UpdateItem(t.Context(), old, f.edited(old, "second text", ""), promptz.Marks{Source: source}); err != nil {
		t.Fatal(err)
	}
	got, found, err := f.library.FindSource(t.Context(), "owner", "prompts/a.md")
	want := promptz.Source{OwnerID: "owner", Path: "prompts/a.md", Hash: "h2", ItemID: item.ID, Version: 2}
	if err != nil || !found || got != want {
		t.Errorf("got %+v, %t, %v; want %+v", got, found, err, want)
	}
	if _, found, _ := f.library.FindSource(t.Context(), "other", "prompts/a.md"); found {
		t.Error("another owner's import found it")
	}
}
