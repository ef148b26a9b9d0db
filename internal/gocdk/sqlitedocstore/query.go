package sqlitedocstore

import (
	"context"
	"io"
	"slices"

	"gocloud.dev/docstore/driver"

	"promptz/internal/gocdk/sqliteengine"
)

// Bounds of a page, whichever is met first.
const (
	maxPageRows  = 200
	maxPageBytes = 1 << 20
)

// RunGetQuery implements driver.Collection.
func (c *collection) RunGetQuery(ctx context.Context, q *driver.Query) (driver.DocumentIterator, error) {
	p, err := c.plan(q)
	if err != nil {
		return nil, err
	}
	if q.BeforeQuery != nil {
		if err := q.BeforeQuery(func(any) bool { return false }); err != nil {
			return nil, err
		}
	}
	it := &iterator{engine: c.engine, plan: p, skip: q.Offset, left: -1}
	if q.Limit > 0 {
		it.left = q.Limit
	}
	paths := q.FieldPaths
	if len(paths) > 0 && c.keyField != "" {
		paths = append(slices.Clip(paths), []string{c.keyField})
	}
	it.selected = newFieldTree(paths)
	if p.sortField != "" {
		return it, it.sortAll(ctx)
	}
	return it, it.fetch(ctx)
}

// An iterator implements driver.DocumentIterator. It holds one page, and
// nothing of the database.
type iterator struct {
	engine   *sqliteengine.Engine
	plan     *plan
	selected fieldTree
	skip     int // rows still to be left out
	left     int // rows still to be returned, or -1 for all

	rows  []row // of the page, not returned yet
	after []any // where the next page begins
	done  bool  // there is no next page

	// seen holds the keys of earlier pages if rows can move in the order.
	seen map[any]bool
}

type row struct {
	key any
	doc []byte
}

// Next implements driver.DocumentIterator.
func (it *iterator) Next(ctx context.Context, doc driver.Document) error {
	for {
		r, err := it.next(ctx)
		if err != nil {
			return err
		}
		if it.skip > 0 {
			it.skip--
			continue
		}
		if it.left > 0 {
			it.left--
		}
		return decodeDocument(r.doc, doc, it.selected)
	}
}

func (it *iterator) next(ctx context.Context) (row, error) {
	if it.left == 0 {
		return row{}, io.EOF
	}
	for len(it.rows) == 0 {
		if it.done {
			return row{}, io.EOF
		}
		if err := it.fetch(ctx); err != nil {
			return row{}, err
		}
	}
	r := it.rows[0]
	it.rows = it.rows[1:]
	return r, nil
}

// Stop implements driver.DocumentIterator.
func (it *iterator) Stop() {
	it.rows, it.done = nil, true
}

// As implements driver.DocumentIterator.
func (it *iterator) As(any) bool { return false }

// fetch reads the next page.
func (it *iterator) fetch(ctx context.Context) error {
	limit := maxPageRows
	if wanted := it.skip + it.left; it.left >= 0 && it.plan.exact && wanted < limit {
		limit = wanted
	}
	query, args := it.plan.pageSQL(it.after, limit)
	return it.engine.Read(ctx, func(conn *sqliteengine.Conn) error {
		rows, err := conn.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		return it.readPage(rows, limit)
	})
}

func (it *iterator) readPage(rows *sqliteengine.Rows, limit int) error {
	var key, first any
	var id int64
	var doc []byte
	count, size := 0, 0
	for size < maxPageBytes && rows.Next() {
		if err := rows.Scan(&key, &doc, &first, &id); err != nil {
			return err
		}
		count++
		size += len(doc)
		it.add(key, doc)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	it.done = count < limit && size < maxPageBytes
	it.after = []any{first, id}[:len(it.plan.order)]
	if !it.done && it.plan.movable() {
		it.remember()
	}
	return nil
}

// add takes a row into the page if it is one of the results.
func (it *iterator) add(key any, doc []byte) {
	root, _, _ := nextElement(doc)
	for _, f := range it.plan.filters {
		if !f.matches(root) {
			return
		}
	}
	if it.seen[mapKey(key)] {
		return
	}
	it.rows = append(it.rows, row{key: key, doc: doc})
}

// movable reports whether a write can change where a document stands in the
// order. Keys never change.
func (p *plan) movable() bool { return len(p.order) > 1 }

func (it *iterator) remember() {
	if it.seen == nil {
		it.seen = map[any]bool{}
	}
	for _, r := range it.rows {
		it.seen[mapKey(r.key)] = true
	}
}

type blobKey string

// mapKey makes a key one that a map can have.
func mapKey(key any) any {
	if b, ok := key.([]byte); ok {
		return blobKey(b)
	}
	return key
}

// sortAll reads all results and sorts them. Documents that lack the field, or
// whose value does not compare with that of others, come first.
func (it *iterator) sortAll(ctx context.Context) error {
	for !it.done {
		if err := it.fetch(ctx); err != nil {
			return err
		}
	}
	path := []string{it.plan.sortField}
	field := func(r row) element {
		root, _, _ := nextElement(r.doc)
		value, _ := root.at(path)
		return value
	}
	slices.SortStableFunc(it.rows, func(a, b row) int {
		c := compareOrNull(field(a), field(b))
		if it.plan.descending {
			return -c
		}
		return c
	})
	return nil
}

func compareOrNull(a, b element) int {
	if c, ok := compare(a, b); ok {
		return c
	}
	return int(a.typ) - int(b.typ)
}
