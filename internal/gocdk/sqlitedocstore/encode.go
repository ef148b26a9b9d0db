package sqlitedocstore

import (
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"
)

// timeLayout is RFC 3339 with all nine decimals.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

var (
	typeOfTime        = reflect.TypeFor[time.Time]()
	typeOfTimePointer = reflect.TypeFor[*time.Time]()
)

// encodeDocument encodes a document. If it has the revision field, that gets
// the given revision instead of the document's.
func encodeDocument(doc driver.Document, field, revision string) ([]byte, error) {
	var buf []byte
	r := &revisionField{name: field, value: revision}
	if err := doc.Encode(&encoder{buf: &buf, root: true, revision: r}); err != nil {
		return nil, err
	}
	if !r.written && doc.HasField(field) {
		start := len(buf)
		buf = appendElement(buf, typeTextRaw, revision)
		buf = insertName(buf, start, field)
	}
	closeContainer(buf, 0)
	return buf, nil
}

// encodeValue encodes a single value.
func encodeValue(v any) ([]byte, error) {
	var buf []byte
	e := &encoder{buf: &buf}
	if err := driver.Encode(reflect.ValueOf(v), e); err != nil {
		return nil, err
	}
	e.closeValue()
	return buf, nil
}

// A revisionField is the one field of a document that the driver sets.
type revisionField struct {
	name, value string
	written     bool
}

// An encoder implements driver.Encoder. It appends values to a buffer that it
// shares with the encoders of the containers within.
type encoder struct {
	buf      *[]byte
	start    int            // where the value being encoded begins
	root     bool           // its value is the document
	revision *revisionField // of the document, for the root and its fields
}

func (e *encoder) append(t elementType, payload string) {
	*e.buf = appendElement(*e.buf, t, payload)
}

func (e *encoder) EncodeNil() { e.append(typeNull, "") }

func (e *encoder) EncodeBool(x bool) {
	if x {
		e.append(typeTrue, "")
		return
	}
	e.append(typeFalse, "")
}

func (e *encoder) EncodeString(x string) { e.append(typeTextRaw, x) }
func (e *encoder) EncodeInt(x int64)     { e.append(typeInt, strconv.FormatInt(x, 10)) }
func (e *encoder) EncodeUint(x uint64)   { e.append(typeInt, strconv.FormatUint(x, 10)) }

func (e *encoder) EncodeFloat(x float64) {
	*e.buf = appendFloat(*e.buf, x)
}

func appendFloat(b []byte, x float64) []byte {
	text := strconv.FormatFloat(x, 'g', -1, 64)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return appendTagged(b, floatName, text)
	}
	// JSON wants digits after the point, and SQLite sees a float by the point.
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return appendElement(b, typeFloat, text)
}

func (e *encoder) EncodeBytes(x []byte) {
	*e.buf = appendTagged(*e.buf, bytesName, base64.StdEncoding.EncodeToString(x))
}

func (e *encoder) EncodeList(int) driver.Encoder {
	*e.buf = appendContainer(*e.buf, typeArray)
	return &encoder{buf: e.buf, start: len(*e.buf)}
}

func (e *encoder) ListIndex(int) { e.closeValue() }

func (e *encoder) EncodeMap(int) driver.Encoder {
	*e.buf = appendContainer(*e.buf, typeObject)
	fields := &encoder{buf: e.buf, start: len(*e.buf)}
	if e.root {
		fields.revision = e.revision
	}
	return fields
}

// MapKey is called after the value, so the name has to be put before it.
func (e *encoder) MapKey(name string) {
	if r := e.revision; r != nil && name == r.name {
		*e.buf = appendElement((*e.buf)[:e.start], typeTextRaw, r.value)
		r.written = true
	}
	e.closeContainer()
	*e.buf = insertName(*e.buf, e.start, name)
	e.start = len(*e.buf)
}

// closeValue completes the value that was encoded last.
func (e *encoder) closeValue() {
	e.closeContainer()
	e.start = len(*e.buf)
}

func (e *encoder) closeContainer() {
	switch elementType((*e.buf)[e.start] & 0x0f) {
	case typeArray, typeObject:
		closeContainer(*e.buf, e.start)
	}
}

func (e *encoder) EncodeSpecial(v reflect.Value) (bool, error) {
	switch v.Type() {
	case typeOfTime:
		return true, e.encodeTime(v.Interface().(time.Time))
	case typeOfTimePointer:
		if v.IsNil() {
			e.EncodeNil()
			return true, nil
		}
		return true, e.encodeTime(*v.Interface().(*time.Time))
	}
	return false, nil
}

func (e *encoder) encodeTime(t time.Time) error {
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return newError(gcerrors.InvalidArgument, "time %v is outside the years 0 to 9999", t)
	}
	*e.buf = appendTagged(*e.buf, timeName, t.Format(timeLayout))
	return nil
}
