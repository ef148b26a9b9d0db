package mail

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"

	gomail "github.com/wneessen/go-mail"

	"promptz/internal/promptz"
)

// Mailer writes letters and sends them. Safe for concurrent use.
type Mailer struct {
	templates *Templates
	sender    Sender
	from      string
	domain    string // of message ids
}

// NewMailer makes a mailer. from is the sender's address, perhaps with a name, as
// RFC 5322 has it; "" is promptz@ the host of publicURL.
func NewMailer(templates *Templates, sender Sender, from, publicURL string) (*Mailer, error) {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("make mailer: %q is no public URL", publicURL)
	}
	m := &Mailer{templates: templates, sender: sender, from: from, domain: domainOf(u)}
	if m.from == "" {
		m.from = "promptz@" + m.domain
	}
	if err := gomail.NewMsg().From(m.from); err != nil {
		return nil, errors.New("make mailer: mailFrom is no mail address")
	}
	return m, nil
}

// domainOf gives the host of a URL as it can stand in an address (RFC 5321,
// section 4.1.3). Those of this machine alone are "localhost", and so is IPv6,
// which package net/mail doesn't take.
func domainOf(u *url.URL) string {
	addr, err := netip.ParseAddr(u.Hostname())
	switch {
	case err != nil:
		return u.Hostname()
	case addr.Is6(), addr.IsLoopback(), addr.IsUnspecified():
		return "localhost"
	}
	return "[" + addr.String() + "]"
}

// Send writes and sends a letter. It fails with [promptz.CodeNotValid] where
// trying again can't help, else with [promptz.CodeUnavailable]. No error holds
// what is in the letter, nor whom it goes to.
func (m *Mailer) Send(ctx context.Context, l promptz.Letter) error {
	msg, err := m.write(l)
	if err != nil {
		return &promptz.Error{Code: promptz.CodeNotValid, Op: "write mail", Message: "This mail can't be written.", Err: err}
	}
	return m.sender.Send(ctx, Message{ID: l.ID, Msg: msg})
}

func (m *Mailer) write(l promptz.Letter) (*gomail.Msg, error) {
	if !promptz.ValidID(l.ID) {
		return nil, errors.New("the letter's id is none")
	}
	w, err := m.templates.render(l)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.From(m.from); err != nil {
		return nil, errors.New("mailFrom is no mail address")
	}
	if err := address(msg, l.To); err != nil {
		return nil, err
	}
	msg.Subject(w.subject)
	msg.SetDateWithValue(l.AskedAt)
	// The same when it is sent again, so that readers show it once.
	msg.SetMessageIDWithValue(l.ID + "." + string(l.Kind) + "@" + m.domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834, section 5
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same for Exchange
	msg.SetBodyString(gomail.TypeTextPlain, w.text)
	msg.AddAlternativeString(gomail.TypeTextHTML, w.html)
	return msg, nil
}

// address takes a bare address alone: the parser would take names and comments,
// too.
func address(msg *gomail.Msg, to string) error {
	if err := msg.To(to); err != nil {
		return errors.New("the recipient is no mail address")
	}
	if parsed := msg.GetTo(); len(parsed) != 1 || parsed[0].Address != to {
		return errors.New("the recipient is no bare mail address")
	}
	return nil
}
