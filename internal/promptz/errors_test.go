package promptz_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  *promptz.Error
		want string
	}{
		{"code and message", promptz.Errorf(promptz.CodeNotFound, "There is no %s %q.", "rule", "x"), `not_found: There is no rule "x".`},
		{"an operation", &promptz.Error{Code: promptz.CodeHeld, Message: "Held.", Op: "read item"}, "read item: held: Held."},
		{"a cause", &promptz.Error{Code: promptz.CodeInternal, Message: "Our fault.", Err: io.ErrUnexpectedEOF}, "internal: Our fault.: unexpected EOF"},
		{"a field", promptz.NotValid("/name", "too_short", "is too short"), "not_valid: Some fields are not valid.: /name is too short"},
		{"everything", &promptz.Error{
			Code: promptz.CodeNotValid, Message: "No.", Op: "create item", Err: io.EOF,
			Fields: []promptz.FieldError{{Pointer: "/tags/2", Code: "a", Message: "is bad"}, {Pointer: "/name", Code: "b", Message: "is worse"}},
		}, "create item: not_valid: No.: /tags/2 is bad, /name is worse: EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("Error = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrorCode(t *testing.T) {
	t.Parallel()
	stale := promptz.Errorf(promptz.CodeStale, "Too late.")
	tests := []struct {
		name string
		err  error
		want promptz.Code
	}{
		{"none", nil, ""},
		{"ours", stale, promptz.CodeStale},
		{"wrapped", fmt.Errorf("write card: %w", fmt.Errorf("again: %w", stale)), promptz.CodeStale},
		{"joined", errors.Join(io.EOF, stale), promptz.CodeStale},
		{"the outermost counts", &promptz.Error{Code: promptz.CodeUnavailable, Err: stale}, promptz.CodeUnavailable},
		{"somebody else's", io.EOF, promptz.CodeInternal},
		{"somebody else's around none", fmt.Errorf("read: %w", io.EOF), promptz.CodeInternal},
		{"its text alone", errors.New(stale.Error()), promptz.CodeInternal},
		{"lost a race", fmt.Errorf("x: %w", promptz.ErrStale), promptz.CodeStale},
		{"done before", promptz.ErrAlreadyDone, promptz.CodeConflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := promptz.ErrorCode(tt.err); got != tt.want {
				t.Errorf("ErrorCode = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrorUnwraps(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("outer: %w", &promptz.Error{Code: promptz.CodeUnavailable, Message: "Later.", Err: io.ErrClosedPipe})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Error("the cause is lost")
	}
	if errors.Unwrap(promptz.Errorf(promptz.CodeHeld, "Held.")) != nil {
		t.Error("a cause out of nothing")
	}
}

func TestNotValid(t *testing.T) {
	t.Parallel()
	want := &promptz.Error{
		Code: promptz.CodeNotValid, Message: "Some fields are not valid.",
		Fields: []promptz.FieldError{{Pointer: "/agent/tools/0", Code: "too_long", Message: "is too long"}},
	}
	if diff := cmp.Diff(want, promptz.NotValid("/agent/tools/0", "too_long", "is too long")); diff != "" {
		t.Error(diff)
	}
}

// A message names the rule, in the right unit.
func TestFieldMessages(t *testing.T) {
	t.Parallel()
	d := validDraft()
	d.Name, d.Tags, d.Visibility = "ab", make([]string, 21), "none"
	e, ok := errors.AsType[*promptz.Error](d.Prepare(promptz.KindPrompt))
	if !ok {
		t.Fatal("the draft is valid")
	}
	want := []promptz.FieldError{
		{Pointer: "/name", Code: "too_short", Message: "must have at least 3 characters"},
		{Pointer: "/tags", Code: "too_long", Message: "must have at most 20 entries"},
		{Pointer: "/visibility", Code: "not_one_of", Message: "must be one of: private, public"},
	}
	if diff := cmp.Diff(want, e.Fields); diff != "" {
		t.Error(diff)
	}
}
