package archive_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/archive"
	"promptz/internal/promptz"
)

// newFull is a deployment with what an export may meet: two users, all kinds,
// several versions, one of them erased, a draft, and a deleted item.
func newFull(t testing.TB) *deployment {
	t.Helper()
	d := newDeployment(t)
	d.createUser(t, "0000000000bb", "bob")
	dir := write(t, "content", map[string]string{
		"prompts/a.md": fullPage, "rules/b.md": "# Rule\n\n    indented\n\nAlways <b>do</b> this & that.",
		"agents/c/agent.json": agentFileJSON, "prompts/gone.md": goodPage,
	})
	if report, _ := d.run(t, "", dir); report.Created != 4 {
		t.Fatalf("report %+v", report.Counts)
	}
	for _, h := range d.all(t) {
		switch h.Item.Name {
		case "Good one":
			err := d.library.DeleteItem(t.Context(), d.ann, h.Item.Kind, h.Item.ID, func(*promptz.Item) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
		case "Rule":
			d.edit(t, h.Item, "Second text")
			d.edit(t, h.Item, "Third text")
			if err := d.library.EraseVersion(t.Context(), d.ann, h.Item.Kind, h.Item.ID, 2); err != nil {
				t.Fatal(err)
			}
			d.count(t, h.Item)
		}
	}
	return d
}

// count has an item starred by Ann and Bob, who takes it back the next day, and
// viewed in two months.
func (d *deployment) count(t testing.TB, item *promptz.Item) {
	t.Helper()
	for _, user := range []string{annID, "0000000000bb"} {
		if err := d.items.PutStar(t.Context(), promptz.Star{ItemID: item.ID, UserID: user, At: noon}); err != nil {
			t.Fatal(err)
		}
	}
	for _, days := range [][]promptz.DayStats{
		{{Day: promptz.DayOf(noon).AddDate(0, 0, -2), Stats: promptz.Stats{Stars: 2, Copies: 3}}, {Day: promptz.DayOf(noon).AddDate(0, 0, -1), Stats: promptz.Stats{Stars: -1}}},
		{{Day: promptz.DayOf(noon), Stats: promptz.Stats{Stars: 1, Views: 7, Downloads: 1}}},
	} {
		if err := d.items.PutDays(t.Context(), item.ID, days); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *deployment) edit(t testing.TB, item *promptz.Item, content string) {
	t.Helper()
	_, err := d.library.UpdateItem(t.Context(), d.ann, item.Kind, item.ID, func(cur *promptz.Item) (promptz.Draft, error) {
		draft := promptz.Draft{Text: cur.Text, Visibility: cur.Visibility, Note: "Now: " + content}
		draft.Content = content
		return draft, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func archiveFile(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.tar.gz")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRoundTrip exports, imports into an empty deployment, and exports the same
// bytes again.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	from := newFull(t)
	first := from.export(t)
	if again := from.export(t); !bytes.Equal(first, again) {
		t.Fatal("two exports of the same content differ")
	}
	file := archiveFile(t, first)

	to := newEmpty(t)
	report, rejects := to.run(t, "", file)
	if diff := cmp.Diff(archive.Report{Counts: archive.Counts{Created: 3}, Users: 2}, *report); diff != "" {
		t.Errorf("report (-want +got), refused %+v:\n%s", rejects, diff)
	}
	if second := to.export(t); !bytes.Equal(first, second) {
		t.Errorf("exports differ (-first +second):\n%s", cmp.Diff(unpack(t, first), unpack(t, second)))
	}
	again, _ := to.run(t, "", file)
	if diff := cmp.Diff(archive.Report{Counts: archive.Counts{Unchanged: 3}}, *again); diff != "" {
		t.Errorf("second import (-want +got):\n%s", diff)
	}
	for _, h := range to.all(t) {
		if got, err := to.library.FindItem(t.Context(), to.ann, h.Item.Kind, h.Item.ID); err != nil || got.Owner.Handle != "ann" {
			t.Errorf("find %s: owner %+v, %v", h.Item.Name, got, err)
		}
	}
}

// TestRealRoundTrip does the same with what real people wrote.
func TestRealRoundTrip(t *testing.T) {
	t.Parallel()
	from, to := newDeployment(t), newEmpty(t)
	from.run(t, "", realData(t))
	first := from.export(t)
	if report, _ := to.run(t, "", archiveFile(t, first)); report.Created != 93+638 || report.Refused != 0 {
		t.Errorf("report %+v", report.Counts)
	}
	if !bytes.Equal(first, to.export(t)) {
		t.Error("exports differ")
	}
}

// TestLargestAgent takes the settings whose indented form is the longest there and
// back.
func TestLargestAgent(t *testing.T) {
	t.Parallel()
	numbers := strings.TrimSuffix(strings.Repeat("1,", 32<<10-50), ",")
	deep := strings.Repeat("[", 14) + numbers + strings.Repeat("]", 14)
	from, to := newDeployment(t), newEmpty(t)
	report, rejects := from.run(t, "", write(t, "content", map[string]string{
		"agents/deep.json": `{"name":"Deep","description":"As deep as can be.","prompt":"Go.","toolsSettings":{"a":` + deep + `}}`,
	}))
	if report.Created != 1 {
		t.Fatalf("refused %+v", rejects)
	}
	first := from.export(t)
	if report, rejects := to.run(t, "", archiveFile(t, first)); report.Created != 1 {
		t.Errorf("report %+v, refused %+v", report.Counts, rejects)
	}
	if !bytes.Equal(first, to.export(t)) {
		t.Error("exports differ")
	}
}

// TestLayout looks at an archive as a person would who unpacked it.
func TestLayout(t *testing.T) {
	t.Parallel()
	d := newFull(t)
	files := unpack(t, d.export(t))
	want := `{"id":"0000000000aa","handle":"ann"}` + "\n" + `{"id":"0000000000bb","handle":"bob"}` + "\n"
	if diff := cmp.Diff(want, files["users.jsonl"]); diff != "" {
		t.Errorf("users.jsonl (-want +got):\n%s", diff)
	}
	for _, h := range d.all(t) {
		dir := "items/" + h.Item.ID + "/"
		for _, v := range h.Versions {
			name := dir + string(rune('0'+v.Number)) + ".md"
			if got, there := files[name]; there == v.Erased || got != v.Content {
				t.Errorf("%s is %q (there: %t), want %q", name, got, there, v.Content)
			}
			delete(files, name)
		}
		said := files[dir+"item.json"]
		if !strings.Contains(said, `"name": "`+h.Item.Name+`"`) {
			t.Errorf("item.json: %s", said)
		}
		if diff := cmp.Diff(indented(t, said), said); diff != "" {
			t.Errorf("item.json is not indented like JSON (-want +got):\n%s", diff)
		}
		delete(files, dir+"item.json")
	}
	for _, h := range d.all(t) {
		if h.Item.Name != "Rule" {
			continue
		}
		stars := `{"item":"` + h.Item.ID + `","user":"0000000000bb","at":"2026-03-01T12:00:00Z"}` + "\n" +
			`{"item":"` + h.Item.ID + `","user":"0000000000aa","at":"2026-03-01T12:00:00Z"}` + "\n"
		if diff := cmp.Diff(stars, files["stars.jsonl"]); diff != "" {
			t.Errorf("stars.jsonl (-want +got):\n%s", diff)
		}
		months := `{"item":"` + h.Item.ID + `","days":[{"day":"2026-02-27","stars":2,"copies":3,"downloads":0,"views":0},{"day":"2026-02-28","stars":-1,"copies":0,"downloads":0,"views":0}]}` + "\n" +
			`{"item":"` + h.Item.ID + `","days":[{"day":"2026-03-01","stars":1,"copies":0,"downloads":1,"views":7}]}` + "\n"
		if diff := cmp.Diff(months, files["months.jsonl"]); diff != "" {
			t.Errorf("months.jsonl (-want +got):\n%s", diff)
		}
	}
	if len(files) != 3 {
		t.Errorf("there are more files: %v", files)
	}
}

// Counts are the same in the deployment that an archive was imported into, also
// when that was done twice, and rebuilding them changes nothing.
func TestCountsAreBrought(t *testing.T) {
	t.Parallel()
	from, to := newFull(t), newEmpty(t)
	file := archiveFile(t, from.export(t))
	for round := range 2 {
		to.run(t, "", file)
		for _, h := range from.all(t) {
			stats, err := to.items.FindStats(t.Context(), h.Item.ID)
			if err != nil || stats != h.Item.Stats {
				t.Errorf("round %d: %s has %+v (%v), want %+v", round, h.Item.Name, stats, err, h.Item.Stats)
			}
			if was, is, err := to.items.RebuildStats(t.Context(), h.Item.ID); err != nil || was != is {
				t.Errorf("round %d: %s is rebuilt from %+v to %+v (%v)", round, h.Item.Name, was, is, err)
			}
		}
	}
}

// An archive of a time when nothing was counted is imported as it is.
func TestArchiveWithoutCounts(t *testing.T) {
	t.Parallel()
	to := newEmpty(t)
	report, rejects := to.run(t, "", archiveFile(t, pack(t, goodArchive(t)[:starsEntry])))
	if report.Created != 1 {
		t.Errorf("report %+v, refused %+v", report.Counts, rejects)
	}
}

func indented(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unpack gives the files of an archive, and checks that their headers say
// nothing of where and when it was made.
func unpack(t testing.TB, b []byte) map[string]string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if !zip.ModTime.IsZero() || zip.Name != "" {
		t.Errorf("the gzip tells its time or name")
	}
	files := map[string]string{}
	for r := tar.NewReader(zip); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.ModTime.Unix() != 0 || h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" || h.Mode != 0o644 {
			t.Errorf("the header of %s tells more than its name: %+v", h.Name, h)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = string(content)
	}
}

// TestImportBesideOthers imports into a deployment where some things are there
// already, and others are in the way.
func TestImportBesideOthers(t *testing.T) {
	t.Parallel()
	from := newFull(t)
	file := archiveFile(t, from.export(t))

	t.Run("the handle is taken", func(t *testing.T) {
		t.Parallel()
		to := newEmpty(t)
		to.createUser(t, "0000000000cc", "Ann")
		report, rejects := to.run(t, "", file)
		if report.Refused != 4 || report.Users != 1 || len(to.all(t)) != 0 {
			t.Errorf("report %+v", report)
		}
		if r := rejects[0]; r.Path != "export.tar.gz/users.jsonl#"+annID || !strings.Contains(r.Reason, "Change the handle") {
			t.Errorf("refused %+v", r)
		}
	})
	t.Run("the user is there under another handle", func(t *testing.T) {
		t.Parallel()
		to := newEmpty(t)
		to.createUser(t, annID, "anna")
		if report, _ := to.run(t, "", file); report.Created != 3 || report.Users != 1 {
			t.Errorf("report %+v", report)
		}
		if u, err := to.identity.FindUser(t.Context(), annID); err != nil || u.Handle != "anna" {
			t.Errorf("user %+v, %v", u, err)
		}
	})
	t.Run("items were edited and deleted since", func(t *testing.T) {
		t.Parallel()
		to := newEmpty(t)
		to.run(t, "", file)
		all := to.all(t)
		to.edit(t, all[0].Item, "Something else")
		err := to.library.DeleteItem(t.Context(), to.ann, all[1].Item.Kind, all[1].Item.ID, func(*promptz.Item) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		report, rejects := to.run(t, "", file)
		if diff := cmp.Diff(archive.Counts{Unchanged: 1, Refused: 1, Deleted: 1}, report.Counts); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		if len(rejects) != 1 || rejects[0].Path != "export.tar.gz/items/"+all[0].Item.ID {
			t.Errorf("refused %+v", rejects)
		}
	})
}
