package archive_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"promptz/internal/archive"
	"promptz/internal/promptz"
)

// FuzzPage reads whatever Markdown there is: it is refused, or becomes an item
// whose made fields fit the limits and whose content is the text's end.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		fullPage, goodPage, "", "---", "---\n---\n", "---\n\n---", "# Heading\n\nText.", "---\n? a\n: b\n---\n",
		"---\na: &a [*a]\n---\n", "---\ntags: [x, [y]]\n---\n", "---\ntitle: !!binary YQ==\n---\n", "{\"a\": 1}",
		"---\n%YAML 1.2\n---\n", "---\ndraft: yes\n---\nx", "- - - > 1. item", "\x00", "é" + strings.Repeat(" e", 600),
		"---\ncreatedAt: 2025-13-45\n---\nx", "---\n<<: {title: x}\n---\nx",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip()
		}
		item, err := archive.PageItem(text)
		if err != nil {
			if promptz.ErrorCode(err) != promptz.CodeNotValid {
				t.Errorf("error %v", err)
			}
			return
		}
		if !strings.HasSuffix(strings.ReplaceAll(text, "\r\n", "\n"), item.Draft.Content) {
			t.Errorf("content %q is not the end of the text", item.Draft.Content)
		}
		err = item.Draft.Prepare(item.Kind)
		if err != nil && promptz.ErrorCode(err) != promptz.CodeNotValid {
			t.Errorf("prepare: %v", err)
		}
		if n := utf8.RuneCountInString(item.Draft.Description); n < 10 || n > 500 {
			t.Errorf("the description has %d characters: %q", n, item.Draft.Description)
		}
	})
}
