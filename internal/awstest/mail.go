package awstest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// NewSender has SES take mails from an address, and fails t if it can't. It ends with
// the stand-in, which verifies it at once. cfg is the stand-in's, see Config.
func NewSender(t testing.TB, cfg aws.Config, address string) {
	t.Helper()
	must(t, cfg, plea(t, "ses", http.MethodPost, "/v2/email/identities", map[string]string{"EmailIdentity": address}), nil)
}

// Mail is one that SES has taken.
type Mail struct {
	To      []string
	Subject string
	Text    string // of its part that is plain text
}

// String gives a mail as it is sent, as far as it is known.
func (m Mail) String() string {
	return "To: <" + strings.Join(m.To, ">, <") + ">\nSubject: " + m.Subject + "\n\n" + m.Text
}

// Mails gives all mails that SES has taken, the first one first. Only ministack tells.
func Mails(t testing.TB, cfg aws.Config) []Mail {
	t.Helper()
	_, body, err := send(t.Context(), cfg, request{service: "ses", method: http.MethodGet, path: "/_ministack/ses/messages"})
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Messages map[string][]struct {
			To       []string
			Subject  string
			BodyText string
		}
	}
	if err := json.Unmarshal(body, &found); err != nil {
		t.Fatal(err)
	}
	var mails []Mail
	for _, m := range found.Messages[Account] {
		mails = append(mails, Mail{m.To, m.Subject, m.BodyText})
	}
	return mails
}
