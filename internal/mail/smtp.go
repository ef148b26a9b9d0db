package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"promptz/internal/promptz"
)

// smtpTimeout bounds each step of a conversation.
const smtpTimeout = 20 * time.Second

// SMTPSender sends mails by SMTP (RFC 5321). Safe for concurrent use: each mail is
// a conversation of its own.
type SMTPSender struct {
	host    string
	options []gomail.Option
}

// NewSMTPSender makes a sender of smtp://[user:password@]host[:port], which wants
// STARTTLS, or of smtps://, which is TLS from the first byte. Only a server on
// this machine may do without: with smtp:// where it offers none.
func NewSMTPSender(u *url.URL) (*SMTPSender, error) {
	if u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, promptz.Errorf(promptz.CodeNotValid, "mail: has to be %s://user:password@host:port.", u.Scheme)
	}
	options := []gomail.Option{gomail.WithTimeout(smtpTimeout)}
	switch {
	case u.Scheme == "smtps":
		options = append(options, gomail.WithSSLPort(false))
	case isLoopback(u.Hostname()):
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if port := u.Port(); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil {
			return nil, promptz.Errorf(promptz.CodeNotValid, "mail: the port has to be a number.")
		}
		options = append(options, gomail.WithPort(n))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	if _, err := gomail.NewClient(u.Hostname(), options...); err != nil {
		return nil, errors.New("mail: the SMTP server can't be set up; see its URL")
	}
	return &SMTPSender{host: u.Hostname(), options: options}, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// Send sends the mail.
func (s *SMTPSender) Send(ctx context.Context, m *Message) error {
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("set up SMTP: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, m.Msg); err != nil {
		return smtpError(err)
	}
	return nil
}

// smtpError tells refusals for good from what may pass.
func smtpError(err error) error {
	code := promptz.CodeUnavailable
	if refused, ok := errors.AsType[*gomail.SendError](err); ok && !refused.IsTemp() && refused.ErrorCode() >= 500 {
		code = promptz.CodeNotValid
	}
	if _, network := errors.AsType[net.Error](err); network {
		code = promptz.CodeUnavailable
	}
	return &promptz.Error{Code: code, Op: "send mail", Message: "The mail server did not take it.", Err: err}
}

// RawSender sends a mail as it is: Amazon SES is one.
type RawSender interface {
	SendRaw(ctx context.Context, from, to string, raw []byte) error
}

// NewRawSender makes a Sender of one that takes raw mails.
func NewRawSender(raw RawSender) Sender { return rawSender{raw} }

type rawSender struct{ RawSender }

func (s rawSender) Send(ctx context.Context, m *Message) error {
	raw, err := m.Raw()
	if err != nil {
		return err
	}
	from, err := m.Msg.GetSender(false)
	if err != nil {
		return err
	}
	to, err := m.Msg.GetRecipients()
	if err != nil || len(to) != 1 {
		return fmt.Errorf("read recipient: %w", err)
	}
	return s.SendRaw(ctx, from, to[0], raw)
}
