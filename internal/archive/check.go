package archive

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"promptz/internal/promptz"
)

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// checkItem holds what an archive says of an item to what holds for every item
// here. latest is the last time that has been.
func checkItem(item *promptz.Item, latest time.Time) error {
	switch {
	case !promptz.ValidID(item.OwnerID):
		return fmt.Errorf("the owner %q is not an id", item.OwnerID)
	case item.Revision < 1:
		return errors.New("its revision is not positive")
	case item.Public() && item.PublishedAt.IsZero():
		return errors.New("it is public and was never published")
	}
	if !item.PublishedAt.IsZero() {
		if err := checkTime(item.PublishedAt, latest); err != nil {
			return err
		}
	}
	if err := checkTime(item.UpdatedAt, latest); err != nil {
		return err
	}
	return checkTime(item.CreatedAt, latest)
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
func checkVersion(item *promptz.Item, v *promptz.Version, latest time.Time) error {
	if !promptz.ValidID(v.AuthorID) {
		return fmt.Errorf("the author %q is not an id", v.AuthorID)
	}
	if err := checkTime(v.CreatedAt, latest); err != nil {
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

// slack is how far the clock of those who made an archive may be ahead of ours.
const slack = 24 * time.Hour

// checkTime demands a time that is stored and sorted as it is: from 1970 to
// latest, in whole milliseconds.
func checkTime(t, latest time.Time) error {
	switch {
	case t.IsZero():
		return errors.New("a time is missing")
	case t.UnixMilli() <= 0:
		return fmt.Errorf("the time %s is before 1970", t.Format(time.RFC3339Nano))
	case t.After(latest):
		return fmt.Errorf("the time %s is yet to come", t.Format(time.RFC3339Nano))
	case !t.Equal(t.Truncate(time.Millisecond)):
		return fmt.Errorf("the time %s is finer than a millisecond", t.Format(time.RFC3339Nano))
	}
	return nil
}
