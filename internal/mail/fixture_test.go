package mail_test

import (
	"bytes"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"promptz/internal/mail"
	"promptz/internal/promptz"
)

const publicURL = "https://prompts.example.com"

var asked = time.Date(2026, 11, 23, 20, 15, 30, 0, time.UTC)

// letter gives a whole one of a kind, as package identity makes it.
func letter(kind promptz.LetterKind) promptz.Letter {
	l := promptz.Letter{ID: "7h3q0x9k2m4n", Kind: kind, To: "maria@example.com", Handle: "maria", AskedAt: asked}
	switch kind {
	case promptz.LetterMilestone:
		l.Item, l.Stars = "Prüfe einen Pull-Request", 100
	case promptz.LetterFindings:
		l.Item, l.Findings = "<b>Deploy</b> & tell", []promptz.Finding{
			{Field: "content", Rule: "private_key", Message: "Its content holds what looks like a private key."},
			{Field: "agent", Rule: "remote_script", Message: "Its agent holds what runs a script that it fetches."},
		}
	}
	if !kind.HasCode() {
		return l
	}
	l.Code, l.ExpiresAt = "12345678", asked.Add(promptz.ChallengeLifetime)
	l.Client, l.Network = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "203.0.113.0/24"
	if kind == promptz.LetterCode {
		l.Link = publicURL + "/v1/auth/link/7h3q0x9k2m4n.dGhpcyBpcyBub3QgYSB0b2tlbiwganVzdCA0MyBjaGFyYw"
	}
	return l
}

func openTemplates(t *testing.T, dir string) *mail.Templates {
	t.Helper()
	templates, err := mail.OpenTemplates(publicURL, dir)
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

func newMailer(t *testing.T, s mail.Sender) *mail.Mailer {
	t.Helper()
	m, err := mail.NewMailer(openTemplates(t, ""), s, "", publicURL)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sent is a mail as the one who gets it reads it.
type sent struct {
	from, to     string // of the envelope
	raw          []byte
	header       netmail.Header
	subject      string
	text, html   string
	contentTypes []string // of the parts
}

// postbox keeps mails.
type postbox struct{ mails []sent }

func (p *postbox) SendRaw(_ context.Context, from, to string, raw []byte) error {
	p.mails = append(p.mails, sent{from: from, to: to, raw: raw})
	return nil
}

// send lets a mailer of the built-in templates send one letter.
func send(t *testing.T, l promptz.Letter) sent {
	t.Helper()
	var box postbox
	if err := newMailer(t, mail.NewRawSender(&box)).Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	return read(t, box.mails[0])
}

// read parses a mail by the standard library, not by what wrote it.
func read(t *testing.T, s sent) sent {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(s.raw))
	if err != nil {
		t.Fatalf("read mail: %v\n%s", err, s.raw)
	}
	s.header = m.Header
	if s.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	media, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || media != "multipart/alternative" {
		t.Fatalf("the mail is %q (%v), want multipart/alternative", media, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return s
		}
		if err != nil {
			t.Fatal(err)
		}
		s.addPart(t, part)
	}
}

func (s *sent) addPart(t *testing.T, part *multipart.Part) {
	t.Helper()
	if encoding := part.Header.Get("Content-Transfer-Encoding"); encoding != "quoted-printable" {
		t.Fatalf("a part is encoded as %q", encoding)
	}
	content, err := io.ReadAll(quotedprintable.NewReader(part))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	s.contentTypes = append(s.contentTypes, part.Header.Get("Content-Type"))
	if len(s.contentTypes) == 1 {
		s.text = text
	} else {
		s.html = text
	}
}

// writeTemplate makes a deployment's folder with one template.
func writeTemplate(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// failing is a sender that never sends.
type failing struct{ err error }

func (f failing) Send(context.Context, mail.Message) error { return f.err }
