package archive

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"promptz/internal/promptz"
)

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// checkHistory holds what an archive says of an item to what holds for every
// item here, and completes the item from its last version.
func checkHistory(h *promptz.History) error {
	item := h.Item
	switch {
	case !promptz.ValidID(item.OwnerID):
		return fmt.Errorf("the owner %q is not an id", item.OwnerID)
	case len(h.Versions) == 0:
		return errors.New("it has no versions")
	case item.Revision < 1:
		return errors.New("its revision is not positive")
	case min(item.Stats.Stars, item.Stats.Copies, item.Stats.Downloads, item.Stats.Views) < 0:
		return errors.New("a count of its is negative")
	case item.Public() && item.PublishedAt.IsZero():
		return errors.New("it is public and was never published")
	}
	if err := checkTimes(item.CreatedAt, item.UpdatedAt); err != nil {
		return err
	}
	if !item.PublishedAt.IsZero() {
		if err := checkTimes(item.PublishedAt); err != nil {
			return err
		}
	}
	for i, v := range h.Versions {
		if v.Number != i+1 {
			return fmt.Errorf("version %d stands where version %d belongs", v.Number, i+1)
		}
		if err := checkVersion(item, v); err != nil {
			return fmt.Errorf("version %d: %w", v.Number, err)
		}
	}
	return complete(item, h.Versions[len(h.Versions)-1])
}

// complete gives the item the text of its current version.
func complete(item *promptz.Item, current *promptz.Version) error {
	if current.Erased {
		return errors.New("its current version is erased")
	}
	if item.Public() && !current.Shown {
		return errors.New("it is public and its current version was never shown")
	}
	item.Text, item.Version = current.Text, current.Number
	item.Digest, item.Note, item.Shown = current.Digest, current.Note, current.Shown
	return nil
}

// checkVersion holds a version to the limits and to its digest.
func checkVersion(item *promptz.Item, v *promptz.Version) error {
	if !promptz.ValidID(v.AuthorID) {
		return fmt.Errorf("the author %q is not an id", v.AuthorID)
	}
	if err := checkTimes(v.CreatedAt); err != nil {
		return err
	}
	if v.Erased {
		return checkErased(v)
	}
	digest, err := v.Text.Digest()
	if err != nil {
		return err
	}
	if digest != v.Digest {
		return errors.New("its text is not what its digest says")
	}
	draft := promptz.Draft{Text: v.Text, Visibility: item.Visibility, Note: v.Note}
	if err := draft.Prepare(item.Kind); err != nil {
		return err
	}
	prepared, err := draft.Digest()
	if err != nil {
		return err
	}
	if prepared != v.Digest || draft.Note != v.Note {
		return errors.New("its text is not in the form that is stored")
	}
	return nil
}

// checkErased demands that nothing but the facts is left of a version.
func checkErased(v *promptz.Version) error {
	if !digestForm.MatchString(v.Digest) {
		return fmt.Errorf("%q is not a digest", v.Digest)
	}
	empty, err := (&promptz.Text{}).Digest()
	if err != nil {
		return err
	}
	if left, err := v.Text.Digest(); err != nil || left != empty || v.Note != "" {
		return errors.New("it is erased and has a text")
	}
	return nil
}

// lastMillisecond is the last of the 13 digits that lists are sorted by, in 2286.
const lastMillisecond = 9_999_999_999_999

// checkTimes demands times that are stored and sorted as they are: after 1969, in
// whole milliseconds of 13 digits.
func checkTimes(times ...time.Time) error {
	for _, t := range times {
		if t.UnixMilli() <= 0 || t.UnixMilli() > lastMillisecond || !t.Equal(t.Truncate(time.Millisecond)) {
			return fmt.Errorf("%s is not a time that can be stored", t.Format(time.RFC3339Nano))
		}
	}
	return nil
}
