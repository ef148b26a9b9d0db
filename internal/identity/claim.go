package identity

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"promptz/internal/promptz"
)

// Labels of what is drawn from the root key. None may ever change.
const (
	emailLabel      = "email"
	codeLabel       = "code"
	deliveryLabel   = "delivery"
	stateLabel      = "challenge state"
	redirectLabel   = "redirect"
	refreshLabel    = "refresh"
	refreshTagLabel = "refresh tag"
)

// emailClaim is the claim on an address that ParseAddress gave. It is a keyed
// hash: the documents alone do not tell whether somebody has an account.
func emailClaim(s Secrets, address string) promptz.Claim {
	return promptz.Claim("email#" + hex.EncodeToString(s.MAC(emailLabel, []byte(address))))
}

// subjectClaim is the claim on an account at an issuer.
func subjectClaim(issuer, subject string) promptz.Claim {
	h := sha256.New()
	for _, part := range []string{issuer, subject} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return promptz.Claim("subject#" + hex.EncodeToString(h.Sum(nil)))
}
