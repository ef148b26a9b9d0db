package promptz_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"promptz/internal/promptz"
)

func TestNewID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		random string
		want   string
	}{
		{"the first letters of the alphabet", "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b", "0123456789ab"},
		{"the rest of it", "\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17", "cdefghjkmnpq"},
		{"and its end, then high bits that do not count", "\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20\x40\x80\xff", "rstvwxyz000z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := promptz.NewID(strings.NewReader(tt.random + "more"))
			if got != tt.want || err != nil {
				t.Errorf("NewID = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestNewIDFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("no entropy")
	if id, err := promptz.NewID(iotest.ErrReader(broken)); id != "" || !errors.Is(err, broken) {
		t.Errorf("NewID = %q, %v, want the reader's error", id, err)
	}
	short := bytes.NewReader(make([]byte, promptz.IDLength-1))
	if id, err := promptz.NewID(short); id != "" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("NewID = %q, %v, want no id of too little randomness", id, err)
	}
}

func TestNewIDsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id, err := promptz.NewID(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !promptz.ValidID(id) || seen[id] {
			t.Fatalf("id %q is not valid or was drawn before", id)
		}
		seen[id] = true
	}
}

func TestParseRef(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		ref  string
		ok   bool
	}{
		{"an id", someID, true},
		{"a slug", "review-a-change-" + someID, true},
		{"a slug with another name", "renamed-" + someID, true},
		{"a slug of a name in other letters", "zażółć-" + someID, true},
		{"words that look like an id", "zzzzzzzzzzzz-" + someID, true},
		{"empty", "", false},
		{"too short", someID[1:], false},
		{"no dash before the id", "x" + someID, false},
		{"another dash", "review\u2010" + someID, false},
		{"upper case", strings.ToUpper(someID), false},
		{"a letter that is none", "0123456789al", false},
		{"i", "i23456789abc", false},
		{"o", "o23456789abc", false},
		{"u", "u23456789abc", false},
		{"a space after it", someID + " ", false},
		{"a newline after it", someID + "\n", false},
		{"NUL inside", "012345\x006789a", false},
		{"a slash after it", "review-" + someID + "/", false},
		{"a path", "../../etc/passwd", false},
		{"a key of a document", "x-#" + someID[1:], false},
		{"cut through a character", "é" + someID[1:], false},
		{"letters of more than one byte", long("é", 6), false},
		{"not UTF-8", long("\xff", 12), false},
		{"very long", long("a", 1<<16), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			id, ok := promptz.ParseRef(tt.ref)
			if ok != tt.ok || ok && id != someID {
				t.Errorf("ParseRef(%q) = %q, %t, want %t", tt.ref, id, ok, tt.ok)
			}
		})
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, title, want string
	}{
		{"words", "Review a change", "review-a-change-"},
		{"accents", "Crème Brûlée", "creme-brulee-"},
		{"accents set apart already", "Cre\u0300me", "creme-"},
		{"a capital with a dot", "İstanbul", "istanbul-"},
		{"the Kelvin sign", "\u212a8s", "k8s-"},
		{"full width", "Ｇｏ　１", "go-1-"},
		{"a ligature", "ﬁx", "fix-"},
		{"capitals that hide in one character", "Go\u2122 \u2103", "gotm-c-"},
		{"other digits are gaps", "v\u0663x", "v-x-"},
		{"gaps at the ends and in a row", " --a  / b!! ", "a-b-"},
		{"a path", "../../etc/passwd", "etc-passwd-"},
		{"markup", "<b>x</b>", "b-x-b-"},
		{"line breaks", "a\r\nb\x00c", "a-b-c-"},
		{"not UTF-8", "a\xffb", "a-b-"},
		{"emoji alone", "🚀🚀", ""},
		{"another script alone", "日本語", ""},
		{"marks alone", "\u0301\u0301", ""},
		{"nothing", "", ""},
		{"exactly as long as may be", long("a", 80), long("a", 80) + "-"},
		{"longer", long("a", 81), long("a", 80) + "-"},
		{"cut at a gap", long("a", 79) + " b", long("a", 79) + "-"},
		{"cut after a gap", long("a", 78) + " bc", long("a", 78) + "-b-"},
		{"letters of more than one byte", long("é", 200), long("e", 80) + "-"},
		{"one character that is many", long("\ufdfa", 50) + "x", "x-"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := promptz.Slug(tt.title, someID)
			if got != tt.want+someID {
				t.Errorf("Slug(%q) = %q, want %q", tt.title, got, tt.want+someID)
			}
		})
	}
}

// FuzzSlug: whatever the name, a slug is a safe segment of a path and leads to its id.
func FuzzSlug(f *testing.F) {
	for _, name := range []string{"", "Review", "../x", "İ™ ﬁ\u0301", "\xff\xfe", long("ab ", 100), "日本語 " + someID} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		slug := promptz.Slug(name, someID)
		if id, ok := promptz.ParseRef(slug); !ok || id != someID {
			t.Fatalf("ParseRef(%q) = %q, %t", slug, id, ok)
		}
		if rest := strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789-"); rest != "" || slug[0] == '-' || strings.Contains(slug, "--") {
			t.Errorf("Slug(%q) = %q", name, slug)
		}
		if len(slug) > 80+1+promptz.IDLength {
			t.Errorf("Slug(%q) has %d bytes", name, len(slug))
		}
	})
}
