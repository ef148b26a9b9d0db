package archive_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"promptz/internal/archive"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// changing is a store whose content changes under its reader: so often a read
// of an item, or of a version, does not find it.
type changing struct {
	*store.Library
	items, versions atomic.Int64 // how many reads are still to fail
	then            func()       // called at every read that fails
}

func (c *changing) lost(left *atomic.Int64, what string) error {
	if left.Add(-1) < 0 {
		return nil
	}
	c.then()
	return promptz.Errorf(promptz.CodeNotFound, "There is no such %s.", what)
}

func (c *changing) FindItem(ctx context.Context, id string, consistent bool) (*promptz.Item, error) {
	if err := c.lost(&c.items, "item"); err != nil {
		return nil, err
	}
	return c.Library.FindItem(ctx, id, consistent)
}

func (c *changing) FindVersion(ctx context.Context, id string, n int) (*promptz.Version, error) {
	if err := c.lost(&c.versions, "version"); err != nil {
		return nil, err
	}
	return c.Library.FindVersion(ctx, id, n)
}

// TestExportOfChanging leaves out an item that is deleted while it is read, and
// no other: what changes is read again, or the export fails.
func TestExportOfChanging(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name            string
		items, versions int64
		deleted         bool
		want            int    // items
		reason          string // of a failure
	}{
		{name: "nothing changes", want: 1},
		{name: "the item changes", items: 4, want: 1},
		{name: "a version changes", versions: 4, want: 1},
		{name: "the item never stands still", items: 1000, reason: itemID},
		{name: "a version never stands still", versions: 1000, reason: itemID},
		{name: "the item is deleted", items: 1, deleted: true},
		{name: "a version is deleted with the item", versions: 1, deleted: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newEmpty(t)
			d.run(t, "", archiveFile(t, pack(t, goodArchive(t))))
			items := &changing{Library: d.items, then: func() {
				if tt.deleted {
					d.deleteItem(t, itemID)
				}
			}}
			items.items.Store(tt.items)
			items.versions.Store(tt.versions)
			written, err := archive.NewExporter(items, d.identity).Export(t.Context(), new(strings.Builder))
			if tt.reason == "" && err != nil || tt.reason != "" && (err == nil || !strings.Contains(err.Error(), tt.reason)) {
				t.Errorf("error %v, want one with %q", err, tt.reason)
			}
			if written.Items != tt.want || written.Versions != 2*tt.want {
				t.Errorf("wrote %+v, want %d items", written, tt.want)
			}
		})
	}
}

func (d *deployment) deleteItem(t testing.TB, id string) {
	t.Helper()
	item, err := d.items.FindItem(t.Context(), id, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.items.DeleteItem(t.Context(), item); err != nil {
		t.Fatal(err)
	}
}

// refusing is a store that does not take some version. It writes whatever its
// context says, as one may that is slow to learn of its end.
type refusing struct {
	*store.Library
	number int
}

func (r *refusing) PutVersion(ctx context.Context, v *promptz.Version) error {
	if v.Number == r.number {
		return promptz.Errorf(promptz.CodeUnavailable, "The store is down.")
	}
	return r.Library.PutVersion(context.WithoutCancel(ctx), v)
}

func (r *refusing) CreateCard(ctx context.Context, item *promptz.Item) error {
	return r.Library.CreateCard(context.WithoutCancel(ctx), item)
}

// TestRestoreFails makes no item of which a version could not be written, and
// completes it at the next run.
func TestRestoreFails(t *testing.T) {
	t.Parallel()
	for n := range 2 {
		d := newEmpty(t)
		file := archiveFile(t, pack(t, goodArchive(t)))
		importer := archive.NewImporter(d.library, &refusing{d.items, n + 1}, d.identity, clock)
		_, err := importer.Import(t.Context(), archive.Request{Principal: d.ann, Paths: []string{file}})
		if promptz.ErrorCode(err) != promptz.CodeUnavailable {
			t.Errorf("version %d: error %v", n+1, err)
		}
		if ids, err := d.items.ItemIDs(t.Context()); err != nil || len(ids) != 0 {
			t.Errorf("version %d: items %v, %v", n+1, ids, err)
		}
		if report, _ := d.run(t, "", file); report.Created != 1 {
			t.Errorf("version %d: second run %+v", n+1, report.Counts)
		}
		if versions := d.history(t, itemID).Versions; versions[0].Content != "One" || versions[1].Content != "Two" {
			t.Errorf("version %d: the second run made %+v", n+1, versions)
		}
	}
}
