package archive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/archive"
	"promptz/internal/promptz"
)

// again is a folder of three prompts that is imported again and again.
type again struct {
	*deployment
	dir string
}

func newAgain(t *testing.T) *again {
	t.Helper()
	return &again{newDeployment(t), write(t, "content", map[string]string{
		"prompts/a.md": "---\ntitle: Aaa\ndescription: The first of them.\n---\nOne",
		"prompts/b.md": "---\ntitle: Bbb\ndescription: The second of them.\n---\nOne",
		"prompts/c.md": "---\ntitle: Ccc\ndescription: The third of them.\n---\nOne",
	})}
}

// change gives a prompt the text "Two".
func (a *again) change(t *testing.T, name string) {
	t.Helper()
	path := filepath.Join(a.dir, "prompts", name)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), "One", "Two", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (a *again) expect(t *testing.T, step string, want archive.Counts) {
	t.Helper()
	report, _ := a.run(t, "", a.dir)
	if diff := cmp.Diff(want, report.Counts); diff != "" {
		t.Errorf("%s (-want +got):\n%s", step, diff)
	}
}

// TestAgain runs an import again and again while its sources change.
func TestAgain(t *testing.T) {
	t.Parallel()
	a := newAgain(t)
	a.expect(t, "first run", archive.Counts{Created: 3})
	a.expect(t, "nothing changed", archive.Counts{Unchanged: 3})
	a.change(t, "a.md")
	a.expect(t, "one changed", archive.Counts{Updated: 1, Unchanged: 2})
	a.expect(t, "and no more", archive.Counts{Unchanged: 3})
	var versions []int
	for _, h := range a.all(t) {
		versions = append(versions, h.Item.Version)
	}
	if diff := cmp.Diff([]int{2, 1, 1}, versions); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

// TestAgainAfterEdits leaves alone what was edited and deleted here.
func TestAgainAfterEdits(t *testing.T) {
	t.Parallel()
	a := newAgain(t)
	a.expect(t, "first run", archive.Counts{Created: 3})
	a.edit(t, a.all(t)[1].Item, "Edited")
	gone := a.all(t)[2].Item
	if err := a.library.DeleteItem(t.Context(), a.ann, gone.Kind, gone.ID, func(*promptz.Item) error { return nil }); err != nil {
		t.Fatal(err)
	}
	a.change(t, "b.md")
	a.change(t, "c.md")
	a.expect(t, "edited and deleted here", archive.Counts{Unchanged: 1, Edited: 1, Deleted: 1})
	if all := a.all(t); len(all) != 2 || all[1].Item.Content != "Edited" {
		t.Errorf("the edit was overwritten or the deleted item made again: %d items", len(all))
	}
}

// TestAgentFolderChanges counts a change in any of an agent's files.
func TestAgentFolderChanges(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	files := map[string]string{
		"agents/ops/agent.json": agentFileJSON, "agents/ops/prompt.md": "Do it.", "agents/ops/index.md": "---\ntitle: Ops\n---\n",
	}
	dir := write(t, "content", files)
	d.run(t, "", dir)
	for version, name := range []string{"agents/ops/prompt.md", "agents/ops/index.md", "agents/ops/agent.json"} {
		changed := strings.NewReplacer("Do", "Make", "Ops", "Operations", "fs_read", "fs_write").Replace(files[name])
		if err := os.WriteFile(filepath.Join(dir, name), []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
		if report, _ := d.run(t, "", dir); report.Updated != 1 {
			t.Errorf("%s: %+v", name, report.Counts)
		}
		if got := d.all(t)[0].Item.Version; got != version+2 {
			t.Errorf("%s: version %d, want %d", name, got, version+2)
		}
	}
}

// TestSameAct keeps the first of the rows with one act, whichever worker is
// faster.
func TestSameAct(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	dir := write(t, "content", map[string]string{
		"x.csv": "act,prompt\nSpeaker,Say this aloud.\nWriter,Write this down.\nSPEAKER,Say that.\n writer ,Write this down.\nWriter,Write this down.\n",
	})
	report, rejects := d.run(t, "", dir)
	// " writer " is not the same as "Writer": its name would be another.
	if diff := cmp.Diff(archive.Counts{Created: 2, Refused: 2, Skipped: 1}, report.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	for _, r := range rejects {
		if !strings.Contains(r.Reason, "has the same act and another prompt") {
			t.Errorf("refused: %+v", r)
		}
	}
	if got := d.all(t)[0].Item.Content; got != "Say this aloud." {
		t.Errorf("content %q", got)
	}
}

// TestSkipped names what is no item and says why.
func TestSkipped(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	dir := write(t, "content", map[string]string{
		"README.md": "x", "LICENSE": "x", "contribute.md": "x", "whats-new.md": "x", "prompts/_index.md": "x",
		"prompts/picture.png": "\x89PNG", "package.json": "{}", ".git/prompts/x.md": goodPage, "node_modules/rules/x.md": goodPage,
	})
	report, rejects := d.run(t, "", dir)
	if diff := cmp.Diff(archive.Counts{Skipped: 7}, report.Counts); diff != "" || len(rejects) != 0 {
		t.Errorf("counts (-want +got), refused %+v:\n%s", rejects, diff)
	}
	counts := map[string]int{}
	for _, n := range report.Notes {
		counts[n.Text] = n.Count
	}
	want := map[string]int{
		"skipped: a page about the content, not an item": 5, "skipped: not of a format that is imported": 2,
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	var b strings.Builder
	b.WriteString("act,prompt\n")
	for i := range 200 {
		fmt.Fprintf(&b, "Actor %d,Play the part %d.\n", i, i)
	}
	dir := write(t, "content", map[string]string{"x.csv": b.String()})
	var last archive.Progress
	calls := 0
	_, err := d.Import(t.Context(), archive.Request{
		Principal: d.ann, Paths: []string{dir}, Watch: func(p archive.Progress) {
			calls++
			if p.Done() != last.Done()+1 || p.Known < p.Done() || p.Known < last.Known {
				t.Errorf("progress went from %+v to %+v", last, p)
			}
			last = p
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if calls != 200 || last.Created != 200 || last.Known != 200 {
		t.Errorf("%d calls, the last %+v", calls, last)
	}
}

// failing is a library that fails for some item.
type failing struct {
	archive.Library
	calls atomic.Int64
	after int64
	err   error
}

func (f *failing) ImportItem(ctx context.Context, p promptz.Principal, in promptz.Import) (promptz.ImportOutcome, *promptz.Item, error) {
	if f.calls.Add(1) > f.after {
		return "", nil, f.err
	}
	return f.Library.ImportItem(ctx, p, in)
}

func manyPages(t *testing.T, n int) string {
	t.Helper()
	files := map[string]string{}
	for i := range n {
		files[fmt.Sprintf("prompts/p%d.md", i)] = fmt.Sprintf("# Page %d\n\nThis is the text of page %d.", i, i)
	}
	return write(t, "content", files)
}

// TestLibraryFails stops an import at an error that is not about one item.
func TestLibraryFails(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	down := promptz.Errorf(promptz.CodeUnavailable, "The store is down.")
	lib := &failing{Library: d.library, after: 3, err: down}
	imp := archive.NewImporter(lib, d.items, d.identity, clock)
	report, err := imp.Import(t.Context(), archive.Request{Principal: d.ann, Paths: []string{manyPages(t, 300)}, Workers: 1})
	if !errors.Is(err, down) {
		t.Errorf("error %v, want %v", err, down)
	}
	if report.Created != 3 || report.Refused != 0 || len(d.all(t)) != 3 {
		t.Errorf("report %+v, %d items", report.Counts, len(d.all(t)))
	}
	if calls := lib.calls.Load(); calls > 5 { // one that waited for its turn may come after the failure
		t.Errorf("the library was called %d times", calls)
	}
}

// TestCancel stops an import, and a second run completes it.
func TestCancel(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	dir := manyPages(t, 100)
	ctx, cancel := context.WithCancel(t.Context())
	report, err := d.Import(ctx, archive.Request{
		Principal: d.ann, Paths: []string{dir}, Workers: 1,
		Watch: func(p archive.Progress) {
			if p.Done() == 10 {
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	made := report.Created
	if made < 10 || made > 20 {
		t.Errorf("%d items were made", made)
	}
	again, _ := d.run(t, "", dir)
	if again.Created+again.Unchanged != 100 || again.Unchanged < made {
		t.Errorf("second run: %+v", again.Counts)
	}
}

// fullDisk is a writer with no room.
type fullDisk struct{}

var errFull = errors.New("no room")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestRejectsFail(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	dir := write(t, "content", map[string]string{"prompts/x.md": "\xff"})
	_, err := d.Import(t.Context(), archive.Request{Principal: d.ann, Paths: []string{dir}, Rejects: fullDisk{}})
	if !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
}
