package store

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// docstore finds the field of a struct by going through all of them, and allocates
// at each that it passes over: for a card twice as much time as all else that is
// done to read it. Where the driver does not do better itself, documents are read
// as maps, and their structs filled in here.

// fieldsByName says which field of a struct holds which of a document.
type fieldsByName map[string]int

// layouts are those of the structs that were read, by their type.
var layouts sync.Map

func layoutOf(t reflect.Type) fieldsByName {
	if l, ok := layouts.Load(t); ok {
		return l.(fieldsByName)
	}
	l := fieldsByName{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("docstore"), ",")
		if name == "" {
			name = t.Field(i).Name
		}
		l[name] = i
	}
	layouts.Store(t, l)
	return l
}

// target gives what a document is to be read into: a map with its key, or the
// document itself.
func (c *collection) target(doc any) any {
	if _, isMap := doc.(map[string]any); isMap || !c.tuning.Maps {
		return doc
	}
	v := reflect.ValueOf(doc).Elem()
	return map[string]any{KeyField: v.Field(layoutOf(v.Type())[KeyField]).String()}
}

// fill puts what was read into the document that it was read for.
func (c *collection) fill(doc, read any) error {
	m, isMap := read.(map[string]any)
	v := reflect.ValueOf(doc)
	if !isMap || v.Kind() != reflect.Pointer {
		return nil // they are the same
	}
	layout := layoutOf(v.Elem().Type())
	for name, value := range m {
		i, ok := layout[name]
		if !ok {
			return fmt.Errorf("no field of %T is for %q", doc, name)
		}
		field := v.Elem().Field(i)
		if value == nil {
			field.SetZero()
		} else if !set(field.Addr().Interface(), value) {
			return fmt.Errorf("field %q of %T is a %T", name, doc, value)
		}
	}
	return nil
}

// set sets a field, of the types that documents have. No number of theirs is
// beyond 2^53, up to where drivers give them whole.
func set(field, value any) (ok bool) {
	switch field := field.(type) {
	case *string:
		*field, ok = value.(string)
	case *bool:
		*field, ok = value.(bool)
	case *int64:
		*field, ok = value.(int64)
	case *int:
		var n int64
		n, ok = value.(int64)
		*field = int(n)
	case *[]byte:
		*field, ok = value.([]byte)
	case *[]string:
		var list []any
		list, ok = value.([]any)
		*field = make([]string, 0, len(list))
		for _, element := range list {
			s, isString := element.(string)
			*field, ok = append(*field, s), ok && isString
		}
	case *any:
		*field, ok = value, true
	}
	return ok
}
