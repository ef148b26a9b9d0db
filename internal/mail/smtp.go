package mail

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"promptz/internal/promptz"
)

// smtpTimeout bounds a conversation, besides the context.
const smtpTimeout = 30 * time.Second

// The ports of submission: with STARTTLS (RFC 6409), and in TLS (RFC 8314).
const (
	submissionPort  = 587
	submissionsPort = 465
)

// SMTPSender sends mails by SMTP (RFC 5321), each in a conversation of its own.
// Safe for concurrent use.
type SMTPSender struct {
	host     string
	port     int
	implicit bool // TLS from the first byte
	policy   gomail.TLSPolicy
	tls      *tls.Config
	login    *url.Userinfo // nil is none
}

// NewSMTPSender makes a sender of smtp://[user[:password]@]host[:port], which wants
// STARTTLS, or of smtps://, which is TLS from the first byte. A server on this
// machine need not offer STARTTLS, and ?tls=none leaves it aside there, but a
// password is never sent without TLS. Certificates are checked by the system's
// roots.
func NewSMTPSender(u *url.URL) (*SMTPSender, error) {
	mayGoPlain := u.Scheme == "smtp" && u.User == nil && isLoopback(u.Hostname())
	s := &SMTPSender{
		host: u.Hostname(), port: submissionPort, policy: gomail.TLSMandatory, login: u.User,
		tls: &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12},
	}
	switch {
	case s.host == "", u.Path != "" && u.Path != "/":
		return nil, promptz.Errorf(promptz.CodeNotValid, "mail: has to be %s://user:password@host:port.", u.Scheme)
	case u.RawQuery != "" && (u.RawQuery != "tls=none" || !mayGoPlain):
		return nil, promptz.Errorf(promptz.CodeNotValid, "mail: the one option is tls=none, for smtp:// on this machine without a password.")
	case u.Scheme == "smtps":
		s.implicit, s.port = true, submissionsPort
	case u.RawQuery != "":
		s.policy = gomail.NoTLS
	case mayGoPlain:
		s.policy = gomail.TLSOpportunistic
	}
	if text := u.Port(); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return nil, promptz.Errorf(promptz.CodeNotValid, "mail: the port has to be a number from 1 to 65535.")
		}
		s.port = int(port)
	}
	return s, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// Send sends the mail. It ends with ctx, whatever the server does. A mail may
// arrive twice where the server took it and could not say so.
func (s *SMTPSender) Send(ctx context.Context, m Message) error {
	dial, hangUp := s.line(ctx)
	defer hangUp()
	client, err := gomail.NewClient(s.host, s.options(dial)...)
	if err != nil {
		return smtpError(ctx, err)
	}
	err = client.DialAndSendWithContext(ctx, m.Msg)
	if err == nil || m.Msg.IsDelivered() { // it is theirs, however the farewell went
		return nil
	}
	return smtpError(ctx, err)
}

func (s *SMTPSender) options(dial gomail.DialContextFunc) []gomail.Option {
	options := []gomail.Option{
		gomail.WithTimeout(smtpTimeout), gomail.WithPort(s.port), gomail.WithDialContextFunc(dial),
		gomail.WithTLSPolicy(s.policy), gomail.WithTLSConfig(s.tls.Clone()),
	}
	if s.implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.login != nil {
		password, _ := s.login.Password()
		options = append(options, gomail.WithUsername(s.login.Username()), gomail.WithPassword(password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return options
}

// line gives what dials, and what hangs up after. By itself go-mail leaves the
// connection open where TLS or the password fail, and waits for a server although
// ctx has ended.
func (s *SMTPSender) line(ctx context.Context) (dial gomail.DialContextFunc, hangUp func()) {
	cut := func() {}
	dial = func(dialing context.Context, network, address string) (net.Conn, error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		cut = func() { stop(); conn.Close() }
		if !s.implicit {
			return conn, nil
		}
		secure := tls.Client(conn, s.tls.Clone())
		return secure, secure.HandshakeContext(dialing)
	}
	return dial, func() { cut() }
}
