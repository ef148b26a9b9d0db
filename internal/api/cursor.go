package api

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"

	"promptz/internal/promptz"
)

// boundLength is how many bytes of a cursor bind it to its query.
const boundLength = 6

var cursorEncoding = base64.RawURLEncoding.Strict()

// makeCursor makes the cursor that goes on after position in the list that query
// names. Equal arguments make equal cursors. It grants nothing: it says where to
// go on, not what may be seen.
func makeCursor(query, position string) string {
	bound := sha256.Sum256([]byte(query))
	return cursorEncoding.EncodeToString(append(bound[:boundLength], position...))
}

// readCursor gives the position in a cursor of the same query, which has to be
// of the form; "" for no cursor.
func readCursor(query, cursor string, form *regexp.Regexp) (position string, err error) {
	if cursor == "" {
		return "", nil
	}
	refused := promptz.Errorf(CodeUnreadable, "The cursor is none of this list with these filters.")
	raw, err := cursorEncoding.DecodeString(cursor)
	if err != nil || len(raw) < boundLength {
		return "", refused
	}
	bound := sha256.Sum256([]byte(query))
	position = string(raw[boundLength:])
	if string(raw[:boundLength]) != string(bound[:boundLength]) || !form.MatchString(position) {
		return "", refused
	}
	return position, nil
}

// The forms of positions: in lists of items the store's, in lists of versions
// the number that the page begins below.
var (
	itemPosition    = regexp.MustCompile(`^[0-9]{13}#[0-9a-hjkmnp-tv-z]{12}$`)
	versionPosition = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)
)
