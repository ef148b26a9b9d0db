package mail

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"promptz/internal/promptz"
)

// words are a letter as it is written.
type words struct {
	subject, text, html string
}

func (t *Templates) render(l promptz.Letter) (words, error) {
	set, ok := t.letters[l.Kind]
	if !ok {
		return words{}, fmt.Errorf("no mail templates of kind %q", l.Kind)
	}
	v := newView(t.site, l)
	var subject, text, html strings.Builder
	err := errors.Join(set.subject.Execute(&subject, v), set.text.Execute(&text, v), set.html.Execute(&html, v))
	if err != nil {
		return words{}, fmt.Errorf("execute mail template: %w", err)
	}
	return words{
		subject: strings.Join(strings.Fields(subject.String()), " "), // one line, whatever it was
		text:    fill(text.String()),
		html:    strings.TrimSpace(html.String()) + "\n",
	}, nil
}

// trySamples renders letters of each kind, one with all there can be in it and one
// with as little as there can be, so that every branch of a template runs once.
func (t *Templates) trySamples() error {
	for _, kind := range promptz.LetterKinds {
		for _, l := range samples(kind) {
			w, err := t.render(l)
			if err == nil {
				err = w.check(l)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// samples are letters with all fields, and with only those that are never empty.
func samples(kind promptz.LetterKind) []promptz.Letter {
	asked := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	sparse := promptz.Letter{ID: "0123456789ab", Kind: kind, To: "maria@example.com", AskedAt: asked}
	switch kind {
	case promptz.LetterMilestone:
		sparse.Item, sparse.Stars = "Review", 10
	case promptz.LetterFindings:
		sparse.Item, sparse.Findings = "Review", []promptz.Finding{{Message: "Its content holds what looks like a private key."}}
	}
	if kind.HasCode() {
		sparse.Code, sparse.ExpiresAt = "12345678", asked.Add(promptz.ChallengeLifetime)
	}
	whole := sparse
	whole.Handle, whole.Client, whole.Network = "maria", "curl/8.5.0", "192.0.2.0/24"
	if kind == promptz.LetterCode {
		whole.Link = "https://prompts.example.com/v1/auth/link/0123456789ab.x"
	}
	return []promptz.Letter{sparse, whole}
}

// check finds what makes a letter useless although its templates are sound.
func (w words) check(l promptz.Letter) error {
	if w.subject == "" {
		return fmt.Errorf("mail template: %s%s gives no subject", l.Kind, subjectPart)
	}
	for part, content := range map[string]string{textPart: w.text, htmlPart: w.html} {
		for _, group := range groups(l.Code) {
			if !strings.Contains(content, group) {
				return fmt.Errorf("mail template: %s%s leaves out the code; {{.Code}} gives it", l.Kind, part)
			}
		}
	}
	return nil
}
