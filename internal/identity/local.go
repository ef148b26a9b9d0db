package identity

import (
	"context"
	"crypto/hmac"
	"fmt"
	"io"

	"promptz/internal/promptz"
)

// codeDigits is how many digits our own codes have.
const codeDigits = 8

// Local is the provider of "local://": it proves that somebody owns an address by
// a code of ours in a mail. Safe for concurrent use.
type Local struct {
	secrets Secrets
	mailer  Mailer
	random  io.Reader
}

// NewLocal makes the provider. random is crypto/rand.Reader; it is another in
// tests.
func NewLocal(secrets Secrets, mailer Mailer, random io.Reader) *Local {
	return &Local{secrets: secrets, mailer: mailer, random: random}
}

// NewCode draws a code.
func (l *Local) NewCode(challengeID string) (code string, hash []byte, err error) {
	if code, err = drawCode(l.random); err != nil {
		return "", nil, err
	}
	return code, codeHash(l.secrets, challengeID, code), nil
}

// drawCode draws a code, each as likely as the others.
func drawCode(random io.Reader) (string, error) {
	digits := make([]byte, codeDigits)
	for i := range digits {
		var err error
		if digits[i], err = drawDigit(random); err != nil {
			return "", fmt.Errorf("draw code: %w", err)
		}
	}
	return string(digits), nil
}

func drawDigit(random io.Reader) (byte, error) {
	const fair = 250 // bytes from here on would make some digits likelier
	var b [1]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, err
		}
		if b[0] < fair {
			return '0' + b[0]%10, nil
		}
	}
}

// codeHash binds a code to its challenge.
func codeHash(s Secrets, challengeID, code string) []byte {
	return s.MAC(codeLabel, []byte(challengeID), []byte(code))
}

// Deliver sends the letter.
func (l *Local) Deliver(ctx context.Context, letter promptz.Letter) (state []byte, err error) {
	return nil, l.mailer.Send(ctx, letter)
}

// Check compares a code with the challenge's.
func (l *Local) Check(_ context.Context, c *promptz.Challenge, code string) (promptz.Proof, error) {
	if len(c.CodeHash) == 0 || !hmac.Equal(c.CodeHash, codeHash(l.secrets, c.ID, code)) {
		return promptz.Proof{}, errRefused
	}
	return promptz.Proof{Email: c.Email, EmailVerified: true}, nil
}
