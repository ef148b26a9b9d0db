package sqlitedocstore

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"
)

// decodeDocument decodes the fields that are selected into doc.
func decodeDocument(data []byte, doc driver.Document, selected fieldTree) error {
	root, rest, ok := nextElement(data)
	if !ok || len(rest) > 0 || root.typ != typeObject {
		return newError(gcerrors.Internal, "stored document is damaged")
	}
	if v := reflect.ValueOf(doc.Origin); selected == nil && v.Kind() == reflect.Pointer {
		if ok, err := layoutOf(v.Type().Elem()).decode(v.Elem(), root); ok {
			return err
		}
	}
	return doc.Decode(decoder{root, selected})
}

// A fieldTree holds the field paths that a caller wants. A nil tree wants all.
type fieldTree map[string]fieldTree

func newFieldTree(paths [][]string) fieldTree {
	if len(paths) == 0 {
		return nil
	}
	root := fieldTree{}
	for _, path := range paths {
		root.add(path)
	}
	return root
}

func (t fieldTree) add(path []string) {
	sub, exists := t[path[0]]
	switch {
	case exists && sub == nil: // a shorter path already wants all of it
	case len(path) == 1:
		t[path[0]] = nil
	default:
		if sub == nil {
			sub = fieldTree{}
			t[path[0]] = sub
		}
		sub.add(path[1:])
	}
}

// A decoder implements driver.Decoder for one element.
type decoder struct {
	element
	selected fieldTree
}

func (d decoder) String() string {
	x, err := d.AsInterface()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(x)
}

func (d decoder) AsNull() bool { return d.typ == typeNull }

func (d decoder) AsBool() (bool, bool) {
	return d.typ == typeTrue, d.typ == typeTrue || d.typ == typeFalse
}

func (d decoder) AsString() (string, bool) {
	if d.typ != typeTextRaw {
		return "", false
	}
	return string(d.payload), true
}

func (d decoder) AsInt() (int64, bool) {
	if d.typ != typeInt {
		return 0, false
	}
	n, err := strconv.ParseInt(string(d.payload), 10, 64)
	return n, err == nil
}

func (d decoder) AsUint() (uint64, bool) {
	if d.typ != typeInt {
		return 0, false
	}
	n, err := strconv.ParseUint(string(d.payload), 10, 64)
	return n, err == nil
}

func (d decoder) AsFloat() (float64, bool) {
	text := string(d.payload)
	if d.typ != typeFloat {
		var ok bool
		if text, ok = d.tagged(floatName); !ok {
			return 0, false
		}
	}
	x, err := strconv.ParseFloat(text, 64)
	return x, err == nil
}

func (d decoder) AsBytes() ([]byte, bool) {
	text, ok := d.tagged(bytesName)
	if !ok {
		return nil, false
	}
	b, err := base64.StdEncoding.DecodeString(text)
	return b, err == nil
}

func (d decoder) asTime() (time.Time, bool) {
	text, ok := d.tagged(timeName)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(timeLayout, text)
	return t, err == nil
}

func (d decoder) ListLen() (int, bool) {
	if d.typ != typeArray {
		return 0, false
	}
	n := 0
	d.elements(func(element) bool { n++; return true })
	return n, true
}

func (d decoder) DecodeList(f func(int, driver.Decoder) bool) {
	i := 0
	d.elements(func(e element) bool {
		i++
		return f(i-1, decoder{element: e})
	})
}

func (d decoder) MapLen() (int, bool) {
	if !d.isMap() {
		return 0, false
	}
	n := 0
	d.fields(func([]byte, element) bool { n++; return true })
	return n, true
}

func (d decoder) DecodeMap(f func(string, driver.Decoder, bool) bool) {
	d.fields(func(name []byte, value element) bool {
		key := unescapeName(name)
		sub, wanted := d.selected[key]
		if d.selected != nil && !wanted {
			return true
		}
		if sub != nil && !value.isMap() {
			return true // the path goes on, the document does not
		}
		// false lets a name match a field in another case where none matches
		// exactly. Asking for exact matches alone would make docstore v0.47
		// allocate for every field that it passes over: most of what a read costs.
		return f(key, decoder{value, sub}, false)
	})
}

// AsInterface implements driver.Decoder. Integers come back as int64 (as uint64
// where they are too large), lists as []any, maps as map[string]any.
func (d decoder) AsInterface() (any, error) {
	switch d.typ {
	case typeNull:
		return nil, nil
	case typeTrue, typeFalse:
		return d.typ == typeTrue, nil
	case typeTextRaw:
		return string(d.payload), nil
	case typeInt:
		if n, ok := d.AsInt(); ok {
			return n, nil
		}
		if n, ok := d.AsUint(); ok {
			return n, nil
		}
	case typeArray:
		return d.asSlice()
	}
	if x, ok := d.AsFloat(); ok {
		return x, nil
	}
	if b, ok := d.AsBytes(); ok {
		return b, nil
	}
	if t, ok := d.asTime(); ok {
		return t, nil
	}
	if d.isMap() {
		return d.asMap()
	}
	return nil, newError(gcerrors.Internal, "stored value is damaged")
}

func (d decoder) asSlice() (any, error) {
	list := []any{}
	var err error
	d.DecodeList(func(_ int, item driver.Decoder) bool {
		var x any
		x, err = item.AsInterface()
		list = append(list, x)
		return err == nil
	})
	return list, err
}

func (d decoder) asMap() (any, error) {
	m := map[string]any{}
	var err error
	d.DecodeMap(func(name string, value driver.Decoder, _ bool) bool {
		m[name], err = value.AsInterface()
		return err == nil
	})
	return m, err
}

// AsSpecial implements driver.Decoder for times.
func (d decoder) AsSpecial(v reflect.Value) (bool, any, error) {
	if v.Type() != typeOfTime {
		return false, nil, nil
	}
	t, ok := d.asTime()
	if !ok && !d.AsNull() {
		return true, nil, newError(gcerrors.InvalidArgument, "cannot set type %s to %v", v.Type(), d)
	}
	return true, t, nil
}
