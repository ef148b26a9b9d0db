package mail_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Letters read as their golden files do.
func TestLettersGolden(t *testing.T) {
	t.Parallel()
	for _, kind := range promptz.LetterKinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			compareGolden(t, string(kind), send(t, letter(kind)))
		})
		t.Run(string(kind)+" of nobody", func(t *testing.T) {
			t.Parallel()
			l := letter(kind)
			l.Handle, l.Link, l.Client, l.Network = "", "", "", "unknown"
			compareGolden(t, string(kind)+"-sparse", send(t, l))
		})
	}
}

func compareGolden(t *testing.T, name string, s sent) {
	t.Helper()
	for file, got := range map[string]string{name + ".txt": "Subject: " + s.subject + "\n\n" + s.text, name + ".html": s.html} {
		path := filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got; -update writes it anew)\n%s", path, diff)
		}
	}
}

// Lines of the text part fit, but for a link, which must not be broken.
func TestTextWidth(t *testing.T) {
	t.Parallel()
	for _, kind := range promptz.LetterKinds {
		l := letter(kind)
		for line := range strings.SplitSeq(send(t, l).text, "\n") {
			if line != l.Link && utf8.RuneCountInString(line) > 72 {
				t.Errorf("%s: a line of %d characters: %q", kind, utf8.RuneCountInString(line), line)
			}
		}
		if !strings.Contains(send(t, l).text, "\n"+l.Link) {
			t.Errorf("%s: the link is not a line of its own", kind)
		}
	}
}

// A mail client gets nothing from elsewhere, which would tell when it is read.
func TestNoRemoteContent(t *testing.T) {
	t.Parallel()
	for _, kind := range promptz.LetterKinds {
		html := send(t, letter(kind)).html
		for _, loads := range []string{"<img", "<link", "<script", "src=", "url(", "@import", "@font-face", "<iframe"} {
			if strings.Contains(html, loads) {
				t.Errorf("%s.html has %s", kind, loads)
			}
		}
	}
}
