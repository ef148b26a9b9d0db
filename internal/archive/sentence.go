package archive

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// minSentence is how many characters a sentence has at least: what ends before
// is an abbreviation or a number.
const minSentence = 20

var (
	// lineMarker is what Markdown puts before a line of a list or a quotation.
	lineMarker = regexp.MustCompile(`^(?:(?:[>*+-]|\d+[.)]) +)+`)
	// noProse is a line of Markdown that says nothing by itself: a heading, a
	// fence, a rule, a tag, a comment, the border of a table.
	noProse = regexp.MustCompile("^(?:#{1,6} .*|```.*|~~~.*|[-*_=|: ]*|<[^>]*>)$")
	// structured is how JSON begins, which nobody reads as a sentence.
	structured = regexp.MustCompile(`^\s*(?:\{\s*"|\[\s*[{"])`)
	// sentenceEnd is where a sentence ends, in Latin script and in Chinese.
	sentenceEnd = regexp.MustCompile(`[.!?]["')\]]*(?: |$)|[。！？]`)
)

// firstSentence is the first sentence of a Markdown text in one line, "" when it
// has none. A paragraph without a full stop is one.
func firstSentence(text string) string {
	if structured.MatchString(text) {
		return ""
	}
	paragraph := firstParagraph(text)
	for _, end := range sentenceEnd.FindAllStringIndex(paragraph, -1) {
		sentence := strings.TrimSpace(paragraph[:end[1]])
		if utf8.RuneCountInString(sentence) >= minSentence {
			return sentence
		}
	}
	return paragraph
}

// firstParagraph is the first run of lines that are prose, or the first entry of
// a list, in one line; no more of it than a description could hold.
func firstParagraph(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		prose, apart := !noProse.MatchString(line), lineMarker.MatchString(line)
		if b.Len() > 0 && (!prose || apart) || b.Len() > maxDescription*utf8.UTFMax {
			break
		}
		if prose {
			b.WriteString(strings.ReplaceAll(lineMarker.ReplaceAllString(line, ""), "**", "") + " ")
		}
	}
	return oneLine(stripControls(b.String()))
}

// stripControls leaves out what cannot stand in one line.
func stripControls(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || 0x7f <= r && r <= 0x9f {
			return -1
		}
		return r
	}, s)
}

// cutAtWord cuts s to at most limit characters, after a word where there is one,
// and marks the cut with "…".
func cutAtWord(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	cut := string([]rune(s)[:limit-1])
	if space := strings.LastIndexByte(cut, ' '); space > len(cut)/2 {
		cut = cut[:space]
	}
	return strings.TrimRight(cut, " ,;:–-") + "…"
}
