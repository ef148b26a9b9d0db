package promptz_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"promptz/internal/promptz"
)

func TestNormalizeLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
	}{
		{"nothing", "", ""},
		{"as it is", "Review a change", "Review a change"},
		{"white space around", " \t\u00a0\u3000Review\r\n ", "Review"},
		{"white space alone", " \n\t\u2028", ""},
		{"inner white space stays", "a  b\tc", "a  b\tc"},
		{"composed", "Cre\u0300me", "Crème"},
		{"no compatibility folding", "ﬁ Ａ", "ﬁ Ａ"},
		{"an Angstrom sign is a letter", "\u212b", "\u00c5"},
		{"not UTF-8 stays, to be refused", "a\xff", "a\xff"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := promptz.NormalizeLine(tt.in); got != tt.want {
				t.Errorf("NormalizeLine(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestNormalizeText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
	}{
		{"nothing", "", ""},
		{"CRLF", "a\r\nb\r\n", "a\nb"},
		{"lone CR", "a\rb\r\rc", "a\nb\n\nc"},
		{"LF before CR is two", "a\n\rb", "a\n\nb"},
		{"CR before CRLF is two", "a\r\r\nb", "a\n\nb"},
		{"composed", "e\u0301\r\n", "é"},
		{"indentation of the first line", "    code\n    more", "    code\n    more"},
		{"a tab before the first line", "\tcode", "\tcode"},
		{"empty lines before it", "\n  \n\t\r\n    code", "    code"},
		{"empty lines inside", "a\n\n  \nb", "a\n\n  \nb"},
		{"two spaces before a break are Markdown's", "a  \nb", "a  \nb"},
		{"white space after it", "a \n\t\u00a0\n", "a"},
		{"white space alone", " \r\n \t", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := promptz.NormalizeText(tt.in); got != tt.want {
				t.Errorf("NormalizeText(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestFoldTag(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		a, b  string
		equal bool
	}{
		{"case", "Go", "gO", true},
		{"full width", "ＡＷＳ", "aws", true},
		{"composed or not", "e\u0301", "É", true},
		{"a letter that is composed in lower case only", "J\u030c", "\u01f0", true},
		{"the Kelvin sign", "\u212a8s", "k8s", true},
		{"another letter that looks alike", "а", "a", false},
		{"accents count", "résumé", "resume", false},
		{"spaces count", "a b", "ab", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := promptz.FoldTag(tt.a), promptz.FoldTag(tt.b)
			if (a == b) != tt.equal {
				t.Errorf("FoldTag: %q and %q, want equal %t", a, b, tt.equal)
			}
		})
	}
}

// FuzzNormalize: what is normalised has the stored form and stays as it is.
func FuzzNormalize(f *testing.F) {
	for _, s := range []string{
		"", " a ", "a\r\nb\rc\n", "\n\n    x\n", "e\u0301 ", "\u0301 e", " \u0301", "\r\u0301", "\xff\u0301\xc3",
		"a" + long("\u0301", 40), "\u1100\u1161\u11a8", "\u2126\u2000", "J\u030c", "İ\u0345", "\ufeff\n a", "\u0085a\u0085\u2028",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, normalize := range map[string]func(string) string{"line": promptz.NormalizeLine, "text": promptz.NormalizeText, "tag": promptz.FoldTag} {
			once := normalize(s)
			if twice := normalize(once); twice != once {
				t.Errorf("%s: %q becomes %q, then %q", name, s, once, twice)
			}
			if !norm.NFC.IsNormalString(once) && name != "tag" {
				t.Errorf("%s: %q is not NFC", name, once)
			}
		}
		if line := promptz.NormalizeLine(s); strings.TrimSpace(line) != line {
			t.Errorf("line: %q has white space around it", line)
		}
		if text := promptz.NormalizeText(s); strings.ContainsRune(text, '\r') || strings.HasPrefix(text, "\n") {
			t.Errorf("text: %q", text)
		}
	})
}
