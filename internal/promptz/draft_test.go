package promptz_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// draftTest changes a valid draft and says which fields are wrong then.
type draftTest struct {
	name   string
	change func(d *promptz.Draft)
	want   []string
}

func (tt draftTest) run(t *testing.T, kind promptz.Kind) {
	t.Run(tt.name, func(t *testing.T) {
		t.Parallel()
		d := validDraft()
		tt.change(&d)
		if diff := cmp.Diff(tt.want, wrong(t, d.Prepare(kind))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPrepareLeavesAValidDraftAsItIs(t *testing.T) {
	t.Parallel()
	for _, info := range promptz.Kinds {
		d := validDraft()
		if err := d.Prepare(info.Kind); err != nil {
			t.Errorf("%s: %v", info.Kind, err)
		}
		if diff := cmp.Diff(validDraft(), d); diff != "" {
			t.Errorf("%s: %s", info.Kind, diff)
		}
	}
}

func TestPrepareBringsEveryFieldIntoItsForm(t *testing.T) {
	t.Parallel()
	d := promptz.Draft{
		Text: promptz.Text{
			Name: " Cre\u0300me\n", Description: "\tA de\u0301scription of it ", Content: "\r\n    cre\u0300me\r\n\rend \n", Howto: "\n  how\rto\t",
			Tags: []string{" Cre\u0300me "}, SourceURL: " https://example.org/ ", License: "MIT ",
		},
		Visibility: promptz.VisibilityPublic, Note: "\u00a0first ",
	}
	want := promptz.Draft{
		Text: promptz.Text{
			Name: "Crème", Description: "A déscription of it", Content: "    crème\n\nend", Howto: "  how\nto",
			Tags: []string{"Crème"}, SourceURL: "https://example.org/", License: "MIT",
		},
		Visibility: promptz.VisibilityPublic, Note: "first",
	}
	given := d.Tags
	if err := d.Prepare(promptz.KindPrompt); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
	if given[0] != " Cre\u0300me " {
		t.Error("the caller's tags were written to")
	}
}

// Lengths are in characters, whatever their bytes. Each field is tried at its
// limits and one beyond.
func TestPrepareLimits(t *testing.T) {
	t.Parallel()
	fields := []struct {
		pointer  string
		set      func(d *promptz.Draft, s string)
		min, max int
	}{
		{"/name", func(d *promptz.Draft, s string) { d.Name = s }, 3, 200},
		{"/description", func(d *promptz.Draft, s string) { d.Description = s }, 10, 500},
		{"/content", func(d *promptz.Draft, s string) { d.Content = s }, 1, 200_000},
		{"/howto", func(d *promptz.Draft, s string) { d.Howto = s }, 0, 4000},
		{"/note", func(d *promptz.Draft, s string) { d.Note = s }, 0, 500},
		{"/tags/1", func(d *promptz.Draft, s string) { d.Tags = []string{"other", s} }, 1, 40},
	}
	for _, f := range fields {
		for _, letter := range []string{"x", "é", "漢", "𝒳", "e\u0301"} { // the last is one character once composed
			set := func(n int) func(d *promptz.Draft) { return func(d *promptz.Draft) { f.set(d, long(letter, n)) } }
			name := f.pointer + " of " + letter
			draftTest{name + ", longest", set(f.max), nil}.run(t, promptz.KindPrompt)
			draftTest{name + ", too long", set(f.max + 1), []string{f.pointer + " too_long"}}.run(t, promptz.KindPrompt)
			draftTest{name + ", shortest", set(f.min), nil}.run(t, promptz.KindPrompt)
			if f.min > 1 {
				draftTest{name + ", too short", set(f.min - 1), []string{f.pointer + " too_short"}}.run(t, promptz.KindPrompt)
			}
		}
	}
}

func TestPrepareText(t *testing.T) {
	t.Parallel()
	for _, tt := range []draftTest{
		{"white space does not count", func(d *promptz.Draft) { d.Name = "  ab  " }, []string{"/name too_short"}},
		{"nor does it make a name too long", func(d *promptz.Draft) { d.Name = " " + long("x", 200) + "\n" }, nil},
		{"no name", func(d *promptz.Draft) { d.Name = "" }, []string{"/name too_short"}},
		{"a name of two lines", func(d *promptz.Draft) { d.Name = "one\ntwo" }, []string{"/name control_character"}},
		{"a tab in a description", func(d *promptz.Draft) { d.Description = "with a\ttab inside" }, []string{"/description control_character"}},
		{"a note of two lines", func(d *promptz.Draft) { d.Note = "a\r\nb" }, []string{"/note control_character"}},
		{"newline and tab in content", func(d *promptz.Draft) { d.Content = "a\n\tb\r\nc\rd" }, nil},
		{"NUL in content", func(d *promptz.Draft) { d.Content = "a\x00b" }, []string{"/content control_character"}},
		{"escape in content", func(d *promptz.Draft) { d.Content = "a\x1b[31mb" }, []string{"/content control_character"}},
		{"form feed in content", func(d *promptz.Draft) { d.Content = "a\fb" }, []string{"/content control_character"}},
		{"delete in a howto", func(d *promptz.Draft) { d.Howto = "a\x7fb" }, []string{"/howto control_character"}},
		{"a C1 control in a name", func(d *promptz.Draft) { d.Name = "abc\u0085def" }, []string{"/name control_character"}},
		{"emoji with joiners", func(d *promptz.Draft) { d.Name = "👩\u200d💻 helper" }, nil},
		{"a name that is not UTF-8", func(d *promptz.Draft) { d.Name = "abc\xffdef" }, []string{"/name control_character"}},
		{"half a character at the end of content", func(d *promptz.Draft) { d.Content = "caf\xc3" }, []string{"/content control_character"}},
		{"a surrogate in UTF-8", func(d *promptz.Draft) { d.Content = "\xed\xa0\x80" }, []string{"/content control_character"}},
		{"an overlong slash", func(d *promptz.Draft) { d.Howto = "\xc0\xaf" }, []string{"/howto control_character"}},
		{"a replacement character that was typed", func(d *promptz.Draft) { d.Content = "\ufffd" }, nil},
	} {
		tt.run(t, promptz.KindPrompt)
	}
}

func TestPrepareTags(t *testing.T) {
	t.Parallel()
	tags := func(tags ...string) func(d *promptz.Draft) { return func(d *promptz.Draft) { d.Tags = tags } }
	many := func(n int) []string {
		var tags []string
		for i := range n {
			tags = append(tags, string(rune('a'+i)))
		}
		return tags
	}
	for _, tt := range []draftTest{
		{"none", tags(), nil},
		{"as many as may be", tags(many(20)...), nil},
		{"one more", tags(many(21)...), []string{"/tags too_long"}},
		{"all that is allowed", tags("Aa09 .+#-", "C#", "日本語", "é", "हिन्दी", "٣"), nil},
		{"twice", tags("go", "go"), []string{"/tags duplicate"}},
		{"twice but for case", tags("Go", "x", "gO"), []string{"/tags duplicate"}},
		{"twice but for white space around", tags("go", " go "), []string{"/tags duplicate"}},
		{"twice but for composition", tags("é", "E\u0301"), []string{"/tags duplicate"}},
		{"twice but for width", tags("aws", "ＡＷＳ"), []string{"/tags duplicate"}},
		{"twice, composed in lower case only", tags("J\u030c", "\u01f0"), []string{"/tags duplicate"}},
		{"empty", tags("a", "", "b"), []string{"/tags/1 too_short"}},
		{"white space alone", tags("a", "b", " \t"), []string{"/tags/2 too_short"}},
		{"several bad ones", tags("a/b", "ok", "c,d", long("x", 41)), []string{"/tags/0 bad_character", "/tags/2 bad_character", "/tags/3 too_long"}},
		{"underscore", tags("a_b"), []string{"/tags/0 bad_character"}},
		{"markup", tags("<b>"), []string{"/tags/0 bad_character"}},
		{"emoji", tags("🚀"), []string{"/tags/0 bad_character"}},
		{"a tab inside", tags("a\tb"), []string{"/tags/0 bad_character"}},
		{"a space that does not break", tags("a\u00a0b"), []string{"/tags/0 bad_character"}},
		{"not UTF-8", tags("a\xff"), []string{"/tags/0 bad_character"}},
	} {
		tt.run(t, promptz.KindRule)
	}
}

func TestPrepareSourceURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, url, code string
	}{
		{"none", "", ""},
		{"with everything that may be", "https://example.org:8443/a/b?c=d&e=%20#f", ""},
		{"upper-case scheme", "HTTPS://example.org/", ""},
		{"another script", "https://例え.jp/日本", ""},
		{"an address", "https://[2001:db8::1]/", ""},
		{"white space around it", "\t https://example.org/ \n", ""},
		{"as long as may be", "https://example.org/" + long("x", 2028), ""},
		{"in characters", "https://example.org/" + long("é", 2028), ""},
		{"one more", "https://example.org/" + long("x", 2029), "too_long"},
		{"http", "http://example.org/", "not_https"},
		{"a script", "javascript:alert(1)//https://x", "not_https"},
		{"data", "data:text/html,https://x", "not_https"},
		{"no scheme", "//example.org/", "not_https"},
		{"no host", "https:///path", "not_https"},
		{"a port alone", "https://:443/", "not_https"},
		{"no slashes", "https:example.org", "not_https"},
		{"back slashes", `https:\\example.org`, "not_https"},
		{"a back slash in the host", `https://example.org\@evil.org/`, "not_https"},
		{"a user", "https://me@example.org/", "not_https"},
		{"a user and a password", "https://me:secret@example.org/", "not_https"},
		{"an empty user", "https://@example.org/", "not_https"},
		{"a space in the host", "https://exa mple.org/", "not_https"},
		{"a bad escape", "https://example.org/%zz", "not_https"},
		{"a bad port", "https://example.org:port/", "not_https"},
		{"a line break inside", "https://example.org/\nSet-Cookie: a", "not_https"},
		{"a C1 control", "https://example.org/\u0085x", "not_https"},
		{"not UTF-8", "https://example.org/\xff", "not_https"},
	} {
		var want []string
		if tt.code != "" {
			want = []string{"/sourceUrl " + tt.code}
		}
		draftTest{tt.name, func(d *promptz.Draft) { d.SourceURL = tt.url }, want}.run(t, promptz.KindPrompt)
	}
}

func TestPrepareLicense(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, license, code string
	}{
		{"none", "", ""},
		{"one", "MIT-0", ""},
		{"or later", "GPL-2.0+", ""},
		{"an exception", "GPL-2.0-only WITH Classpath-exception-2.0", ""},
		{"a choice", "(MIT OR Apache-2.0) AND BSD-3-Clause", ""},
		{"one's own", "LicenseRef-Promptz.1", ""},
		{"white space around it", " MIT\n", ""},
		{"as long as may be", long("x", 100), ""},
		{"one more", long("x", 101), "too_long"},
		{"words", "the MIT license", "not_spdx"},
		{"a small operator", "MIT or Apache-2.0", "not_spdx"},
		{"an operator without a licence", "MIT OR", "not_spdx"},
		{"an operator alone", "AND", ""}, // has the form of a licence: the list of them is not ours
		{"a URL", "https://example.org/license", "not_spdx"},
		{"two spaces", "MIT  OR Apache-2.0", "not_spdx"},
		{"two lines", "MIT\nApache-2.0", "not_spdx"},
		{"another script", "ＭＩＴ", "not_spdx"},
		{"not UTF-8", "MIT\xff", "not_spdx"},
	} {
		var want []string
		if tt.code != "" {
			want = []string{"/license " + tt.code}
		}
		draftTest{tt.name, func(d *promptz.Draft) { d.License = tt.license }, want}.run(t, promptz.KindPrompt)
	}
}

func TestPrepareVisibility(t *testing.T) {
	t.Parallel()
	for visibility, want := range map[promptz.Visibility][]string{
		promptz.VisibilityPrivate: nil,
		promptz.VisibilityPublic:  nil,
		"":                        {"/visibility not_one_of"},
		"Public":                  {"/visibility not_one_of"},
		" public":                 {"/visibility not_one_of"},
		"private public":          {"/visibility not_one_of"},
		"unlisted":                {"/visibility not_one_of"},
	} {
		draftTest{"visibility " + string(visibility), func(d *promptz.Draft) { d.Visibility = visibility }, want}.run(t, promptz.KindPrompt)
	}
}

func TestPrepareContentByKind(t *testing.T) {
	t.Parallel()
	want := map[promptz.Kind][]string{
		promptz.KindPrompt: {"/content required"},
		promptz.KindRule:   {"/content required"},
		promptz.KindAgent:  nil,
	}
	for _, info := range promptz.Kinds {
		for _, empty := range []string{"", " \r\n\t\u00a0"} {
			draftTest{string(info.Kind) + " with " + empty, func(d *promptz.Draft) { d.Content = empty }, want[info.Kind]}.run(t, info.Kind)
		}
	}
}

func TestPrepareUnknownKind(t *testing.T) {
	t.Parallel()
	for _, kind := range []promptz.Kind{"", "Prompt", "prompts", "skill"} {
		d := validDraft()
		if err := d.Prepare(kind); promptz.ErrorCode(err) != promptz.CodeNotValid {
			t.Errorf("Prepare(%q) = %v, want %s", kind, err, promptz.CodeNotValid)
		}
	}
}

// All that is wrong is said at once.
func TestPrepareNamesEveryField(t *testing.T) {
	t.Parallel()
	d := promptz.Draft{
		Text: promptz.Text{
			Name:        "a\x00b",
			Description: "short",
			Howto:       long("x", 4001),
			Tags:        []string{"ok", "not/ok", ""},
			SourceURL:   "http://example.org/",
			License:     "free!",
			Agent:       &promptz.AgentSettings{Tools: []string{""}, Resources: []string{"a", long("r", 1001)}},
		},
		Visibility: "secret",
		Note:       long("n", 501),
	}
	want := []string{
		"/name control_character", "/description too_short", "/howto too_long", "/tags/1 bad_character", "/tags/2 too_short",
		"/sourceUrl not_https", "/license not_spdx", "/agent/tools/0 too_short", "/agent/resources/1 too_long",
		"/visibility not_one_of", "/note too_long", "/content required", "/agent not_allowed",
	}
	if diff := cmp.Diff(want, wrong(t, d.Prepare(promptz.KindRule))); diff != "" {
		t.Error(diff)
	}
}
