package promptz_test

import (
	"errors"
	"testing"

	"promptz/internal/promptz"
)

// TestNameCannotTurnItsDirection refuses names that show as something else.
func TestNameCannotTurnItsDirection(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"safe\u202egnp.exe", "two\u2028lines", "isolated\u2066text"} {
		d := promptz.Draft{
			Text:       promptz.Text{Name: name, Description: "Long enough to be one.", Content: name},
			Visibility: promptz.VisibilityPrivate,
		}
		e, ok := errors.AsType[*promptz.Error](d.Prepare(promptz.KindPrompt))
		if !ok || len(e.Fields) != 1 || e.Fields[0].Pointer != "/name" {
			t.Errorf("%q: got %v, want the name refused and the content taken", name, e)
		}
	}
}
