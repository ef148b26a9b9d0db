package app

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"promptz/internal/mail"
	"promptz/internal/promptz"
)

// TestSES sends a letter by AWS's own client to a server that stands in for SES:
// what arrives, and what becomes of refusals.
func TestSES(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	refusal := ""
	var got struct {
		FromEmailAddress string
		Destination      struct{ ToAddresses []string }
		Content          struct{ Raw struct{ Data string } }
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v2/email/outbound-emails" || !strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/ses/") {
			t.Errorf("%s %s, %q", r.Method, r.URL.Path, r.Header.Get("Authorization"))
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
		if refusal != "" {
			w.Header().Set("X-Amzn-ErrorType", refusal)
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"message":"no"}`)
			return
		}
		io.WriteString(w, `{"MessageId":"1"}`)
	}))
	t.Cleanup(s.Close)
	sender, err := newSES(t.Context(), &url.URL{Scheme: sesScheme, Host: "eu-central-1", RawQuery: "endpoint=" + url.QueryEscape(s.URL)})
	if err != nil {
		t.Fatal(err)
	}
	templates, err := mail.OpenTemplates("https://prompts.example.com", "")
	if err != nil {
		t.Fatal(err)
	}
	mailer, err := mail.NewMailer(templates, sender, "Promptz <promptz@example.com>", "https://prompts.example.com")
	if err != nil {
		t.Fatal(err)
	}
	letter := promptz.Letter{ID: "0123456789ab", Kind: promptz.LetterCode, To: "maria@example.com", Code: "12345678"}
	if err := mailer.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(got.Content.Raw.Data)
	if err != nil || got.FromEmailAddress != "promptz@example.com" || len(got.Destination.ToAddresses) != 1 || got.Destination.ToAddresses[0] != letter.To {
		t.Errorf("from %q to %q, %v", got.FromEmailAddress, got.Destination.ToAddresses, err)
	}
	if !strings.Contains(string(raw), "1234 5678") || !strings.Contains(string(raw), "To: <maria@example.com>") {
		t.Errorf("the mail is\n%s", raw)
	}
	for name, want := range map[string]promptz.Code{
		"MessageRejected": promptz.CodeNotValid, "BadRequestException": promptz.CodeNotValid, "TooManyRequestsException": promptz.CodeUnavailable,
	} {
		refusal = name
		if err := mailer.Send(t.Context(), letter); promptz.ErrorCode(err) != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
