package promptz

// ModerationAction is what a moderator does to an item.
type ModerationAction string

// The actions.
const (
	ActionUnpublish ModerationAction = "unpublish" // take it down and hold it
	ActionRelease   ModerationAction = "release"   // its owner may publish it again
)

// Moderation is a moderator's decision on an item.
type Moderation struct {
	Action ModerationAction `validate:"oneof=unpublish release"`
	// Reason is told to the item's owner; taking down wants one.
	Reason string `validate:"max=500,oneline"`
}

// Prepare brings the decision into the form that is stored and checks it. It
// fails with [CodeNotValid], every field that is wrong named.
func (m *Moderation) Prepare() error {
	m.Reason = NormalizeLine(m.Reason)
	fields, err := check(m)
	if err != nil {
		return err
	}
	if m.Action == ActionUnpublish && m.Reason == "" {
		fields = append(fields, FieldError{"/reason", "required", "must not be empty: its owner is told why"})
	}
	return notValid(fields)
}
