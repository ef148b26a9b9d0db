package contract

import "time"

// timeLayout is RFC 3339 with milliseconds; what it formats is in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Time is a moment as the API writes it: RFC 3339 in UTC, always with
// milliseconds. It reads any RFC 3339 time.
type Time struct{ time.Time }

// MarshalJSON gives the moment as a JSON string.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format(timeLayout) + `"`), nil
}
