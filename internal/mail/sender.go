package mail

import (
	"bytes"
	"context"

	gomail "github.com/wneessen/go-mail"

	"promptz/internal/promptz"
)

// Sender lets a finished mail go. What was refused for good fails with
// [promptz.CodeNotValid], all else with [promptz.CodeUnavailable]; errors hold
// neither addresses nor anything of the mail. Safe for concurrent use.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Message is a finished mail with one recipient.
type Message struct {
	ID  string // of the letter: safe in the name of a file
	Msg *gomail.Msg
}

// raw gives the mail as RFC 5322 has it.
func (m Message) raw() ([]byte, error) {
	var b bytes.Buffer
	if _, err := m.Msg.WriteTo(&b); err != nil {
		return nil, &promptz.Error{Code: promptz.CodeNotValid, Op: "write mail", Message: "This mail can't be written.", Err: err}
	}
	return b.Bytes(), nil
}

// RawSender takes mails as they are, with the bare addresses of their envelopes:
// Amazon SES is one. It keeps the promises of [Sender].
type RawSender interface {
	SendRaw(ctx context.Context, from, to string, raw []byte) error
}

// NewRawSender makes a [Sender] of what takes raw mails.
func NewRawSender(s RawSender) Sender { return rawSender{s} }

type rawSender struct{ to RawSender }

func (s rawSender) Send(ctx context.Context, m Message) error {
	raw, err := m.raw()
	if err != nil {
		return err
	}
	from, to := m.Msg.GetFrom(), m.Msg.GetTo()
	if len(from) != 1 || len(to) != 1 {
		return promptz.Errorf(promptz.CodeNotValid, "A mail has to have one sender and one recipient.")
	}
	return s.to.SendRaw(ctx, from[0].Address, to[0].Address, raw)
}
