package sqlitedocstore

import (
	"context"
	"crypto/rand"

	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"

	"promptz/internal/gocdk/sqliteengine"
)

// A write is an action that writes, made ready outside the transaction.
type write struct {
	c        *collection
	action   *driver.Action
	key      any
	doc      []byte // the whole new document; nil for Delete and Update
	mods     []mod  // of Update
	expected string // the revision that must be the current one, if any
	revision string // the new one
}

func (c *collection) newWrite(a *driver.Action) (*write, error) {
	w := &write{c: c, action: a, revision: rand.Text()}
	var err error
	if w.key, err = keyArg(a.Key); err != nil {
		return nil, err
	}
	if w.expected, err = c.expectedRevision(a.Doc); err != nil {
		return nil, err
	}
	switch a.Kind {
	case driver.Create, driver.Put, driver.Replace:
		w.doc, err = encodeDocument(a.Doc, c.opts.RevisionField, w.revision)
	case driver.Update:
		w.mods, err = c.newMods(a.Mods)
	}
	return w, err
}

// expectedRevision returns the revision in the caller's document, or "".
func (c *collection) expectedRevision(doc driver.Document) (string, error) {
	value, err := doc.GetField(c.opts.RevisionField)
	if err != nil || value == nil {
		return "", nil // without the field there is nothing to expect
	}
	revision, ok := value.(string)
	if !ok {
		return "", newError(gcerrors.InvalidArgument, "revision field %s is a %T, not a string", c.opts.RevisionField, value)
	}
	return revision, nil
}

// setRevision tells the caller's document its new revision.
func (w *write) setRevision() error {
	if w.action.Kind == driver.Delete || !w.action.Doc.HasField(w.c.opts.RevisionField) {
		return nil
	}
	return w.action.Doc.SetField(w.c.opts.RevisionField, w.revision)
}

// run makes the write. When it returns an error it has changed nothing.
func (w *write) run(ctx context.Context, conn *sqliteengine.Conn) error {
	switch w.action.Kind {
	case driver.Create:
		return w.create(ctx, conn)
	case driver.Put:
		_, err := conn.Exec(ctx, w.c.sql.put, w.key, w.revision, w.doc)
		return err
	case driver.Replace:
		return w.replace(ctx, conn)
	case driver.Delete:
		return w.delete(ctx, conn)
	case driver.Update:
		return w.update(ctx, conn)
	default:
		return newError(gcerrors.Internal, "unknown kind of action %v", w.action.Kind)
	}
}

func (w *write) create(ctx context.Context, conn *sqliteengine.Conn) error {
	n, err := conn.Exec(ctx, w.c.sql.create, w.key, w.revision, w.doc)
	if err == nil && n == 0 {
		return newError(gcerrors.AlreadyExists, "document with key %v exists", w.action.Key)
	}
	return err
}

func (w *write) replace(ctx context.Context, conn *sqliteengine.Conn) error {
	query, args := w.c.sql.replace, []any{w.revision, w.doc, w.key}
	if w.expected != "" {
		query, args = w.c.sql.replaceAt, append(args, w.expected)
	}
	n, err := conn.Exec(ctx, query, args...)
	if err != nil || n > 0 {
		return err
	}
	return w.explain(ctx, conn)
}

// explain returns why a write found no document to change.
func (w *write) explain(ctx context.Context, conn *sqliteengine.Conn) error {
	current, _, err := w.c.get(ctx, conn, w.action.Key)
	if err != nil {
		return err
	}
	return w.mismatch(current)
}

func (w *write) mismatch(current string) error {
	return newError(gcerrors.FailedPrecondition, "document with key %v has revision %s, not %s",
		w.action.Key, current, w.expected)
}

func (w *write) delete(ctx context.Context, conn *sqliteengine.Conn) error {
	if w.expected == "" {
		_, err := conn.Exec(ctx, w.c.sql.remove, w.key)
		return err
	}
	n, err := conn.Exec(ctx, w.c.sql.removeAt, w.key, w.expected)
	if err == nil && n == 0 {
		return newError(gcerrors.FailedPrecondition, "no document with key %v and revision %s", w.action.Key, w.expected)
	}
	return err
}

func (w *write) update(ctx context.Context, conn *sqliteengine.Conn) error {
	current, doc, err := w.c.get(ctx, conn, w.action.Key)
	if err != nil {
		return err
	}
	if w.expected != "" && w.expected != current {
		return w.mismatch(current)
	}
	if doc, err = w.apply(doc); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, w.c.sql.replace, w.revision, doc, w.key)
	return err
}
