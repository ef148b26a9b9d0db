package sqlitedocstore

import (
	"encoding/binary"
	"slices"
	"strings"
)

// This file reads and writes elements of JSONB, SQLite's binary JSON. An
// element is a header and a payload. The low half of the header's first byte
// is the type; the high half is the payload's size, or says how many of the
// next bytes hold it. See https://www.sqlite.org/jsonb.html.

type elementType byte

const (
	typeNull    elementType = 0
	typeTrue    elementType = 1
	typeFalse   elementType = 2
	typeInt     elementType = 3 // decimal digits
	typeFloat   elementType = 5 // decimal digits
	typeTextRaw elementType = 10
	typeArray   elementType = 11
	typeObject  elementType = 12
)

// Header codes for the size of a size, and the fixed length of the headers of
// containers, whose size is known only after their content.
const (
	size1Byte       = 12
	size2Bytes      = 13
	size4Bytes      = 14
	size8Bytes      = 15
	containerHeader = 5
)

// appendElement appends a scalar element.
func appendElement[S ~string | ~[]byte](b []byte, t elementType, payload S) []byte {
	switch n := len(payload); {
	case n < size1Byte:
		b = append(b, byte(n)<<4|byte(t))
	case n < 1<<8:
		b = append(b, size1Byte<<4|byte(t), byte(n))
	case n < 1<<16:
		b = append(b, size2Bytes<<4|byte(t))
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b = append(b, size4Bytes<<4|byte(t))
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, payload...)
}

// appendContainer appends the header of an array or object; closeContainer
// completes it once the content has been appended.
func appendContainer(b []byte, t elementType) []byte {
	return append(b, size4Bytes<<4|byte(t), 0, 0, 0, 0)
}

// closeContainer sets the size of the container that begins at start and goes
// to the end of b.
func closeContainer(b []byte, start int) {
	binary.BigEndian.PutUint32(b[start+1:], uint32(len(b)-start-containerHeader))
}

// An element is one parsed element. The zero value is null.
type element struct {
	typ     elementType
	payload []byte
}

// nextElement parses the first element of b and returns what follows it. It is
// not ok at the end of b, and when b is damaged.
func nextElement(b []byte) (e element, rest []byte, ok bool) {
	if len(b) == 0 {
		return element{}, nil, false
	}
	e.typ = elementType(b[0] & 0x0f)
	size, b := uint64(b[0]>>4), b[1:]
	if size >= size1Byte {
		n := 1 << (size - size1Byte)
		if len(b) < n {
			return element{}, nil, false
		}
		size = 0
		for _, c := range b[:n] {
			size = size<<8 | uint64(c)
		}
		b = b[n:]
	}
	if size > uint64(len(b)) {
		return element{}, nil, false
	}
	e.payload = b[:size]
	return e, b[size:], true
}

// elements calls f with each element of an array.
func (e element) elements(f func(element) bool) {
	for rest := e.payload; ; {
		var item element
		var ok bool
		if item, rest, ok = nextElement(rest); !ok || !f(item) {
			return
		}
	}
}

// fields calls f with each name and value of an object.
func (e element) fields(f func(name []byte, value element) bool) {
	for rest := e.payload; ; {
		var name, value element
		var ok bool
		if name, rest, ok = nextElement(rest); !ok {
			return
		}
		if value, rest, ok = nextElement(rest); !ok {
			return
		}
		if !f(name.payload, value) {
			return
		}
	}
}

// at returns the value at a path of field names.
func (e element) at(path []string) (element, bool) {
	for _, want := range path {
		if !e.isMap() {
			return element{}, false
		}
		want = escapeName(want)
		found := false
		e.fields(func(name []byte, value element) bool {
			if string(name) == want {
				e, found = value, true
			}
			return !found
		})
		if !found {
			return element{}, false
		}
	}
	return e, true
}

// Values that JSON does not have are objects of one field, whose name says
// what they are. Names of documents' fields that begin with '$' get a second
// one, so nothing else looks like these.
const (
	bytesName = "$bytes" // base64
	timeName  = "$time"  // RFC 3339 in UTC with nine decimals, so text order is time order
	floatName = "$float" // NaN, +Inf, -Inf
)

func escapeName(name string) string {
	if strings.HasPrefix(name, "$") {
		return "$" + name
	}
	return name
}

func unescapeName(name []byte) string {
	if len(name) > 1 && name[0] == '$' && name[1] == '$' {
		name = name[1:]
	}
	return string(name)
}

// tagged returns the text of an object that stands for a value of another
// type, if e is one with that name.
func (e element) tagged(want string) (string, bool) {
	if e.typ != typeObject {
		return "", false
	}
	name, rest, ok := nextElement(e.payload)
	if !ok || string(name.payload) != want {
		return "", false
	}
	value, _, ok := nextElement(rest)
	return string(value.payload), ok
}

// isMap reports whether e is an object that stands for itself.
func (e element) isMap() bool {
	if e.typ != typeObject {
		return false
	}
	name, _, ok := nextElement(e.payload)
	return !ok || len(name.payload) < 2 || name.payload[0] != '$' || name.payload[1] == '$'
}

func appendTagged(b []byte, name, text string) []byte {
	start := len(b)
	b = appendContainer(b, typeObject)
	b = appendElement(b, typeTextRaw, name)
	b = appendElement(b, typeTextRaw, text)
	closeContainer(b, start)
	return b
}

// insertName puts the name of a field before its value, which begins at start
// and goes to the end of b.
func insertName(b []byte, start int, name string) []byte {
	name = escapeName(name)
	end := len(b)
	b = appendElement(b, typeTextRaw, name)
	n := len(b) - end
	b = slices.Grow(b, n)[:end+n]
	header := slices.Clone(b[end:])
	copy(b[start+n:], b[start:end])
	copy(b[start:], header)
	return b
}
