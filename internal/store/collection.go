package store

import (
	"context"
	"errors"
	"io"
	"time"

	"gocloud.dev/docstore"
	"gocloud.dev/gcerrors"
)

// Handles are the two ways into one collection. On a store that is always
// consistent they are the same handle. A list of reads gives all that is there, or
// fails: who opens a store that may answer a part asks it for the rest, or says that it
// is doubtful.
type Handles struct {
	Consistent *docstore.Collection // reads by key see every acknowledged write
	Eventual   *docstore.Collection // queries, and reads that may be a moment late
}

// Tuning is what a driver wants beyond the portable API. The zero value fits
// SQLite and memory.
type Tuning struct {
	// Limit tells the server how many documents a query is to give; nil where the
	// driver does that itself.
	Limit func(as func(any) bool, n int) error
	// NoCollection tells whether a driver's "not found" means the collection
	// itself, not a document in it; nil where a collection can't be missing.
	NoCollection func(err error) bool
	// Doubtful says that the driver may call documents of a list absent that it failed
	// to read.
	Doubtful bool
	// Maps says that the driver reads into maps sooner than into structs.
	Maps bool
	// TTL says that the store itself removes expired documents, so that none is
	// put on the expiry index.
	TTL bool
}

const (
	// writeDeadline is how long a write that nothing explains is tried again.
	writeDeadline = 2 * time.Second
	// hotDeadline is that of a write to what many write to at the same time: the
	// counts of an item, the head of a feed. It leaves a request time to answer.
	hotDeadline = 20 * time.Second
	// firstWait and longestWait are how long a second try waits, and each at most:
	// one that has lost often must not come ever more seldom.
	firstWait   = 5 * time.Millisecond
	longestWait = 200 * time.Millisecond
)

// collection is a collection as this package uses it.
type collection struct {
	handles Handles
	tuning  Tuning
}

func (c *collection) reader(consistent bool) *docstore.Collection {
	if consistent {
		return c.handles.Consistent
	}
	return c.handles.Eventual
}

// get reads one document by its key, all of it or the named fields; found is
// false when it is not there.
func (c *collection) get(ctx context.Context, doc any, consistent bool, fields ...docstore.FieldPath) (found bool, err error) {
	into := c.target(doc)
	err = c.reader(consistent).Get(ctx, into, fields...)
	switch {
	case gcerrors.Code(err) == gcerrors.NotFound && !c.missing(err):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, c.fill(doc, into)
}

// ping asks whether the collection answers.
func (c *collection) ping(ctx context.Context) error {
	_, err := c.get(ctx, &keyDoc{ID: "ping#"}, true)
	return err
}

// keyDoc is a document of which only the key matters.
type keyDoc struct {
	ID string `docstore:"id"`

	DocstoreRevision any
}

// getAll reads documents by key in as few requests as the driver can. found[i]
// says whether docs[i] is there. A read that may be late may miss a document that
// was there when another was written, so an absence is believed only from one
// that is not.
func (c *collection) getAll(ctx context.Context, docs []any, consistent bool) (found []bool, err error) {
	found, missing, err := c.getBatch(ctx, docs, consistent)
	switch {
	case err != nil || len(missing) == 0 || consistent && !c.tuning.Doubtful:
		return found, err
	case c.tuning.Doubtful:
		for _, at := range missing {
			if found[at], err = c.get(ctx, docs[at], true); err != nil {
				return nil, err
			}
		}
		return found, nil
	}
	again := make([]any, len(missing))
	for i, at := range missing {
		again[i] = docs[at]
	}
	foundNow, _, err := c.getBatch(ctx, again, true)
	if err != nil {
		return nil, err
	}
	for i, at := range missing {
		found[at] = foundNow[i]
	}
	return found, nil
}

// getBatch reads documents by key, and gives the places of those that are not
// there too.
func (c *collection) getBatch(ctx context.Context, docs []any, consistent bool) (found []bool, missing []int, err error) {
	found = make([]bool, len(docs))
	if len(docs) == 0 {
		return found, nil, nil
	}
	list := c.reader(consistent).Actions()
	into := make([]any, len(docs))
	for i, doc := range docs {
		into[i] = c.target(doc)
		list.Get(into[i])
		found[i] = true
	}
	err = list.Do(ctx)
	failed, ok := errors.AsType[docstore.ActionListError](err)
	if err != nil && !ok {
		return nil, nil, err
	}
	for _, f := range failed {
		if f.Index < 0 || gcerrors.Code(f.Err) != gcerrors.NotFound || c.missing(f.Err) {
			return nil, nil, f.Err
		}
		found[f.Index] = false
		missing = append(missing, f.Index)
	}
	for i, doc := range docs {
		if !found[i] {
			continue
		}
		if err := c.fill(doc, into[i]); err != nil {
			return nil, nil, err
		}
	}
	return found, missing, nil
}

// missing tells whether the collection itself is what was not found.
func (c *collection) missing(err error) bool {
	return c.tuning.NoCollection != nil && c.tuning.NoCollection(err)
}

// page is one query: at most Limit documents of one partition of an index with a
// sort value before Before, the highest first.
type page struct {
	Index     Index
	Partition string
	Before    string // "" is from the top
	Limit     int
	Ascending bool // the lowest first
}

// query runs p and calls each with every document of the page.
func query[D any](ctx context.Context, c *collection, p page, each func(*D)) error {
	before := p.Before
	if before == "" {
		before = afterAll
	}
	direction := docstore.Descending
	if p.Ascending {
		direction = docstore.Ascending
	}
	q := c.handles.Eventual.Query().
		Where(docstore.FieldPath(p.Index.Partition), "=", p.Partition).
		Where(docstore.FieldPath(p.Index.Sort), "<", before).
		OrderBy(p.Index.Sort, direction).
		Limit(p.Limit)
	if c.tuning.Limit != nil {
		q = q.BeforeQuery(func(as func(any) bool) error { return c.tuning.Limit(as, p.Limit) })
	}
	var fields []docstore.FieldPath
	if p.Index.KeysOnly {
		// Without naming the fields the driver would not use such an index.
		fields = []docstore.FieldPath{KeyField, docstore.FieldPath(p.Index.Sort)}
	}
	return drain(ctx, c, q.Get(ctx, fields...), each)
}

// scan calls each with the named fields of every document of the collection, in
// no order. It is for export alone; nothing that answers a request scans.
func scan[D any](ctx context.Context, c *collection, fields []docstore.FieldPath, each func(*D)) error {
	return drain(ctx, c, c.handles.Consistent.Query().Get(ctx, fields...), each)
}

// drain calls each with every document that iter gives.
func drain[D any](ctx context.Context, c *collection, iter *docstore.DocumentIterator, each func(*D)) error {
	defer iter.Stop()
	for {
		doc := new(D)
		into := c.target(doc)
		switch err := iter.Next(ctx, into); {
		case err == io.EOF: // itself: a connection that was cut wraps one
			return nil
		case err != nil:
			return err
		}
		if err := c.fill(doc, into); err != nil {
			return err
		}
		each(doc)
	}
}
