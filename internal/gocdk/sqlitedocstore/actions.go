package sqlitedocstore

import (
	"context"
	"errors"
	"slices"

	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"

	"promptz/internal/gocdk/sqliteengine"
)

// maxGroup bounds how many independent writes go to the writer as one function,
// so that a long list does not keep other callers waiting.
const maxGroup = 100

// RunActions implements driver.Collection.
func (c *collection) RunActions(ctx context.Context, actions []*driver.Action, opts *driver.RunActionsOptions) driver.ActionListError {
	errs := make([]error, len(actions))
	fail := func(err error) driver.ActionListError {
		for i := range errs {
			errs[i] = err
		}
		return driver.NewActionListError(errs)
	}
	if opts.BeforeDo != nil {
		if err := opts.BeforeDo(func(any) bool { return false }); err != nil {
			return fail(err)
		}
	}
	for _, a := range actions {
		// Before they are grouped: a Create without a key would leave its
		// atomic group.
		if err := c.generateKey(a); err != nil {
			return fail(err)
		}
	}
	beforeGets, gets, writes, atomicWrites, afterGets := driver.GroupActions(actions)
	c.runGets(ctx, append(beforeGets, gets...), errs)
	for group := range slices.Chunk(writes, maxGroup) {
		c.runWrites(ctx, group, errs)
	}
	c.runAtomicWrites(ctx, atomicWrites, errs)
	c.runGets(ctx, afterGets, errs)
	return driver.NewActionListError(errs)
}

// generateKey gives a document to be created without a key a unique one.
func (c *collection) generateKey(a *driver.Action) error {
	if a.Key != nil {
		return nil
	}
	if value, _ := a.Doc.GetField(c.keyField); value != nil {
		if _, ok := value.(string); !ok {
			return newError(gcerrors.InvalidArgument, "cannot make a key of type %T", value)
		}
	}
	a.Key = driver.UniqueString()
	return a.Doc.SetField(c.keyField, a.Key)
}

// runWrites makes writes that do not depend on each other. A write that fails
// has changed nothing, so the others need no savepoint of their own.
func (c *collection) runWrites(ctx context.Context, actions []*driver.Action, errs []error) {
	writes := make([]*write, 0, len(actions))
	for _, a := range actions {
		w, err := c.newWrite(a)
		if err != nil {
			errs[a.Index] = err
			continue
		}
		writes = append(writes, w)
	}
	if len(writes) == 0 {
		return
	}
	err := c.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
		for _, w := range writes {
			err := w.run(ctx, conn)
			if err != nil && !isRefusal(err) {
				return err
			}
			errs[w.action.Index] = err
		}
		return nil
	})
	for _, w := range writes {
		if err != nil {
			errs[w.action.Index] = err
		} else if errs[w.action.Index] == nil {
			errs[w.action.Index] = w.setRevision()
		}
	}
}

// isRefusal reports whether err says that a write may not be made, rather than
// that the database failed.
func isRefusal(err error) bool {
	var coded *codedError
	return errors.As(err, &coded)
}

// runAtomicWrites makes all writes or none. All report the first failure.
func (c *collection) runAtomicWrites(ctx context.Context, actions []*driver.Action, errs []error) {
	if len(actions) == 0 {
		return
	}
	writes := make([]*write, len(actions))
	failed, err := -1, error(nil)
	for i, a := range actions {
		if writes[i], err = c.newWrite(a); err != nil {
			failed = i
			break
		}
	}
	if err == nil {
		err = c.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
			for i, w := range writes {
				if err := w.run(ctx, conn); err != nil {
					failed = i
					return err
				}
			}
			return nil
		})
	}
	for i, a := range actions {
		switch {
		case err == nil:
			errs[a.Index] = writes[i].setRevision()
		case failed < 0 || failed == i:
			errs[a.Index] = err
		default:
			errs[a.Index] = &codedError{
				code:    errorCode(err),
				message: "not written, since another write of its atomic list failed",
				cause:   err,
			}
		}
	}
}
