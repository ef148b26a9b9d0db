package api

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"promptz/internal/promptz"
)

// gzipSuffix is what compression adds to a tag, inside the quotes.
const gzipSuffix = "-gz"

// tagOf makes the entity tag of a representation: the revision of what it shows,
// where it has one, and a hash of its bytes.
func tagOf(revision int64, body []byte) string {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:8])
	if revision == 0 {
		return `"` + hash + `"`
	}
	return `"` + strconv.FormatInt(revision, 10) + "." + hash + `"`
}

// entityTag is one tag of a header.
type entityTag struct {
	weak   bool
	opaque string // without the quotes
}

// parseTags reads the list of If-Match or If-None-Match (RFC 9110, section
// 8.8.3); star is true for "*".
func parseTags(header string) (tags []entityTag, star bool, ok bool) {
	rest := strings.Trim(header, " \t")
	if rest == "*" {
		return nil, true, true
	}
	for rest != "" {
		weak := strings.HasPrefix(rest, "W/")
		rest = strings.TrimPrefix(rest, "W/")
		if !strings.HasPrefix(rest, `"`) {
			return nil, false, false
		}
		opaque, after, closed := strings.Cut(rest[1:], `"`)
		if !closed || strings.ContainsAny(opaque, " \t") {
			return nil, false, false
		}
		tags = append(tags, entityTag{weak, opaque})
		after = strings.TrimLeft(after, " \t")
		if after != "" && after[0] != ',' {
			return nil, false, false
		}
		rest = strings.TrimLeft(after, ", \t")
	}
	return tags, false, len(tags) > 0
}

// matching gives the tag of ifNoneMatch that names the same representation as
// tag, compressed or not, as the caller wrote it; "" when there is none.
func matching(ifNoneMatch, tag string) string {
	tags, star, _ := parseTags(ifNoneMatch)
	if star {
		return tag
	}
	for _, t := range tags {
		if `"`+strings.TrimSuffix(t.opaque, gzipSuffix)+`"` == tag {
			return `"` + t.opaque + `"`
		}
	}
	return ""
}

// precondition is what If-Match demands.
type precondition struct {
	given bool
	star  bool
	tags  []entityTag
}

// parsePrecondition reads If-Match; absent is "".
func parsePrecondition(ifMatch string) (precondition, error) {
	if ifMatch == "" {
		return precondition{}, nil
	}
	tags, star, ok := parseTags(ifMatch)
	if !ok {
		return precondition{}, promptz.Errorf(CodeUnreadable, "If-Match is no list of entity tags.")
	}
	return precondition{given: true, star: star, tags: tags}, nil
}

// check compares the revision alone: what a tag says of the representation
// (counts, compression) never makes an edit fail.
func (p precondition) check(revision int64) error {
	if !p.given {
		return promptz.Errorf(CodePreconditionRequired, "Send the ETag of the state that this is based on as If-Match.")
	}
	if p.star {
		return nil
	}
	want := strconv.FormatInt(revision, 10)
	for _, t := range p.tags {
		got, _, dotted := strings.Cut(t.opaque, ".")
		if dotted && got == want && !t.weak { // RFC 9110, section 13.1.1: strong comparison
			return nil
		}
	}
	return promptz.ErrStale
}
