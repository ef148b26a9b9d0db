package mail_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/mail"
	"promptz/internal/promptz"
)

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A mail has the headers that it needs, and no others.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := send(t, letter(promptz.LetterCode))
	contentType := s.header["Content-Type"]
	delete(s.header, "Content-Type")
	want := map[string][]string{
		"From":                     {"<promptz@prompts.example.com>"},
		"To":                       {"<maria@example.com>"},
		"Subject":                  {"Your code for prompts.example.com"},
		"Date":                     {"Mon, 23 Nov 2026 20:15:30 +0000"},
		"Message-Id":               {"<7h3q0x9k2m4n.code@prompts.example.com>"},
		"Mime-Version":             {"1.0"},
		"Auto-Submitted":           {"auto-generated"},
		"X-Auto-Response-Suppress": {"All"},
	}
	if diff := cmp.Diff(want, map[string][]string(s.header)); diff != "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
	if len(contentType) != 1 {
		t.Errorf("Content-Type %q, want one", contentType)
	}
	if diff := cmp.Diff([]string{"text/plain; charset=UTF-8", "text/html; charset=UTF-8"}, s.contentTypes); diff != "" {
		t.Errorf("parts (-want +got)\n%s", diff)
	}
	if s.from != "promptz@prompts.example.com" || s.to != "maria@example.com" {
		t.Errorf("envelope from %q to %q", s.from, s.to)
	}
}

// Whatever a field of a letter holds, it adds no header and no recipient.
func TestNoHeaderInjection(t *testing.T) {
	t.Parallel()
	const evil = "x\r\nBcc: eve@example.com\r\n\r\n.\r\nRCPT TO:<eve@example.com>"
	tests := []struct {
		name string
		set  func(l *promptz.Letter, evil string)
		sent bool // with it made harmless
	}{
		{"client", func(l *promptz.Letter, evil string) { l.Client = evil }, true},
		{"network", func(l *promptz.Letter, evil string) { l.Network = evil }, true},
		{"handle", func(l *promptz.Letter, evil string) { l.Handle = evil }, true},
		{"code", func(l *promptz.Letter, evil string) { l.Code = evil }, true},
		{"link", func(l *promptz.Letter, evil string) { l.Link = evil }, true},
		{"id", func(l *promptz.Letter, evil string) { l.ID = evil }, false},
		{"kind", func(l *promptz.Letter, evil string) { l.Kind = promptz.LetterKind(evil) }, false},
		{"address", func(l *promptz.Letter, evil string) { l.To = "maria@example.com" + evil }, false},
		{"quoted address", func(l *promptz.Letter, evil string) { l.To = `"` + evil + `"@example.com` }, false},
	}
	// Every field shows up in this subject.
	dir := writeTemplate(t, "code.subject.txt", "{{.To}} {{.Handle}} {{.Code}} {{.Link}} {{.Client}} {{.Network}}")
	for _, tt := range tests {
		for lines, text := range map[string]string{"CRLF": evil, "LF": strings.ReplaceAll(evil, "\r", ""), "CR": strings.ReplaceAll(evil, "\n", "")} {
			t.Run(tt.name+" "+lines, func(t *testing.T) {
				t.Parallel()
				l := letter(promptz.LetterCode)
				tt.set(&l, text)
				expectHarmless(t, dir, l, tt.sent)
			})
		}
	}
}

func expectHarmless(t *testing.T, templates string, l promptz.Letter, wantSent bool) {
	t.Helper()
	var box postbox
	m, err := mail.NewMailer(openTemplates(t, templates), mail.NewRawSender(&box), "", publicURL)
	if err != nil {
		t.Fatal(err)
	}
	err = m.Send(t.Context(), l)
	if !wantSent {
		if promptz.ErrorCode(err) != promptz.CodeNotValid || len(box.mails) != 0 {
			t.Errorf("error %v and %d mails, want a refusal for good", err, len(box.mails))
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	s := read(t, box.mails[0])
	if len(s.header) != 9 || s.header.Get("Bcc") != "" {
		t.Errorf("headers %v", s.header)
	}
	if len(s.header["Subject"]) != 1 || strings.ContainsAny(s.subject, "\r\n") {
		t.Errorf("subject %q", s.subject)
	}
	if s.to != "maria@example.com" {
		t.Errorf("to %q", s.to)
	}
}

// Only a bare address is one: the parser of package net/mail takes more.
func TestRecipients(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]string{
		"none": "", "no domain": "maria", "two": "maria@example.com, eve@example.com", "a name": "Maria <maria@example.com>",
		"brackets": "<maria@example.com>", "a comment": "maria@example.com (hello)", "spaces": " maria@example.com",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := letter(promptz.LetterCode)
			l.To = to
			var box postbox
			err := newMailer(t, mail.NewRawSender(&box)).Send(t.Context(), l)
			if promptz.ErrorCode(err) != promptz.CodeNotValid || len(box.mails) != 0 {
				t.Fatalf("error %v and %d mails, want a refusal for good", err, len(box.mails))
			}
			if strings.Contains(err.Error(), "maria") {
				t.Errorf("the error holds the address: %v", err)
			}
		})
	}
}

func TestMailFrom(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, from, publicURL, wantHeader, wantID string }{
		{"a name", "Prömptz <noreply@example.com>", publicURL, "=?utf-8?q?Pr=C3=B6mptz?= <noreply@example.com>", "prompts.example.com"},
		{"derived", "", "https://a.example:8443", "<promptz@a.example>", "a.example"},
		{"loopback", "", "http://127.0.0.1:8080", "<promptz@localhost>", "localhost"},
		{"loopback of IPv6", "", "http://[::1]:8080", "<promptz@localhost>", "localhost"},
		{"IPv4", "", "http://192.0.2.7:8080", "<promptz@[192.0.2.7]>", "[192.0.2.7]"},
		{"IPv6", "", "http://[2001:db8::1]:8080", "<promptz@localhost>", "localhost"},
		{"all of the machine's", "", "http://[::]:8080", "<promptz@localhost>", "localhost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var box postbox
			m, err := mail.NewMailer(openTemplates(t, ""), mail.NewRawSender(&box), tt.from, tt.publicURL)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Send(t.Context(), letter(promptz.LetterCode)); err != nil {
				t.Fatal(err)
			}
			s := read(t, box.mails[0])
			if got := s.header.Get("From"); !strings.EqualFold(got, tt.wantHeader) {
				t.Errorf("From %q, want %q", got, tt.wantHeader)
			}
			if got, want := s.header.Get("Message-Id"), "<7h3q0x9k2m4n.code@"+tt.wantID+">"; got != want {
				t.Errorf("Message-ID %q, want %q", got, want)
			}
		})
	}
}

func TestBadMailFrom(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"promptz", "a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com"} {
		if _, err := mail.NewMailer(openTemplates(t, ""), nil, from, publicURL); err == nil {
			t.Errorf("%q was taken", from)
		}
	}
}

// What a sender says comes back as it is: the queue asks for its code.
func TestSenderFails(t *testing.T) {
	t.Parallel()
	want := promptz.Errorf(promptz.CodeUnavailable, "Later.")
	err := newMailer(t, failing{want}).Send(t.Context(), letter(promptz.LetterCode))
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}
