package promptz

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NormalizeLine brings a text of one line into the form that is stored: Unicode
// NFC, without white space around it.
func NormalizeLine(s string) string {
	return strings.TrimSpace(norm.NFC.String(s))
}

// NormalizeText brings a text of many lines into the form that is stored:
// Unicode NFC, lines ended by \n alone, no empty lines before it and no white
// space after it. The first line keeps its indentation, which Markdown reads.
func NormalizeText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(norm.NFC.String(s))
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	for {
		line, rest, more := strings.Cut(s, "\n")
		if !more || strings.TrimSpace(line) != "" {
			return s
		}
		s = rest
	}
}

// FoldTag gives the form in which tags are equal.
func FoldTag(tag string) string {
	// Some letters are composed in lower case only, such as ǰ: once more after it.
	return norm.NFKC.String(strings.ToLower(norm.NFKC.String(tag)))
}

// isPlain tells whether s is valid UTF-8 without control characters but those in
// allowed.
func isPlain(s, allowed string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(allowed, r)
	}) < 0 && strings.ToValidUTF8(s, "") == s
}

// steering are characters that break a line or turn its direction: in a name
// they make what is shown another than what is stored.
const steering = "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

// isLine tells whether s is plain and shows as it stands.
func isLine(s string) bool { return isPlain(s, "") && !strings.ContainsAny(s, steering) }

// normalize brings every field of the draft into the form that is stored.
func (d *Draft) normalize() {
	d.Name = NormalizeLine(d.Name)
	d.Description = NormalizeLine(d.Description)
	d.Content = NormalizeText(d.Content)
	d.Howto = NormalizeText(d.Howto)
	d.SourceURL = NormalizeLine(d.SourceURL)
	d.License = NormalizeLine(d.License)
	d.Note = NormalizeLine(d.Note)
	tags := make([]string, len(d.Tags))
	for i, tag := range d.Tags {
		tags[i] = NormalizeLine(tag)
	}
	d.Tags = tags
	if d.Agent != nil && d.Agent.empty() {
		d.Agent = nil
	}
}
