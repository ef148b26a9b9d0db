package mail

import (
	"bytes"
	"context"
	"fmt"
	"net/url"

	gomail "github.com/wneessen/go-mail"

	"promptz/internal/promptz"
)

// Sender lets a finished mail go. What can never be sent fails with
// [promptz.CodeNotValid], all else with [promptz.CodeUnavailable].
type Sender interface {
	Send(ctx context.Context, m *Message) error
}

// Message is a finished mail.
type Message struct {
	ID  string // of the letter
	Msg *gomail.Msg
}

// Raw gives the mail as RFC 5322 has it.
func (m *Message) Raw() ([]byte, error) {
	var b bytes.Buffer
	if _, err := m.Msg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("write mail: %w", err)
	}
	return b.Bytes(), nil
}

// Mailer writes letters and sends them. Safe for concurrent use.
type Mailer struct {
	templates *Templates
	sender    Sender
	from      string
}

// NewMailer makes a mailer. from is the sender's address, as RFC 5322 has it; ""
// is promptz@ the host of publicURL.
func NewMailer(templates *Templates, sender Sender, from, publicURL string) (*Mailer, error) {
	if from == "" {
		u, err := url.Parse(publicURL)
		if err != nil {
			return nil, fmt.Errorf("public URL: %w", err)
		}
		from = "promptz@" + hostOf(u)
	}
	if err := gomail.NewMsg().From(from); err != nil {
		return nil, fmt.Errorf("mailFrom: %w", err)
	}
	return &Mailer{templates: templates, sender: sender, from: from}, nil
}

// hostOf gives a host that can stand in an address.
func hostOf(u *url.URL) string {
	switch u.Hostname() {
	case "", "127.0.0.1", "::1":
		return "localhost"
	}
	return u.Hostname()
}

// Send writes and sends a letter. It fails with [promptz.CodeNotValid] where
// trying again can't help.
func (m *Mailer) Send(ctx context.Context, l promptz.Letter) error {
	msg, err := m.write(l)
	if err != nil {
		return &promptz.Error{Code: promptz.CodeNotValid, Op: "write mail", Message: "This mail can't be written.", Err: err}
	}
	return m.sender.Send(ctx, &Message{ID: l.ID, Msg: msg})
}

func (m *Mailer) write(l promptz.Letter) (*gomail.Msg, error) {
	w, err := m.templates.render(l)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP))
	if err := msg.From(m.from); err != nil {
		return nil, err
	}
	if err := msg.To(l.To); err != nil {
		return nil, err
	}
	msg.Subject(w.subject)
	msg.SetDateWithValue(l.AskedAt)
	// The same when it is sent again, so that readers can tell.
	msg.SetMessageIDWithValue(l.ID + "." + string(l.Kind) + "@" + m.templates.site)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetBodyString(gomail.TypeTextPlain, w.text)
	msg.AddAlternativeString(gomail.TypeTextHTML, w.html)
	return msg, nil
}
