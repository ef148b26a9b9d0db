package sqlitedocstore

import (
	"fmt"
	"slices"
	"strings"

	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"
)

// A plan is a way to find the documents of a query.
type plan struct {
	name       string // what QueryPlan tells
	source     string // the table, with the index to use
	conditions []condition
	order      []string // the columns that rows come in the order of, unique together
	descending bool

	// filters are all of the query's, held against each row again, since the
	// comparisons of SQLite are a little wider: 1 = true, and 2 < 'a'.
	filters []filter
	// exact says that filters will not reject what the conditions let pass,
	// but for differences of type.
	exact bool
	// sortField is set if rows have to be sorted in memory.
	sortField string
}

// A condition is one that SQLite decides.
type condition struct {
	column, op string
	arg        any
}

// QueryPlan implements driver.Collection. A plan is "Key: <field>",
// "Index: <partition>,<sort>", "Scan", or "Scan, sorted by <field>".
func (c *collection) QueryPlan(q *driver.Query) (string, error) {
	p, err := c.plan(q)
	if err != nil {
		return "", err
	}
	return p.name, nil
}

// plan chooses the best way: the key, an index whose sort field the query
// bounds or orders by, any index with the query's partition, a range of keys,
// or, where that is allowed, a scan.
func (c *collection) plan(q *driver.Query) (*plan, error) {
	filters, err := newFilters(q.Filters)
	if err != nil {
		return nil, err
	}
	p := &plan{filters: filters, descending: q.OrderByField != "" && !q.OrderAscending}
	byKey := func(f filter) bool { return f.on(c.keyField) && pushable(f) }
	ordersByKey := q.OrderByField == "" || q.OrderByField == c.keyField
	x, indexed := c.chooseIndex(q, filters)
	switch {
	case slices.ContainsFunc(filters, func(f filter) bool { return byKey(f) && f.op == driver.EqualOp }):
		c.useKey(p, "Key: "+c.keyField)
	case indexed:
		c.useIndex(p, x)
	case ordersByKey && slices.ContainsFunc(filters, byKey):
		c.useKey(p, "Key: "+c.keyField)
	case ordersByKey && (len(filters) == 0 || c.opts.AllowScans):
		c.useKey(p, "Scan")
	case c.opts.AllowScans:
		c.useKey(p, "Scan, sorted by "+q.OrderByField)
		p.sortField = q.OrderByField
		p.exact = false // the limit is of the sorted rows
	default:
		return nil, c.refuse(q)
	}
	return p, nil
}

func pushable(f filter) bool {
	_, ok := f.sqlArg()
	return ok
}

// chooseIndex finds an index for a query that wants one partition.
func (c *collection) chooseIndex(q *driver.Query, filters []filter) (Index, bool) {
	var best Index
	found := false
	for _, x := range c.opts.Indexes {
		ordered := q.OrderByField == "" || q.OrderByField == x.Sort
		if !ordered || !slices.ContainsFunc(filters, func(f filter) bool {
			return f.on(x.Partition) && f.op == driver.EqualOp && pushable(f)
		}) {
			continue
		}
		if q.OrderByField == x.Sort || slices.ContainsFunc(filters, func(f filter) bool {
			return f.on(x.Sort) && pushable(f)
		}) {
			return x, true
		}
		if !found {
			best, found = x, true
		}
	}
	return best, found
}

// useIndex names the index, so that SQLite takes it or fails.
func (c *collection) useIndex(p *plan, x Index) {
	p.name = "Index: " + x.String()
	p.source = quote(c.name) + " INDEXED BY " + c.indexName(x)
	p.order = []string{fieldSQL(x.Sort), "id"}
	p.push(x.Partition, fieldSQL(x.Partition))
	p.push(x.Sort, fieldSQL(x.Sort))
}

func (c *collection) useKey(p *plan, name string) {
	p.name = name
	p.source = quote(c.name)
	p.order = []string{"key"}
	p.push(c.keyField, "key")
}

// push makes conditions of the filters on a field.
func (p *plan) push(field, column string) {
	for _, f := range p.filters {
		if arg, ok := f.sqlArg(); ok && f.on(field) {
			p.conditions = append(p.conditions, condition{column, f.op, arg})
		}
	}
	p.exact = len(p.conditions) == len(p.filters)
}

// pageSQL returns the statement for a page. Given the order columns of the last
// row of the page before, it is for the rows after that one.
func (p *plan) pageSQL(after []any, limit int) (query string, args []any) {
	direction, beyond := "", ">"
	if p.descending {
		direction, beyond = " DESC", "<"
	}
	var where []string
	if len(p.order) > 1 { // what the index leaves out, as its declaration says it
		where = append(where, p.order[0]+" IS NOT NULL")
	}
	for _, c := range p.conditions {
		if after != nil && c.column == p.order[0] && strings.HasPrefix(c.op, beyond) {
			continue // after is the closer bound, and SQLite seeks to only one
		}
		where = append(where, c.column+" "+c.op+" ?")
		args = append(args, c.arg)
	}
	if after != nil {
		// SQLite does not seek by a row of expressions, so it gets the first
		// of them alone besides.
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(after)), ", ")
		where = append(where, p.order[0]+" "+beyond+"= ?",
			fmt.Sprintf("(%s) %s (%s)", strings.Join(p.order, ", "), beyond, marks))
		args = append(append(args, after[0]), after...)
	}
	if len(where) == 0 {
		where = []string{"true"}
	}
	query = fmt.Sprintf("SELECT key, doc, %s, id FROM %s WHERE %s ORDER BY %s%s LIMIT ?",
		p.order[0], p.source, strings.Join(where, " AND "), strings.Join(p.order, direction+", "), direction)
	return query, append(args, limit)
}

// refuse explains why a query cannot be run.
func (c *collection) refuse(q *driver.Query) error {
	var fields, indexes []string
	for _, f := range q.Filters {
		fields = append(fields, strings.Join(f.FieldPath, ".")+" "+f.Op)
	}
	for _, x := range c.opts.Indexes {
		indexes = append(indexes, x.String())
	}
	return newError(gcerrors.InvalidArgument,
		"query with filters [%s] ordered by %q has no index in collection %s (indexes [%s]); "+
			"it needs one with = on its partition, ordered by its sort field or not at all, or AllowScans",
		strings.Join(fields, ", "), q.OrderByField, c.name, strings.Join(indexes, " "))
}
