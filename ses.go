package app

import (
	"context"
	"errors"
	"net/url"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"promptz/internal/mail"
	"promptz/internal/promptz"
)

// sesScheme begins URLs of Amazon SES: ses://<region>?endpoint=.
const sesScheme = "ses"

// sesSender sends mails through Amazon SES.
type sesSender struct{ client *sesv2.Client }

// newSES makes a sender with the credentials of the environment. It asks for
// nothing.
func newSES(ctx context.Context, u *url.URL) (mail.Sender, error) {
	if u.Host == "" || u.Path != "" || u.User != nil {
		return nil, promptz.Errorf(promptz.CodeNotValid, "mail: has to be %s://<region>.", sesScheme)
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(u.Host))
	if err != nil {
		return nil, errors.New("mail: AWS's configuration can't be read: " + err.Error())
	}
	client := sesv2.NewFromConfig(cfg, func(o *sesv2.Options) {
		if endpoint := u.Query().Get("endpoint"); endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})
	return mail.NewRawSender(sesSender{client}), nil
}

// SendRaw sends one mail.
func (s sesSender) SendRaw(ctx context.Context, from, to string, raw []byte) error {
	_, err := s.client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: &from,
		Destination:      &types.Destination{ToAddresses: []string{to}},
		Content:          &types.EmailContent{Raw: &types.RawMessage{Data: raw}},
	})
	if err == nil {
		return nil
	}
	code := promptz.CodeUnavailable
	_, rejected := errors.AsType[*types.MessageRejected](err)
	_, malformed := errors.AsType[*types.BadRequestException](err)
	if rejected || malformed {
		code = promptz.CodeNotValid
	}
	return &promptz.Error{Code: code, Op: "send mail", Message: "Amazon SES did not take it.", Err: err}
}
