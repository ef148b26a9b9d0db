package archive_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"promptz/internal/archive"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// longContent is the longest content that a version may have, in bytes too.
var longContent = strings.Repeat("😀", 200_000-8)

// longItem is a store of one item with many versions of the greatest length,
// which takes what it is given back and keeps nothing.
type longItem struct {
	*store.Library
	versions int

	mu    sync.Mutex
	taken map[int]string // digests by number
	made  *promptz.Item
	heap  uint64 // the most that was seen
}

func (l *longItem) version(n int) (*promptz.Version, error) {
	v := &promptz.Version{
		Text: promptz.Text{
			Name: "Long one", Description: "Is as long as can be.", Content: fmt.Sprintf("%08d", n) + longContent,
			Howto: strings.Repeat(`"`, 4000),
		},
		ItemID: itemID, Number: n, AuthorID: annID, CreatedAt: noon,
	}
	digest, err := v.Text.Digest()
	v.Digest = digest
	return v, err
}

func (l *longItem) ItemIDs(context.Context) ([]string, error) { return []string{itemID}, nil }

func (l *longItem) FindItem(context.Context, string, bool) (*promptz.Item, error) {
	v, err := l.version(l.versions)
	return &promptz.Item{
		Text: v.Text, ID: itemID, Kind: promptz.KindPrompt, OwnerID: annID, Visibility: promptz.VisibilityPrivate,
		Version: l.versions, Digest: v.Digest, Revision: 1, CreatedAt: noon, UpdatedAt: noon,
	}, err
}

func (l *longItem) FindVersion(_ context.Context, _ string, n int) (*promptz.Version, error) {
	return l.version(n)
}

func (l *longItem) PutVersion(_ context.Context, v *promptz.Version) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken[v.Number] = v.Digest
	if v.Number%20 == 0 {
		l.heap = max(l.heap, heap())
	}
	return nil
}

func (l *longItem) CreateCard(_ context.Context, item *promptz.Item) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made = item
	if len(l.taken) != l.versions {
		return fmt.Errorf("the card comes after %d versions", len(l.taken))
	}
	return nil
}

// heap is how much memory is in use, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestLongHistory takes an item out and in whose versions are more than memory
// need hold. It is not parallel, since it measures memory.
func TestLongHistory(t *testing.T) {
	versions, most := 345, uint64(24<<20)
	if testing.Short() {
		versions = 60
	}
	d := newDeployment(t)
	long := &longItem{Library: d.items, versions: versions, taken: map[int]string{}}
	path := filepath.Join(t.TempDir(), "export.tar.gz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	before := heap()
	written, err := archive.NewExporter(long, d.identity).Export(t.Context(), f)
	if err != nil || written.Versions != versions {
		t.Fatalf("exported %+v, %v", written, err)
	}
	report, err := archive.NewImporter(d.library, long, d.identity, clock).Import(t.Context(), archive.Request{
		Principal: d.ann, Paths: []string{path}, Workers: 4,
	})
	if err != nil || report.Created != 1 {
		t.Fatalf("imported %+v, %v", report, err)
	}
	if long.made == nil || long.made.Digest != long.taken[versions] {
		t.Errorf("made %+v", long.made)
	}
	if long.heap > before+most {
		t.Errorf("%d MiB were in use, %d before", long.heap>>20, before>>20)
	}
	t.Logf("%d MiB were in use at most, %d before", long.heap>>20, before>>20)
}
