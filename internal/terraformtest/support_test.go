package terraformtest_test

import (
	"bytes"
	"encoding/json"
	"testing"
)

// decode reads JSON that has what T has and nothing else.
func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}
