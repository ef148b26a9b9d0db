package sqlitedocstore

import (
	"context"
	"reflect"
	"strings"

	"gocloud.dev/docstore"
	"gocloud.dev/docstore/driver"

	"promptz/internal/gocdk/sqliteengine"
)

// OpenDriver opens a collection without the portable type around it. Either
// keyField or keyFunc is set.
func OpenDriver(ctx context.Context, path, keyField string, keyFunc func(docstore.Document) any, opts *Options) (driver.Collection, error) {
	c := &collection{name: "test", keyField: keyField, keyFunc: keyFunc}
	if err := c.open(ctx, path, opts); err != nil {
		return nil, err
	}
	return c, nil
}

// Codec is the driver's codec for drivertest, as documents and as values.
type Codec struct{}

func (Codec) EncodeDocument(x any) ([]byte, error) {
	doc, err := driver.NewDocument(x)
	if err != nil {
		return nil, err
	}
	return encodeDocument(doc, docstore.DefaultRevisionField, "revision")
}

func (Codec) DecodeDocument(data []byte, dest any) error {
	doc, err := driver.NewDocument(dest)
	if err != nil {
		return err
	}
	return decodeDocument(data, doc, nil)
}

func (Codec) EncodeValue(x any) ([]byte, error) { return encodeValue(x) }

func (Codec) DecodeValue(data []byte, dest any) error {
	e, _, _ := nextElement(data)
	return driver.Decode(reflect.ValueOf(dest).Elem(), decoder{element: e})
}

// Explain returns the statement for the first page of a query, or for a later
// one, and SQLite's own plan for it.
func Explain(ctx context.Context, dc driver.Collection, q *driver.Query, after []any) (query, plan string, err error) {
	c := dc.(*collection)
	p, err := c.plan(q)
	if err != nil {
		return "", "", err
	}
	query, args := p.pageSQL(after, 20)
	var steps []string
	err = c.engine.Read(ctx, func(conn *sqliteengine.Conn) error {
		rows, err := conn.Query(ctx, "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				return err
			}
			steps = append(steps, step)
		}
		return rows.Err()
	})
	return query, strings.Join(steps, "; "), err
}

// DecodeByDocstore is DecodeDocument without layouts of our own.
func (Codec) DecodeByDocstore(data []byte, dest any) error {
	doc, err := driver.NewDocument(dest)
	if err != nil {
		return err
	}
	root, _, _ := nextElement(data)
	return doc.Decode(decoder{element: root})
}
