package mail

import (
	"strings"
	"unicode/utf8"
)

// textWidth is how wide lines of the text part are, in characters, so that a
// reply that quotes them stays within 78 (RFC 5322, section 2.1.1).
const textWidth = 72

// fill breaks the lines of each paragraph anew. Lines that begin with a space stay
// as they are, and so do words that are longer than a line.
func fill(text string) string {
	var out []string
	column := 0 // where the next word may join the last line; 0 is nowhere
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" || strings.HasPrefix(line, " ") {
			if line != "" || len(out) > 0 && out[len(out)-1] != "" {
				out = append(out, line)
			}
			column = 0
			continue
		}
		for word := range strings.FieldsSeq(line) {
			width := utf8.RuneCountInString(word)
			if column > 0 && column+1+width <= textWidth {
				out[len(out)-1] += " " + word
				column += 1 + width
				continue
			}
			out = append(out, word)
			column = width
		}
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n"
}
