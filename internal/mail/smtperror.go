package mail

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"

	gomail "github.com/wneessen/go-mail"

	"promptz/internal/promptz"
)

// smtpError makes the domain's error of one of go-mail. What a server says is left
// out but for its numbers: servers repeat addresses, and name accounts.
func smtpError(ctx context.Context, err error) error {
	out := &promptz.Error{Code: promptz.CodeUnavailable, Op: "send mail", Message: "The mail server did not take it."}
	refused, sending := errors.AsType[*gomail.SendError](err)
	reply, answered := errors.AsType[*textproto.Error](err)
	switch {
	case ctx.Err() != nil:
		out.Err = context.Cause(ctx)
	case sending:
		out.Err = fmt.Errorf("%s: SMTP reply %d %s", refused.Reason, refused.ErrorCode(), refused.EnhancedStatusCode())
		if isPermanent(refused) {
			out.Code = promptz.CodeNotValid
		}
	case answered:
		out.Err = fmt.Errorf("begin conversation: SMTP reply %d", reply.Code)
	default:
		out.Err = err
	}
	return out
}

// isPermanent tells whether it is this mail, or its recipient, that a server will
// never take (RFC 5321, section 4.2.1). What it holds against us or our password
// may be put right.
func isPermanent(e *gomail.SendError) bool {
	switch e.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return e.ErrorCode() >= 500 && e.ErrorCode() != 530 && e.ErrorCode() != 535
	}
	return false
}
