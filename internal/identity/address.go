package identity

import (
	"strings"

	"golang.org/x/net/idna"

	"promptz/internal/promptz"
)

// maxAddress is how long an address may be (RFC 5321, 4.5.3.1.3), in bytes.
const maxAddress = 254

// atext are the characters of a local part besides dots (RFC 5322, 3.2.3).
const atext = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+/=?^_`{|}~-"

// ParseAddress gives the one form of a mail address in which it is kept and
// compared: a local part of ASCII, in lower case, and the domain in its ASCII
// form. Dots and plus signs in the local part mean what its host makes of them
// and stay. It fails with [promptz.CodeNotValid].
//
// Case is folded for ASCII alone: other folding takes look-alikes (the Kelvin
// sign for k) for the same.
func ParseAddress(s string) (string, error) {
	local, domain, ok := strings.Cut(s, "@")
	if ok && len(s) <= maxAddress && isLocalPart(local) {
		ascii, err := idna.Lookup.ToASCII(domain)
		if err == nil && isDomain(ascii) && len(local)+1+len(ascii) <= maxAddress {
			return promptz.FoldHandle(local) + "@" + ascii, nil
		}
	}
	return "", promptz.NotValid("/email", "not_an_address", "must be a bare mail address, such as maria@example.com")
}

func isLocalPart(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for word := range strings.SplitSeq(s, ".") {
		if word == "" || !containsOnly(word, atext) {
			return false
		}
	}
	return true
}

func containsOnly(s, chars string) bool {
	for i := range len(s) {
		if strings.IndexByte(chars, s[i]) < 0 {
			return false
		}
	}
	return true
}

// isDomain tells whether a domain in ASCII form is of a host on the Internet, or
// "localhost".
func isDomain(s string) bool {
	const chars = "abcdefghijklmnopqrstuvwxyz0123456789-"
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || !containsOnly(label, chars) || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	top := labels[len(labels)-1]
	return s == "localhost" || len(labels) > 1 && !containsOnly(top, "0123456789")
}
