package promptz_test

import (
	"errors"
	"strings"
	"testing"

	"promptz/internal/promptz"
)

// someID is a well-formed id.
const someID = "0123456789ab"

// validDraft is a draft that every kind takes as it is.
func validDraft() promptz.Draft {
	return promptz.Draft{
		Text: promptz.Text{
			Name:        "Review a change",
			Description: "Reads a change and says what is wrong with it.",
			Content:     "Read the change.\nSay what is wrong.",
			Howto:       "Paste the change after it.",
			Tags:        []string{"Review", "C++", "go 1.26"},
			SourceURL:   "https://example.org/review",
			License:     "MIT-0",
		},
		Visibility: promptz.VisibilityPrivate,
		Note:       "first",
	}
}

// wrong gives "pointer code" of every field that err, a [promptz.CodeNotValid],
// names. Each must have words for people.
func wrong(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*promptz.Error](err)
	if !ok || e.Code != promptz.CodeNotValid {
		t.Fatalf("error %v, want code %s", err, promptz.CodeNotValid)
	}
	var fields []string
	for _, f := range e.Fields {
		if f.Message == "" || f.Message == "is not valid" {
			t.Errorf("%s %s has no words of its own", f.Pointer, f.Code)
		}
		fields = append(fields, f.Pointer+" "+f.Code)
	}
	return fields
}

// long repeats s n times.
func long(s string, n int) string { return strings.Repeat(s, n) }
