package sqlitedocstore

import (
	"math"
	"slices"
	"strings"

	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"
)

// A mod is one modification of an Update, with its value encoded.
type mod struct {
	path      []string
	value     []byte // nil to delete the field
	increment bool   // value is to be added
}

func (c *collection) newMods(dmods []driver.Mod) ([]mod, error) {
	mods := make([]mod, len(dmods))
	for i, m := range dmods {
		if name := m.FieldPath[0]; name == c.keyField || name == c.opts.RevisionField {
			return nil, newError(gcerrors.InvalidArgument, "field %q cannot be updated", name)
		}
		mods[i].path = m.FieldPath
		value := m.Value
		if inc, ok := value.(driver.IncOp); ok {
			mods[i].increment = true
			value = inc.Amount
		}
		if value == nil {
			continue
		}
		var err error
		if mods[i].value, err = encodeValue(value); err != nil {
			return nil, err
		}
	}
	return mods, nil
}

// apply returns doc with the modifications and the new revision. The revision
// field is written when the stored document or the caller's has it.
func (w *write) apply(doc []byte) ([]byte, error) {
	root, _, ok := nextElement(doc)
	if !ok || root.typ != typeObject {
		return nil, newError(gcerrors.Internal, "stored document is damaged")
	}
	original := root
	for _, m := range w.mods {
		value := m.value
		if m.increment {
			var err error
			if value, err = m.add(original); err != nil {
				return nil, err
			}
		}
		var err error
		if doc, err = setPath(root, m.path, value); err != nil {
			return nil, err
		}
		root, _, _ = nextElement(doc)
	}
	field := w.c.opts.RevisionField
	_, stored := original.at([]string{field})
	if !stored && !w.action.Doc.HasField(field) {
		return doc, nil
	}
	return setPath(root, []string{field}, appendElement(nil, typeTextRaw, w.revision))
}

// add returns the sum of the field's number and the modification's. A missing
// field counts as zero.
func (m mod) add(doc element) ([]byte, error) {
	current, ok := doc.at(m.path)
	if !ok {
		return m.value, nil
	}
	amount, _, _ := nextElement(m.value)
	x, y := decoder{element: current}, decoder{element: amount}
	if i, ok := x.AsInt(); ok {
		if j, ok := y.AsInt(); ok {
			if (j > 0 && i > math.MaxInt64-j) || (j < 0 && i < math.MinInt64-j) {
				return nil, newError(gcerrors.InvalidArgument, "incrementing %q overflows", strings.Join(m.path, "."))
			}
			return encodeValue(i + j)
		}
	}
	f, ok1 := x.asNumber()
	g, ok2 := y.asNumber()
	if !ok1 || !ok2 {
		return nil, newError(gcerrors.InvalidArgument, "cannot increment %q: %v is not a number", strings.Join(m.path, "."), x)
	}
	return encodeValue(f + g)
}

func (d decoder) asNumber() (float64, bool) {
	if i, ok := d.AsInt(); ok {
		return float64(i), true
	}
	return d.AsFloat()
}

// setPath returns an encoded copy of obj in which the field at path has the
// encoded value, or is absent if value is nil. What leads to the field has to
// be there.
func setPath(obj element, path []string, value []byte) ([]byte, error) {
	if !obj.isMap() {
		return nil, badPath(path)
	}
	want, found := escapeName(path[0]), false
	out := appendContainer(make([]byte, 0, len(obj.payload)+len(value)+64), typeObject)
	var err error
	obj.fields(func(name []byte, old element) bool {
		replacement := []byte(nil)
		switch {
		case string(name) != want:
			replacement = appendElement(nil, old.typ, old.payload)
		case len(path) == 1:
			found, replacement = true, value
		default:
			found = true
			replacement, err = setPath(old, path[1:], value)
		}
		if replacement != nil {
			out = appendElement(out, typeTextRaw, name)
			out = append(out, replacement...)
		}
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	if !found && len(path) > 1 {
		return nil, badPath(path)
	}
	if !found && value != nil {
		out = appendElement(out, typeTextRaw, want)
		out = append(out, value...)
	}
	closeContainer(out, 0)
	return slices.Clip(out), nil
}

func badPath(path []string) error {
	return newError(gcerrors.InvalidArgument, "field path %q does not lead through maps", strings.Join(path, "."))
}
