package mail_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"promptz/internal/mail"
	"promptz/internal/promptz"
)

const (
	login    = "mailer:s3cr%3At%2Fp%40ss@" // s3cr:t/p@ss
	password = "s3cr:t/p@ss"
)

// What arrives is what was written, by every way there is to a server.
func TestSMTP(t *testing.T) {
	t.Parallel()
	config, roots := newTLS(t)
	tests := []struct {
		name       string
		mode       tlsMode
		mechanisms []string
		url        string // around the server's address
		login      string
	}{
		{"no TLS on this machine", plain, nil, "smtp://ADDR", ""},
		{"STARTTLS where it is offered", startTLS, nil, "smtp://ADDR", ""},
		{"STARTTLS left aside", startTLS, nil, "smtp://ADDR/?tls=none", ""},
		{"STARTTLS and PLAIN", startTLS, []string{"PLAIN", "LOGIN"}, "smtp://" + login + "ADDR", "PLAIN mailer:s3cr:t/p@ss over TLS"},
		{"STARTTLS and LOGIN", startTLS, []string{"LOGIN"}, "smtp://" + login + "ADDR", "LOGIN mailer:s3cr:t/p@ss over TLS"},
		{"TLS", implicitTLS, nil, "smtps://ADDR", ""},
		{"TLS and PLAIN", implicitTLS, []string{"PLAIN"}, "smtps://" + login + "ADDR", "PLAIN mailer:s3cr:t/p@ss over TLS"},
		{"TLS and LOGIN", implicitTLS, []string{"LOGIN"}, "smtps://" + login + "ADDR", "LOGIN mailer:s3cr:t/p@ss over TLS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := &mailServer{mechanisms: tt.mechanisms}
			server.start(t, tt.mode, config)
			sender := newSMTP(t, strings.Replace(tt.url, "ADDR", server.addr, 1))
			sender.Trust(roots)
			l := letter(promptz.LetterCode)
			if err := newMailer(t, sender).Send(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			mails, logins := server.received()
			if len(mails) != 1 {
				t.Fatalf("%d mails arrived", len(mails))
			}
			got, want := read(t, mails[0]), send(t, l)
			if diff := cmp.Diff([]string{want.from, want.to, want.subject, want.text, want.html}, []string{got.from, got.to, got.subject, got.text, got.html}); diff != "" {
				t.Errorf("what arrived (-want +got)\n%s", diff)
			}
			if strings.Join(logins, ", ") != tt.login {
				t.Errorf("logins %q, want %q", logins, tt.login)
			}
		})
	}
}

// Names in any script, and lines that SMTP gives a meaning to, arrive as written.
func TestSMTPContent(t *testing.T) {
	t.Parallel()
	server := new(mailServer)
	server.start(t, plain, nil)
	dir := writeTemplate(t, "code.txt", " .\n ..\n\n.\n\n.{{.Code}}\n\nGrüße, 你好\n")
	m, err := mail.NewMailer(openTemplates(t, dir), newSMTP(t, "smtp://"+server.addr), "Grüße von Prömptz 你好 <noreply@example.com>", publicURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), letter(promptz.LetterCode)); err != nil {
		t.Fatal(err)
	}
	mails, _ := server.received()
	s := read(t, mails[0])
	if want := " .\n ..\n\n.\n\n.12345678\n\nGrüße, 你好\n"; s.text != want {
		t.Errorf("text %q, want %q", s.text, want)
	}
	from, err := s.header.AddressList("From")
	if err != nil || from[0].Name != "Grüße von Prömptz 你好" {
		t.Errorf("From %v (%v)", from, err)
	}
	for i, b := range mails[0].raw {
		if b > '~' {
			t.Fatalf("byte %d of the mail is %#x: not every server takes it", i, b)
		}
	}
}

// A refusal for good is told apart from one that may pass, and no error says whom
// the mail was for.
func TestSMTPRefusals(t *testing.T) {
	t.Parallel()
	refusal := func(code int, enhanced ...int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode(enhanced), Message: "<maria@example.com>: not the code 12345678"}
	}
	tests := []struct {
		name       string
		rcpt, data error
		code       promptz.Code
		says       string
	}{
		{"no such mailbox", refusal(550, 5, 1, 1), nil, promptz.CodeNotValid, "SMTP reply 550 5.1.1"},
		{"greylisted", refusal(450, 4, 7, 1), nil, promptz.CodeUnavailable, "SMTP reply 450 4.7.1"},
		{"wants a password", refusal(530, 5, 7, 0), nil, promptz.CodeUnavailable, "SMTP reply 530 5.7.0"},
		{"content", nil, refusal(554, 5, 7, 1), promptz.CodeNotValid, "SMTP reply 554 5.7.1"},
		{"no room", nil, refusal(452, 4, 3, 1), promptz.CodeUnavailable, "SMTP reply 452 4.3.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := &mailServer{refuseRcpt: tt.rcpt, refuseData: tt.data}
			server.start(t, plain, nil)
			err := newMailer(t, newSMTP(t, "smtp://"+server.addr)).Send(t.Context(), letter(promptz.LetterCode))
			expectError(t, err, tt.code, tt.says)
		})
	}
}

// expectError checks an error, and that it gives nothing away.
func expectError(t *testing.T, err error, code promptz.Code, says string) {
	t.Helper()
	if promptz.ErrorCode(err) != code {
		t.Fatalf("error %v, want %s", err, code)
	}
	if !strings.Contains(err.Error(), says) {
		t.Errorf("error %v, want one with %q", err, says)
	}
	for _, secret := range []string{"maria", "1234", password, url.QueryEscape(password), "s3cr"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error holds %q: %v", secret, err)
		}
	}
}

// No password and no mail goes where it could be read on the way, and what could
// be put right is tried again.
func TestSMTPWithoutTrust(t *testing.T) {
	t.Parallel()
	config, roots := newTLS(t)
	tests := []struct {
		name    string
		mode    tlsMode
		url     string
		trusted bool
		says    string
	}{
		{"password without STARTTLS", plain, "smtp://" + login + "ADDR", true, "STARTTLS"},
		{"strange certificate", startTLS, "smtp://" + login + "ADDR", false, "certificate"},
		{"strange certificate without a password", startTLS, "smtp://ADDR", false, "certificate"},
		{"strange certificate of TLS", implicitTLS, "smtps://" + login + "ADDR", false, "certificate"},
		{"wrong password", startTLS, "smtp://mailer:s3cr@ADDR", true, "SMTP reply 535"},
		{"no password", startTLS, "smtp://ADDR", true, "SMTP reply 502"},
		{"no TLS at all", plain, "smtps://" + login + "ADDR", true, "tls"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := &mailServer{mechanisms: []string{"PLAIN"}}
			server.start(t, tt.mode, config)
			sender := newSMTP(t, strings.Replace(tt.url, "ADDR", server.addr, 1))
			if tt.trusted {
				sender.Trust(roots)
			}
			err := newMailer(t, sender).Send(t.Context(), letter(promptz.LetterCode))
			expectError(t, err, promptz.CodeUnavailable, tt.says)
			mails, logins := server.received()
			if len(mails) > 0 || tt.name != "wrong password" && len(logins) > 0 {
				t.Errorf("%d mails and logins %q", len(mails), logins)
			}
		})
	}
}

// URLs that would not do what they seem to say are refused, without their
// passwords.
func TestSMTPURLs(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"no host":                         "smtp://" + login,
		"a path":                          "smtp://" + login + "mail.example.com/inbox",
		"no TLS elsewhere":                "smtp://mail.example.com?tls=none",
		"no TLS with a password":          "smtp://" + login + "127.0.0.1?tls=none",
		"no TLS with TLS":                 "smtps://127.0.0.1?tls=none",
		"an unknown option":               "smtp://" + login + "mail.example.com?starttls=no",
		"a name that looks like loopback": "smtp://localhost.example.com?tls=none",
		"port 0":                          "smtp://" + login + "mail.example.com:0",
		"a port too high":                 "smtp://" + login + "mail.example.com:65536",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			_, err = mail.NewSMTPSender(u)
			expectError(t, err, promptz.CodeNotValid, "mail")
		})
	}
}
