package store_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gocloud.dev/docstore"
	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"

	"promptz/internal/store"
)

// flaky is a collection whose atomic lists fail as those of a busy service do:
// some are refused, of some the answer is lost after they were done, and of two
// that touch the same document at the same time one is refused.
type flaky struct {
	inner        *docstore.Collection
	refuse, lose float64       // how many of the lists, 0–1
	lasts        time.Duration // how long a list is under way; 0 is no contention
	overlook     float64       // how many of the documents that a list reads are said to be absent, 0–1
	untold       bool          // the new revisions of what a list wrote are not told

	mu        sync.Mutex
	busy      map[any]bool // what lists that are under way touch
	lost      int
	conflicts int
}

var (
	errConflict   = errors.New("the transaction conflicts with another, or so it is said")
	errOverlooked = errors.New("there is none, or so it is said")
)

func newFlaky(t testing.TB, h store.Handles, f *flaky) store.Handles {
	t.Helper()
	f.inner, f.busy = h.Consistent, map[any]bool{}
	c := docstore.NewCollection(f)
	t.Cleanup(func() { c.Close() })
	return store.Handles{Consistent: c, Eventual: c}
}

func (f *flaky) RunActions(ctx context.Context, actions []*driver.Action, _ *driver.RunActionsOptions) driver.ActionListError {
	if len(actions) == 0 || !actions[0].InAtomicWrite {
		return f.overlooked(actions, f.run(ctx, actions, f.inner.Actions()))
	}
	if !f.begin(actions) {
		return refused(actions)
	}
	defer f.end(actions)
	if f.lasts > 0 {
		time.Sleep(f.lasts) // the service is at work
	}
	if rand.Float64() < f.refuse {
		return refused(actions)
	}
	copies := make([]*driver.Action, len(actions))
	for i, a := range actions {
		copied := *a
		copied.Doc = copyOf(a.Doc)
		copies[i] = &copied
	}
	if errs := f.run(ctx, copies, f.inner.Actions().AtomicWrites()); len(errs) > 0 {
		return errs
	}
	if rand.Float64() < f.lose && !onlyAdds(actions) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.lost++
		return refused(actions)
	}
	if f.untold {
		return nil
	}
	for i, a := range actions {
		if revision, err := copies[i].Doc.GetField(docstore.DefaultRevisionField); err == nil && revision != nil && a.Doc.HasField(docstore.DefaultRevisionField) {
			a.Doc.SetField(docstore.DefaultRevisionField, revision)
		}
	}
	return nil
}

// overlooked is what a list came to when some that it read were not found.
func (f *flaky) overlooked(actions []*driver.Action, errs driver.ActionListError) driver.ActionListError {
	if len(actions) == 1 || len(errs) > 0 {
		return errs
	}
	missed := make([]error, len(actions))
	for i, a := range actions {
		if a.Kind == driver.Get && rand.Float64() < f.overlook {
			missed[i] = errOverlooked
		}
	}
	return driver.NewActionListError(missed)
}

// begin tells whether no other list touches what actions do.
func (f *flaky) begin(actions []*driver.Action) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range actions {
		if f.lasts > 0 && f.busy[a.Key] {
			f.conflicts++
			return false
		}
	}
	for _, a := range actions {
		f.busy[a.Key] = true
	}
	return true
}

func (f *flaky) end(actions []*driver.Action) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range actions {
		delete(f.busy, a.Key)
	}
}

// copyOf copies a document, so that a driver tells the caller nothing whose
// answer is lost.
func copyOf(d driver.Document) driver.Document {
	var copied any
	if m, ok := d.Origin.(map[string]any); ok {
		copied = maps.Clone(m)
	} else {
		v := reflect.ValueOf(d.Origin).Elem()
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		copied = p.Interface()
	}
	doc, err := driver.NewDocument(copied)
	if err != nil {
		panic(err) // the portable layer has made one of the same
	}
	return doc
}

// onlyAdds tells whether nothing in a list would tell that it was done: views are
// counted by such, and approximate for it.
func onlyAdds(actions []*driver.Action) bool {
	return !slices.ContainsFunc(actions, func(a *driver.Action) bool { return a.Kind != driver.Update })
}

func refused(actions []*driver.Action) driver.ActionListError {
	errs := make([]error, len(actions))
	for i := range errs {
		errs[i] = errConflict
	}
	return driver.NewActionListError(errs)
}

// run runs actions on the collection that is wrapped.
func (f *flaky) run(ctx context.Context, actions []*driver.Action, list *docstore.ActionList) driver.ActionListError {
	for _, a := range actions {
		switch a.Kind {
		case driver.Create:
			list.Create(a.Doc.Origin)
		case driver.Replace:
			list.Replace(a.Doc.Origin)
		case driver.Put:
			list.Put(a.Doc.Origin)
		case driver.Delete:
			list.Delete(a.Doc.Origin)
		case driver.Get:
			list.Get(a.Doc.Origin, paths(a.FieldPaths)...)
		case driver.Update:
			list.Update(a.Doc.Origin, modsOf(a.Mods))
		}
	}
	failed, _ := errors.AsType[docstore.ActionListError](list.Do(ctx))
	errs := make([]error, len(actions))
	for _, e := range failed {
		errs[max(e.Index, 0)] = e.Err
	}
	return driver.NewActionListError(errs)
}

func paths(fields [][]string) []docstore.FieldPath {
	var paths []docstore.FieldPath
	for _, f := range fields {
		paths = append(paths, docstore.FieldPath(strings.Join(f, ".")))
	}
	return paths
}

func modsOf(mods []driver.Mod) docstore.Mods {
	made := docstore.Mods{}
	for _, m := range mods {
		value := m.Value
		if inc, ok := value.(driver.IncOp); ok {
			value = docstore.Increment(inc.Amount)
		}
		made[docstore.FieldPath(strings.Join(m.FieldPath, "."))] = value
	}
	return made
}

// RunGetQuery runs the query on the collection that is wrapped.
func (f *flaky) RunGetQuery(ctx context.Context, q *driver.Query) (driver.DocumentIterator, error) {
	query := f.inner.Query()
	for _, filter := range q.Filters {
		query = query.Where(paths([][]string{filter.FieldPath})[0], filter.Op, filter.Value)
	}
	if q.OrderByField != "" {
		direction := docstore.Descending
		if q.OrderAscending {
			direction = docstore.Ascending
		}
		query = query.OrderBy(q.OrderByField, direction)
	}
	if q.Limit > 0 {
		query = query.Limit(q.Limit)
	}
	return flakyDocuments{query.Get(ctx, paths(q.FieldPaths)...)}, nil
}

type flakyDocuments struct{ *docstore.DocumentIterator }

func (d flakyDocuments) Next(ctx context.Context, doc driver.Document) error {
	return d.DocumentIterator.Next(ctx, doc.Origin)
}

func (f *flaky) Key(d driver.Document) (any, error)      { return d.GetField(store.KeyField) }
func (f *flaky) RevisionField() string                   { return docstore.DefaultRevisionField }
func (f *flaky) QueryPlan(*driver.Query) (string, error) { return "", nil }
func (f *flaky) RevisionToBytes(v any) ([]byte, error)   { return nil, errors.ErrUnsupported }
func (f *flaky) BytesToRevision(b []byte) (any, error)   { return nil, errors.ErrUnsupported }
func (f *flaky) As(any) bool                             { return false }
func (f *flaky) ErrorAs(err error, target any) bool      { return errors.As(err, target) }
func (f *flaky) Close() error                            { return nil }
func (f *flaky) ErrorCode(err error) gcerrors.ErrorCode {
	switch {
	case errors.Is(err, errConflict):
		return gcerrors.FailedPrecondition
	case errors.Is(err, errOverlooked):
		return gcerrors.NotFound
	}
	return gcerrors.Code(err)
}
