package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// factsReader reads an item.json one version at a time: the facts of all of an
// item's versions together may be more than fits into memory.
type factsReader struct {
	json  *json.Decoder
	in    *allowance
	limit int64 // on how far one more read goes in it, in bytes
}

func newFactsReader(r io.Reader, limit int64) *factsReader {
	in := &allowance{from: r, left: limit}
	return &factsReader{json: json.NewDecoder(in), in: in, limit: limit}
}

// head reads everything before the versions.
func (f *factsReader) head() (*itemJSON, error) {
	if err := f.expect(json.Delim('{')); err != nil {
		return nil, err
	}
	head := []byte("{")
	for f.json.More() {
		key, err := f.json.Token()
		if err != nil {
			return nil, err
		}
		if key == "versions" {
			return f.begin(head)
		}
		if head, err = f.member(head, key); err != nil {
			return nil, err
		}
	}
	if err := f.expect(json.Delim('}')); err != nil {
		return nil, err
	}
	return nil, errors.New("it has no versions")
}

// begin goes to the first version and gives what head says.
func (f *factsReader) begin(head []byte) (*itemJSON, error) {
	j := new(itemJSON)
	if err := decode(append(head, '}'), j); err != nil {
		return nil, err
	}
	if err := f.expect(json.Delim('[')); err != nil {
		return nil, err
	}
	if !f.json.More() {
		return nil, errors.New("it has no versions")
	}
	return j, nil
}

// member adds a member and its value, which comes next, to an object that is
// not closed yet.
func (f *factsReader) member(object []byte, key json.Token) ([]byte, error) {
	name, err := json.Marshal(key)
	if err != nil {
		return nil, fmt.Errorf("encode member: %w", err)
	}
	value, err := f.value()
	if err != nil {
		return nil, err
	}
	if len(object) > 1 {
		object = append(object, ',')
	}
	object = append(append(object, name...), ':')
	return append(object, value...), nil
}

// version reads the next version. After the last nothing may follow.
func (f *factsReader) version() (j versionJSON, last bool, err error) {
	f.in.left = f.limit
	value, err := f.value()
	if err != nil {
		return j, false, err
	}
	if err := decode(value, &j); err != nil {
		return j, false, err
	}
	f.in.left = f.limit
	if f.json.More() {
		return j, false, nil
	}
	return j, true, f.end()
}

// end demands that item.json ends after its versions.
func (f *factsReader) end() error {
	if err := f.expect(json.Delim(']')); err != nil {
		return err
	}
	if err := f.expect(json.Delim('}')); err != nil {
		return err
	}
	if _, err := f.json.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the item")
	}
	return nil
}

func (f *factsReader) expect(want json.Token) error {
	got, err := f.json.Token()
	if err != nil {
		return fmt.Errorf("where %v belongs: %w", want, err)
	}
	if got != want {
		return fmt.Errorf("%v stands where %v belongs", got, want)
	}
	return nil
}

func (f *factsReader) value() (json.RawMessage, error) {
	var value json.RawMessage
	if err := f.json.Decode(&value); err != nil {
		return nil, fmt.Errorf("decode archive: %w", err)
	}
	if !utf8.Valid(value) {
		return nil, errors.New("it is not UTF-8")
	}
	return value, nil
}

// allowance reads what is left of an allowance, and fails when that is not
// enough.
type allowance struct {
	from io.Reader
	left int64
}

// Read is io.Reader's.
func (a *allowance) Read(b []byte) (int, error) {
	if a.left == 0 {
		return 0, errors.New("it is too large")
	}
	n, err := a.from.Read(b[:min(int64(len(b)), a.left)])
	a.left -= int64(n)
	return n, err
}
