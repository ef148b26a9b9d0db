package sqlitedocstore

import (
	"reflect"
	"strings"
	"sync"

	"gocloud.dev/docstore/driver"
)

// A layout says which field of a struct holds which field of a document. A nil
// layout is that of a struct whose decoding is left to docstore.
//
// docstore's own decoding looks a field up by going through all of a struct's,
// and allocates on the way: half of what a read by key costs, without this.
type layout map[string]int

// layouts are those of the structs that were decoded into, by their type.
var layouts sync.Map

func layoutOf(t reflect.Type) layout {
	if l, ok := layouts.Load(t); ok {
		return l.(layout)
	}
	l, _ := layouts.LoadOrStore(t, newLayout(t))
	return l.(layout)
}

func newLayout(t reflect.Type) layout {
	l := layout{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("docstore"), ",")
		switch {
		case f.Anonymous:
			return nil // its fields are promoted by rules of docstore's
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		if _, twice := l[name]; twice {
			return nil
		}
		l[name] = i
	}
	return l
}

// decode decodes e into the struct v. It is not ok where a field has no place
// of just its name: then the rules of docstore decide, on the whole document.
func (l layout) decode(v reflect.Value, e element) (ok bool, err error) {
	ok = l != nil
	if !ok {
		return false, nil
	}
	e.fields(func(name []byte, value element) bool {
		i, known := l[string(name)]
		if !known {
			ok = false
			return false
		}
		err = decodeField(v.Field(i), value)
		return err == nil
	})
	return ok, err
}

// decodeField decodes the commonest types itself and leaves the others to
// docstore.
func decodeField(v reflect.Value, e element) error {
	d := decoder{element: e}
	ok := false
	switch field := v.Addr().Interface().(type) {
	case *string:
		if s, is := d.AsString(); is {
			*field, ok = s, true
		}
	case *bool:
		if b, is := d.AsBool(); is {
			*field, ok = b, true
		}
	case *int64:
		if n, is := d.AsInt(); is {
			*field, ok = n, true
		}
	}
	if ok {
		return nil
	}
	return driver.Decode(v, d)
}
