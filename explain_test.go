package app

import (
	"errors"
	"fmt"
	"testing"

	"promptz/internal/promptz"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	notValid := promptz.NotValid("/name", "too_short", "must have at least 3 characters")
	disk := &promptz.Error{Code: promptz.CodeInternal, Message: "Something went wrong here.", Op: "create item", Err: errors.New("disk full")}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"plain":   {errors.New("no such file"), "no such file"},
		"domain":  {notValid, "Some fields are not valid.\n  name: must have at least 3 characters"},
		"cause":   {disk, "Something went wrong here. (disk full)"},
		"wrapped": {fmt.Errorf("import a.md: %w", disk), "import a.md: Something went wrong here. (disk full)"},
		"joined":  {errors.Join(disk, errors.New("close rejects: disk full")), "Something went wrong here. (disk full)\nclose rejects: disk full"},
	} {
		if got := Explain(test.err); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
