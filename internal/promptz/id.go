package promptz

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// IDLength is the number of characters of an id.
const IDLength = 12

// crockford is the alphabet of ids: Crockford's base32 in lower case, without
// i, l, o and u (https://www.crockford.com/base32.html).
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// slugLength bounds the part of a slug that comes from the name, in bytes.
const slugLength = 80

// NewID draws an id of 60 random bits from random (crypto/rand.Reader outside
// tests), used for items, users, keys and sessions alike.
func NewID(random io.Reader) (string, error) {
	var b [IDLength]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw id: %w", err)
	}
	for i, c := range b {
		b[i] = crockford[c%32]
	}
	return string(b[:]), nil
}

// ValidID tells whether s has the form of an id.
func ValidID(s string) bool {
	if len(s) != IDLength {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(crockford, s[i]) < 0 {
			return false
		}
	}
	return true
}

// ParseRef gives the id that ref names: ref is an id, or a slug that ends in
// "-" and one. The words before the id are not compared, so that a rename
// never breaks a link.
func ParseRef(ref string) (id string, ok bool) {
	if len(ref) < IDLength {
		return "", false
	}
	words, id := ref[:len(ref)-IDLength], ref[len(ref)-IDLength:]
	if words != "" && !strings.HasSuffix(words, "-") {
		return "", false
	}
	return id, ValidID(id)
}

// Slug makes the readable reference of an item: the name folded to ASCII letters
// and digits, "-", and the id.
func Slug(name, id string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(norm.NFKD.String(name)) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // an accent that NFKD has set apart
		default:
			gap = true
		}
		if b.Len() >= slugLength {
			break
		}
	}
	words := strings.TrimSuffix(b.String()[:min(b.Len(), slugLength)], "-")
	if words == "" {
		return id
	}
	return words + "-" + id
}
