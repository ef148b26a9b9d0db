package archive_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/archive"
	"promptz/internal/promptz"
)

// entry is a file of an archive in the making.
type entry struct {
	header  tar.Header
	content string
}

// pack makes an archive of entries.
func pack(t testing.TB, entries []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for _, e := range entries {
		if e.header.Typeflag == 0 {
			e.header.Typeflag = tar.TypeReg
		}
		if e.header.Typeflag == tar.TypeReg {
			e.header.Size = int64(len(e.content))
		}
		if err := w.WriteHeader(&e.header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const itemID = "0000000000zz"

// goodArchive is a sound archive of one user and one item with two versions.
func goodArchive(t testing.TB) []entry {
	t.Helper()
	var versions []string
	for i, content := range []string{"One", "Two"} {
		text := promptz.Text{Name: "Good one", Description: "Is good enough.", Content: content}
		digest, err := text.Digest()
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, `{"number":`+string(rune('1'+i))+`,"name":"Good one","description":"Is good enough.",`+
			`"digest":"`+digest+`","shown":true,"author":"`+annID+`","createdAt":"2026-01-01T00:00:00Z"}`)
	}
	return []entry{
		{tar.Header{Name: "users.jsonl"}, `{"id":"` + annID + `","handle":"ann"}` + "\n"},
		{tar.Header{Name: "items/" + itemID + "/item.json"}, `{"id":"` + itemID + `","kind":"prompt","owner":"` + annID +
			`","visibility":"public","revision":2,"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-02T00:00:00Z",` +
			`"publishedAt":"2026-01-01T00:00:00Z","stats":{"stars":0,"copies":0,"downloads":0,"views":0},` +
			`"versions":[` + strings.Join(versions, ",") + `]}`},
		{tar.Header{Name: "items/" + itemID + "/1.md"}, "One"},
		{tar.Header{Name: "items/" + itemID + "/2.md"}, "Two"},
		{tar.Header{Name: "stars.jsonl"}, `{"item":"` + itemID + `","user":"` + annID + `","at":"2026-01-03T00:00:00Z"}` + "\n"},
		{tar.Header{Name: "months.jsonl"}, `{"item":"` + itemID + `","days":[` +
			`{"day":"2026-01-03","stars":1,"copies":2,"downloads":3,"views":4},{"day":"2026-01-04","stars":0,"copies":1,"downloads":0,"views":0}]}` + "\n"},
	}
}

// spoiler makes a bad archive of a good one.
type spoiler func(*testing.T, []entry) []entry

// The entries of goodArchive.
const usersEntry, itemEntry, oneEntry, twoEntry, starsEntry, monthsEntry = 0, 1, 2, 3, 4, 5

// replace spoils an entry's content.
func replace(i int, old, new string) spoiler {
	return func(t *testing.T, e []entry) []entry {
		t.Helper()
		changed := strings.Replace(e[i].content, old, new, 1)
		if changed == e[i].content {
			t.Fatalf("there is no %q to replace", old)
		}
		e[i].content = changed
		return e
	}
}

// insert spoils an archive with an entry in its midst.
func insert(i int, h tar.Header, content string) spoiler {
	return func(_ *testing.T, e []entry) []entry { return slices.Insert(e, i, entry{h, content}) }
}

// add spoils an archive with one entry more.
func add(h tar.Header, content string) spoiler {
	return func(_ *testing.T, e []entry) []entry { return append(e, entry{h, content}) }
}

var badArchives = []struct {
	name   string
	spoil  spoiler
	reason string
}{
	{"up", add(tar.Header{Name: "../../etc/passwd"}, "x"), "not what belongs there"},
	{"up from an item", add(tar.Header{Name: "items/../items/" + itemID + "/item.json"}, "x"), "not what belongs there"},
	{"absolute", add(tar.Header{Name: "/etc/passwd"}, "x"), "not what belongs there"},
	{"symbolic link", add(tar.Header{Name: "items/a", Typeflag: tar.TypeSymlink, Linkname: "/etc"}, ""), "not a regular file"},
	{"hard link", add(tar.Header{Name: "items/a", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}, ""), "not a regular file"},
	{"device", add(tar.Header{Name: "items/a", Typeflag: tar.TypeChar, Devmajor: 1}, ""), "not a regular file"},
	{"pipe", add(tar.Header{Name: "items/a", Typeflag: tar.TypeFifo}, ""), "not a regular file"},
	{"folder", add(tar.Header{Name: "items/a/", Typeflag: tar.TypeDir}, ""), "not a regular file"},
	{"unknown file", insert(starsEntry, tar.Header{Name: "stars.json"}, ""), "not what belongs there"},
	{"something after the counts", add(tar.Header{Name: "months.jsonl"}, ""), "not what belongs there"},
	{"months missing", func(_ *testing.T, e []entry) []entry { return e[:monthsEntry] }, `"months.jsonl" is missing`},
	{"stars missing", func(_ *testing.T, e []entry) []entry { return append(e[:starsEntry], e[monthsEntry]) }, "not what belongs there"},
	{"star on nothing", replace(starsEntry, itemID, "0000000000yy"), "no item in it"},
	{"star of nobody", replace(starsEntry, annID, "0000000000yy"), "no user in it"},
	{"star to come", replace(starsEntry, "2026-01-03", "2036-01-03"), "no time of the past"},
	{"star without time", replace(starsEntry, `,"at":"2026-01-03T00:00:00Z"`, ""), "no time of the past"},
	{"star with a name", replace(starsEntry, `"at"`, `"name":"x","at"`), "unknown field"},
	{"counts of nothing", replace(monthsEntry, itemID, "0000000000yy"), "no item in it"},
	{"count of no day", replace(monthsEntry, "2026-01-03", "2026-01-33"), "not a day"},
	{"count of a day to come", replace(monthsEntry, `"2026-01-03","stars":1,"copies":2,"downloads":3,"views":4},{"day":"2026-01-04"`, `"2036-01-03"`), "no day of the past"},
	{"day twice", replace(monthsEntry, "2026-01-04", "2026-01-03"), "there twice"},
	{"days of two months", replace(monthsEntry, "2026-01-04", "2026-02-04"), "another month"},
	{"no days", func(_ *testing.T, e []entry) []entry {
		e[monthsEntry].content = `{"item":"` + itemID + `","days":[]}`
		return e
	}, "no days"},
	{"file twice", insert(starsEntry, tar.Header{Name: "items/" + itemID + "/2.md"}, "Two"), "not what belongs there"},
	{"item twice", func(_ *testing.T, e []entry) []entry { return slices.Insert(e, starsEntry, e[itemEntry:starsEntry]...) }, "there twice"},
	{"other order", func(_ *testing.T, e []entry) []entry { slices.Reverse(e[itemEntry:]); return e }, "not what belongs there"},
	{"no users", func(_ *testing.T, e []entry) []entry { return e[itemEntry:] }, `which is "users.jsonl"`},
	{"nothing", func(*testing.T, []entry) []entry { return nil }, "is missing"},
	{"content missing", func(_ *testing.T, e []entry) []entry { return e[:oneEntry] }, "is missing"},
	{"other content", replace(oneEntry, "One", "Two"), "not what its digest says"},
	{"content not UTF-8", replace(oneEntry, "One", "\xff"), "not UTF-8"},
	{"bomb", replace(oneEntry, "One", strings.Repeat("x", 1<<20+1)), "too large"},
	{"user twice", func(_ *testing.T, e []entry) []entry { e[usersEntry].content += e[usersEntry].content; return e }, "there twice"},
	{"bad user id", replace(usersEntry, annID, "../../../../"), "is not an id"},
	{"bad handle", replace(usersEntry, `"ann"`, `"a n"`), "handle"},
	{"reserved handle", replace(usersEntry, `"ann"`, `"admin"`), "reserved"},
	{"address of a user", replace(usersEntry, `"handle"`, `"email":"a@b.example","handle"`), "unknown field"},
	{"long line", replace(usersEntry, `"ann"`, `"`+strings.Repeat("a", 70<<10)+`"`), "token too long"},
	{"no JSON", replace(itemEntry, "{", "["), "item.json"},
	{"unknown member", replace(itemEntry, `"id"`, `"hidden":1,"id"`), "unknown field"},
	{"two values", replace(itemEntry, `{"id"`, `{} {"id"`), "no versions"},
	{"other id", replace(itemEntry, itemID, "0000000000yy"), "is about the item"},
	{"bad kind", replace(itemEntry, `"prompt"`, `"poem"`), "no kind"},
	{"unknown owner of a draft", func(t *testing.T, e []entry) []entry {
		e = replace(itemEntry, `"visibility":"public"`, `"visibility":"private"`)(t, e)
		return replace(itemEntry, `"owner":"`+annID, `"owner":"0000000000ee`)(t, e)
	}, "not among its users"},
	{"bad author", replace(itemEntry, `"author":"`+annID, `"author":"ann`), "not an id"},
	{"bad visibility", replace(itemEntry, `"public"`, `"secret"`), "visibility"},
	{"no versions", replace(itemEntry, `"versions":[`, `"versions":[],"x":[`), "no versions"},
	{"numbers with a gap", replace(itemEntry, `"number":1`, `"number":7`), "version 7 stands where version 1 belongs"},
	{"bad digest", replace(itemEntry, `"digest":"sha256:`, `"digest":"sha256:0`), "not what its digest says"},
	{"name too short", replace(itemEntry, `"Good one"`, `"G"`), "digest"},
	{"erased with a text", replace(itemEntry, `"shown":true`, `"shown":true,"erased":true`), "erased and has a text"},
	{"never published", replace(itemEntry, `"publishedAt":"2026-01-01T00:00:00Z",`, ``), "never published"},
	{"time too fine", replace(itemEntry, `"createdAt":"2026-01-01T00:00:00Z"`, `"createdAt":"2026-01-01T00:00:00.0001Z"`), "finer than a millisecond"},
	{"no time", replace(itemEntry, `"updatedAt":"2026-01-02T00:00:00Z",`, ``), "time is missing"},
	{"item from tomorrow", replace(itemEntry, `"updatedAt":"2026-01-02T00:00:00Z"`, `"updatedAt":"2026-03-02T12:00:00.001Z"`), "yet to come"},
	{"published in the year 9999", replace(itemEntry, `"publishedAt":"2026`, `"publishedAt":"9999`), "yet to come"},
	{"version from 1969", replace(itemEntry, `"author":"`+annID+`","createdAt":"2026-01-01T00:00:00Z"`,
		`"author":"`+annID+`","createdAt":"1969-12-31T23:59:59Z"`), "before 1970"},
	{"item from 1969", replace(itemEntry, `"createdAt":"2026-01-01T00:00:00Z"`, `"createdAt":"1969-12-31T23:59:59Z"`), "before 1970"},
	{"versions not last", replace(itemEntry, `}]}`, `}],"draft":true}`), "stands where"},
	{"a value after the item", replace(itemEntry, `}]}`, `}]}{}`), "something follows"},
	{"item.json cut", replace(itemEntry, `}]}`, `}`), "where ] belongs: EOF"},
	{"item.json not UTF-8", replace(itemEntry, `"author":"`, "\"note\":\"\xff\",\"author\":\""), "not UTF-8"},
	{"facts too large", replace(itemEntry, `"number":1`, `"note":"`+strings.Repeat("x", 4<<20)+`","number":1`), "too large"},
	{"head too large", replace(itemEntry, `"id"`, strings.Repeat(" ", 2<<20)+`"id"`), "too large"},
	{"negative count", replace(monthsEntry, `"copies":2`, `"copies":-2`), "below zero"},
	{"no revision", replace(itemEntry, `"revision":2`, `"revision":0`), "revision"},
}

// TestBadArchives refuses archives as a whole: nothing of them is there.
func TestBadArchives(t *testing.T) {
	t.Parallel()
	for _, tt := range badArchives {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newEmpty(t)
			report, rejects := d.run(t, "", archiveFile(t, pack(t, tt.spoil(t, goodArchive(t)))))
			if len(rejects) != 1 || rejects[0].Path != "export.tar.gz" || !strings.Contains(rejects[0].Reason, tt.reason) {
				t.Errorf("refused %+v, want one for %q", rejects, tt.reason)
			}
			if diff := cmp.Diff(archive.Report{Counts: archive.Counts{Refused: 1}}, *report); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGoodArchive is what makes TestBadArchives mean something.
func TestGoodArchive(t *testing.T) {
	t.Parallel()
	d := newEmpty(t)
	entries := goodArchive(t)
	// A clock may be a day ahead.
	entries = replace(itemEntry, `"updatedAt":"2026-01-02T00:00:00Z"`, `"updatedAt":"2026-03-02T12:00:00Z"`)(t, entries)
	report, rejects := d.run(t, "", archiveFile(t, pack(t, entries)))
	if diff := cmp.Diff(archive.Report{Counts: archive.Counts{Created: 1}, Users: 1}, *report); diff != "" {
		t.Errorf("report (-want +got), refused %+v:\n%s", rejects, diff)
	}
}

// TestDamaged refuses bytes that are no archive, or not all of one.
func TestDamaged(t *testing.T) {
	t.Parallel()
	good := pack(t, goodArchive(t))
	flipped := bytes.Clone(good)
	flipped[len(flipped)-6] ^= 1 // in the sum of the gzip
	for name, b := range map[string][]byte{
		"empty": nil, "not gzip": []byte("hello"), "cut": good[:len(good)-30],
		"sum": flipped, "more": append(bytes.Clone(good), good...), "garbage": append(bytes.Clone(good), "x"...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newEmpty(t)
			if report, rejects := d.run(t, "", archiveFile(t, b)); report.Refused != 1 || report.Users != 0 {
				t.Errorf("report %+v, refused %+v", report, rejects)
			}
		})
	}
}

// TestArchiveLimits holds sound archives to limits that are smaller than they.
func TestArchiveLimits(t *testing.T) {
	t.Parallel()
	good := pack(t, goodArchive(t))
	const enough = 1 << 20
	tests := []struct {
		name           string
		facts, content int64
		total          int64
		files          int
		want           string
	}{
		{"within", enough, 3, enough, 6, ""},
		{"item.json", 20, 3, enough, 6, "item.json\" in it: decode archive: it is too large"},
		{"content", enough, 2, enough, 6, "1.md\" in it is too large"},
		{"all together", enough, 3, 100, 6, "unpacked"},
		{"files", enough, 3, enough, 5, "more than 5 files"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := archive.Limits{Facts: tt.facts, Content: tt.content, Total: tt.total, Files: tt.files}
			err := archive.Verify(t.Context(), bytes.NewReader(good), noon, l)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzArchive reads whatever there is: it never fails but by a refusal.
func FuzzArchive(f *testing.F) {
	good := pack(f, goodArchive(f))
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte("hello"))
	f.Add(pack(f, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := archive.Verify(t.Context(), bytes.NewReader(b), noon, archive.Limits{
			Facts: 1 << 20, Content: 1 << 20, Total: 1 << 20, Files: 100,
		})
		if err != nil && promptz.ErrorCode(err) != promptz.CodeNotValid {
			t.Errorf("error %v", err)
		}
	})
}
