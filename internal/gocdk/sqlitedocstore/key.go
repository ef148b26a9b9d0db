package sqlitedocstore

import (
	"math"

	"gocloud.dev/gcerrors"
)

// keyArg converts a document's key to the SQL value that stands for it: a
// text, an integer, a float or a blob. Numbers that are equal are one key.
func keyArg(key any) (any, error) {
	switch key := key.(type) {
	case string:
		return key, nil
	case int64:
		return key, nil
	}
	data, err := encodeValue(key)
	if err != nil {
		return nil, err
	}
	e, _, _ := nextElement(data)
	d := decoder{element: e}
	if s, ok := d.AsString(); ok {
		return s, nil
	}
	if n, ok := d.AsInt(); ok {
		return n, nil
	}
	if x, ok := d.AsFloat(); ok && !math.IsNaN(x) {
		return x, nil
	}
	if b, ok := d.AsBytes(); ok {
		return b, nil
	}
	return nil, newError(gcerrors.InvalidArgument, "%v of type %[1]T cannot be a key", key)
}
