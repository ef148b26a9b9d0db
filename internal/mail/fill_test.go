package mail_test

import (
	"strings"
	"testing"

	"promptz/internal/mail"
	"promptz/internal/promptz"
)

// Paragraphs of the text part are broken at 72 characters, whatever lines their
// template has.
func TestFill(t *testing.T) {
	t.Parallel()
	word := strings.Repeat("x", 35)
	long := strings.Repeat("y", 100)
	tests := []struct{ name, text, want string }{
		{"it fits", word + "\n" + word + "z", word + " " + word + "z"},
		{"one too many", word + "z " + word + "z", word + "z\n" + word + "z"},
		{"characters, not bytes", strings.Repeat("ü", 36) + " " + word, strings.Repeat("ü", 36) + " " + word},
		{"a word too long", "see " + long + " there", "see\n" + long + "\nthere"},
		{"paragraphs", "a\n\n\n\nb\r\n\r\nc", "a\n\nb\n\nc"},
		{"indented", "a\n  b  c \nd", "a\n  b  c\nd"},
		{"blank ends", "\n\n a\n\n", " a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var box postbox
			dir := writeTemplate(t, "code.txt", tt.text+"\n\n{{.Code}}")
			m, err := mail.NewMailer(openTemplates(t, dir), mail.NewRawSender(&box), "", publicURL)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Send(t.Context(), letter(promptz.LetterCode)); err != nil {
				t.Fatal(err)
			}
			if got, want := read(t, box.mails[0]).text, tt.want+"\n\n12345678\n"; got != want {
				t.Errorf("text\n%q, want\n%q", got, want)
			}
		})
	}
}

// A name begins no line of its own, and turns nothing around.
func TestNamesStayInLine(t *testing.T) {
	t.Parallel()
	l := letter(promptz.LetterCode)
	l.Handle = "maria,\n\n    8765 4321\n\n\u202e"
	if s := send(t, l); !strings.HasPrefix(s.text, "Hello maria,??") || strings.Contains(s.html, "\u202e") {
		t.Errorf("the name is quoted as it is:\n%s", s.text)
	}
}
