package sqlitedocstore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"

	"promptz/internal/gocdk/sqliteengine"
)

// maxGets bounds how many documents one statement reads, and with it how many
// statements a connection keeps.
const maxGets = 100

// runGets reads the documents of all gets, up to a hundred at a time from one
// state of the collection.
func (c *collection) runGets(ctx context.Context, gets []*driver.Action, errs []error) {
	for group := range slices.Chunk(gets, maxGets) {
		docs := make([][]byte, len(group))
		err := c.engine.Read(ctx, func(conn *sqliteengine.Conn) error {
			return c.getGroup(ctx, conn, group, docs)
		})
		for i, a := range group {
			switch {
			case err != nil:
				errs[a.Index] = err
			case docs[i] == nil:
				errs[a.Index] = notFound(a.Key)
			default:
				errs[a.Index] = decodeDocument(docs[i], a.Doc, newFieldTree(a.FieldPaths))
			}
		}
	}
}

// getGroup reads documents by one statement; docs[i] stays nil where there is
// none.
func (c *collection) getGroup(ctx context.Context, conn *sqliteengine.Conn, group []*driver.Action, docs [][]byte) error {
	if len(group) == 1 {
		_, doc, err := c.get(ctx, conn, group[0].Key)
		if errorCode(err) == gcerrors.NotFound {
			return nil
		}
		docs[0] = doc
		return err
	}
	args := make([]any, len(group))
	for i, a := range group {
		arg, err := keyArg(a.Key)
		if err != nil {
			return err
		}
		args[i] = arg
	}
	rows, err := conn.Query(ctx, c.sql.getGroup(len(group)), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		var doc []byte
		if err := rows.Scan(&n, &doc); err != nil {
			return err
		}
		docs[n] = doc
	}
	return rows.Err()
}

// getGroup is the statement that reads n documents. It numbers the keys, since
// what SQLite gives back of a key does not tell how it was given.
func (s statements) getGroup(n int) string {
	var b strings.Builder
	b.WriteString("WITH wanted (n, key) AS (SELECT column1, column2 FROM (VALUES (0, ?)")
	for i := 1; i < n; i++ {
		b.WriteString(", (" + strconv.Itoa(i) + ", ?)")
	}
	// CROSS JOIN keeps SQLite from reading the table first.
	b.WriteString(")) SELECT n, doc FROM wanted CROSS JOIN " + s.table + " USING (key)")
	return b.String()
}

// get reads the document with the given key.
func (c *collection) get(ctx context.Context, conn *sqliteengine.Conn, key any) (revision string, doc []byte, err error) {
	arg, err := keyArg(key)
	if err != nil {
		return "", nil, err
	}
	err = conn.QueryRow(ctx, c.sql.get, arg).Scan(&revision, &doc)
	if errors.Is(err, sqliteengine.ErrNoRows) {
		return "", nil, notFound(key)
	}
	return revision, doc, err
}

func notFound(key any) error {
	return newError(gcerrors.NotFound, "document with key %v does not exist", key)
}
