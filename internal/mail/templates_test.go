package mail_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"promptz/internal/mail"
	"promptz/internal/promptz"
)

// A broken template is known at start, by file and line.
func TestBrokenTemplates(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, text, want string }{
		{"syntax", "code.txt", "{{.Code}}\n{{if .Handle}}", "code.txt:2"},
		{"syntax of HTML", "address.html", "<p>\n\n{{.Code", "address.html:3"},
		{"missing field", "code.txt", "{{.Code}}\n\n{{.Kode}}", "code.txt:3:2"},
		{"missing field where there is a handle", "code.txt", "{{.Code}}{{if .Handle}}\n{{.Nick}}{{end}}", "code.txt:2:2"},
		{"missing field where there is none", "code.subject.txt", "x{{if not .Network}}\n{{.Net}}{{end}}", "code.subject.txt:2:2"},
		{"missing field of HTML", "address-changed.html", "<p>\n{{.Old}}", "address-changed.html:2:2"},
		{"missing field of the layout", "layout.html", "{{.Code}}\n{{.Brand}}{{define \"asked\"}}{{end}}{{define \"code\"}}{{end}}", "layout.html:2:2"},
		{"missing block", "code.html", "{{template \"layout.html\" .}}{{define \"title\"}}{{.Code}}{{end}}", `layout.html:`},
		{"unsafe place in HTML", "code.html", "<a href=\"{{.Link}}>{{.Code}}", "code.html"},
		{"no subject", "code.subject.txt", "{{with .Link}}{{end}} \n", "code.subject.txt gives no subject"},
		{"no code", "address.txt", "Hello.", "address.txt leaves out the code"},
		{"no code in HTML", "code.html", "<p>Hello.</p>", "code.html leaves out the code"},
		{"unknown file", "kode.txt", "{{.Code}}", "kode.txt"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := mail.OpenTemplates(publicURL, writeTemplate(t, tt.file, tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestTemplatesFolderMissing(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none")
	if _, err := mail.OpenTemplates(publicURL, missing); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("error %v, want one that names %s", err, missing)
	}
	if _, err := mail.OpenTemplates("prompts.example.com", ""); err == nil {
		t.Error("a public URL without a host was taken")
	}
}

// A deployment's file replaces ours by its name, and nothing else.
func TestReplacedTemplate(t *testing.T) {
	t.Parallel()
	dir := writeTemplate(t, "code.subject.txt", "{{.Code}} lets you\r\ninto {{.Site}}\n")
	if err := os.Mkdir(filepath.Join(dir, "..data"), 0o700); err != nil { // as Kubernetes mounts it
		t.Fatal(err)
	}
	var box postbox
	m, err := mail.NewMailer(openTemplates(t, dir), mail.NewRawSender(&box), "", publicURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []promptz.LetterKind{promptz.LetterCode, promptz.LetterAddress} {
		if err := m.Send(t.Context(), letter(kind)); err != nil {
			t.Fatal(err)
		}
	}
	code, ours := read(t, box.mails[0]), send(t, letter(promptz.LetterCode))
	if want := "12345678 lets you into prompts.example.com"; code.subject != want {
		t.Errorf("subject %q, want %q", code.subject, want)
	}
	if code.text != ours.text || code.html != ours.html {
		t.Error("the other parts are not the built-in ones")
	}
	if got, want := read(t, box.mails[1]).subject, send(t, letter(promptz.LetterAddress)).subject; got != want {
		t.Errorf("the other letter's subject is %q, want %q", got, want)
	}
}

// A stranger who asks for a code for somebody else chooses the User-Agent: no
// words and no links of theirs come to the victim.
func TestClientName(t *testing.T) {
	t.Parallel()
	const webkit = "AppleWebKit/537.36 (KHTML, like Gecko) "
	tests := []struct{ name, agent, want string }{
		{"Firefox", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"},
		{"Chrome", "Mozilla/5.0 (X11; Linux x86_64) " + webkit + "Chrome/140.0.0.0 Safari/537.36", "Chrome on Linux"},
		{"Edge", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + webkit + "Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge on Windows"},
		{"Safari", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", "Safari on macOS"},
		{"iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1", "Safari on iPhone"},
		{"Android", "Mozilla/5.0 (Linux; Android 10; K) " + webkit + "Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"},
		{"other browser", "Mozilla/5.0 Your account is blocked, see https://evil.example", "a browser on an unknown system"},
		{"curl", "curl/8.5.0", "curl 8.5.0"},
		{"product and comment", "promptz-cli/1.2 (linux)", "promptz-cli 1.2"},
		{"none", "", "an unknown program"},
		{"a link", "https://evil.example/reset", "an unknown program"},
		{"a domain", "evil.example", "an unknown program"},
		{"a domain and version", "evil.example/1.0", "an unknown program"},
		{"words", "Urgent call +1-555-0100 now", "Urgent"},
		{"markup", "<b>x</b>", "an unknown program"},
		{"a bend of direction", "\u202egnp.exe", "an unknown program"},
		{"line break", "curl/8\r\nBcc: eve@example.com", "an unknown program"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := letter(promptz.LetterCode)
			l.Client = tt.agent
			s := send(t, l)
			text := strings.Join(strings.Fields(s.text), " ")
			if !strings.Contains(text, "asked for with "+tt.want+", from") || !strings.Contains(s.html, "asked for with "+tt.want+", from") {
				t.Errorf("the letter does not name %q:\n%s", tt.want, s.text)
			}
		})
	}
}

func TestLifetimeInWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, lifetime, want string }{
		{"a minute", "1m", "1 minute,"},
		{"minutes", "10m", "10 minutes,"},
		{"an hour", "1h", "1 hour,"},
		{"hours", "24h", "24 hours,"},
		{"neither", "90m", "90 minutes,"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := letter(promptz.LetterCode)
			l.ExpiresAt = l.AskedAt.Add(duration(t, tt.lifetime))
			if got := send(t, l).text; !strings.Contains(got, "good for "+tt.want) {
				t.Errorf("no %q in\n%s", tt.want, got)
			}
		})
	}
}
