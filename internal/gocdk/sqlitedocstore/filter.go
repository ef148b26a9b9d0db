package sqlitedocstore

import (
	"bytes"
	"math"
	"reflect"

	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"
)

// A filter is a condition of a query with its values encoded, so that it can be
// held against a stored document without decoding that.
type filter struct {
	path   []string
	op     string
	values []element // one, but any number for in and not-in
}

func newFilters(dfilters []driver.Filter) ([]filter, error) {
	filters := make([]filter, len(dfilters))
	for i, f := range dfilters {
		filters[i] = filter{path: f.FieldPath, op: f.Op}
		values := []any{f.Value}
		if f.Op == "in" || f.Op == "not-in" {
			values = nil
			for list, j := reflect.ValueOf(f.Value), 0; j < list.Len(); j++ {
				values = append(values, list.Index(j).Interface())
			}
		}
		for _, v := range values {
			data, err := encodeValue(v)
			if err != nil {
				return nil, err
			}
			e, _, _ := nextElement(data)
			filters[i].values = append(filters[i].values, e)
		}
	}
	return filters, nil
}

// on reports whether the filter is one on a top-level field.
func (f filter) on(field string) bool {
	return field != "" && driver.FieldPathEqualsField(f.path, field)
}

// matches reports whether a document meets the condition. One without the
// field meets none, nor does one whose value is of another type.
func (f filter) matches(doc element) bool {
	value, ok := doc.at(f.path)
	if !ok || value.typ == typeNull {
		return false
	}
	switch f.op {
	case "in":
		return f.contains(value)
	case "not-in":
		return !f.contains(value)
	}
	c, ok := compare(value, f.values[0])
	if !ok {
		return false
	}
	switch f.op {
	case driver.EqualOp:
		return c == 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	}
	return false
}

func (f filter) contains(value element) bool {
	for _, v := range f.values {
		if c, ok := compare(value, v); ok && c == 0 {
			return true
		}
	}
	return false
}

// sqlArg returns the value to compare with what SQLite extracts from a
// document, if the filter's condition is one that SQLite can decide.
func (f filter) sqlArg() (any, bool) {
	if f.op == "in" || f.op == "not-in" {
		return nil, false
	}
	d := decoder{element: f.values[0]}
	if b, ok := d.AsBool(); ok {
		return b, true // SQLite extracts 1 and 0, and true is 1
	}
	if s, ok := d.AsString(); ok {
		return s, true
	}
	if n, ok := d.AsInt(); ok {
		return n, true
	}
	if x, ok := d.AsFloat(); ok {
		return x, !math.IsNaN(x)
	}
	if text, ok := d.tagged(timeName); ok {
		return `{"` + timeName + `":"` + text + `"}`, true
	}
	return nil, false
}

// compare compares two texts, two numbers, two times or two booleans. Of
// booleans it tells only whether they are equal.
func compare(a, b element) (int, bool) {
	if a.typ == typeTextRaw && b.typ == typeTextRaw {
		return bytes.Compare(a.payload, b.payload), true
	}
	x, err := decoder{element: a}.scalar()
	if err != nil {
		return 0, false
	}
	y, err := decoder{element: b}.scalar()
	if err != nil {
		return 0, false
	}
	if p, ok := x.(bool); ok {
		q, ok := y.(bool)
		if ok && p == q {
			return 0, true
		}
		return -1, ok
	}
	if p, ok := a.tagged(timeName); ok {
		q, ok := b.tagged(timeName)
		return bytes.Compare([]byte(p), []byte(q)), ok
	}
	if isNaN(x) || isNaN(y) {
		return 0, false
	}
	c, err := driver.CompareNumbers(x, y)
	return c, err == nil
}

// scalar is AsInterface without the cost of decoding a list or map.
func (d decoder) scalar() (any, error) {
	if d.typ == typeArray || d.isMap() {
		return nil, newError(gcerrors.InvalidArgument, "not a scalar")
	}
	return d.AsInterface()
}

func isNaN(x any) bool {
	f, ok := x.(float64)
	return ok && math.IsNaN(f)
}
