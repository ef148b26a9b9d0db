package sqlitedocstore

import (
	"context"
	"errors"
	"reflect"

	"gocloud.dev/docstore"
	"gocloud.dev/docstore/driver"
	"gocloud.dev/gcerrors"
	"modernc.org/sqlite"

	"promptz/internal/gocdk/sqliteengine"
)

// Index declares an index on two fields: documents that have both are on it.
// It serves queries with one value of Partition, ordered and bounded by Sort.
// Names are letters, digits, '_' and '-'.
type Index struct {
	Partition string
	Sort      string
}

// String returns the index as URLs and query plans name it.
func (x Index) String() string { return x.Partition + "," + x.Sort }

// Options are optional arguments to the OpenCollection functions.
type Options struct {
	// RevisionField is the name of the field that holds a document's revision;
	// docstore.DefaultRevisionField by default.
	RevisionField string

	// Indexes are made if they are not there, from the documents that are.
	// Indexes of the file that are not declared stay, since another process
	// may have declared them.
	Indexes []Index

	// AllowScans lets queries read the whole collection to filter or sort it,
	// and sort in memory. It is for tests and small collections.
	AllowScans bool

	// SecureDelete overwrites deleted content with zeros. Collections in one
	// file must agree on it.
	SecureDelete bool
}

// OpenCollection opens the collection with the given name in the database file
// at path, and makes what does not exist but the file's folder. keyField is the
// document field that holds the key: a string, a number, or what encodes as
// one. A nil opts is the same as the zero Options.
func OpenCollection(ctx context.Context, path, name, keyField string, opts *Options) (*docstore.Collection, error) {
	if keyField == "" {
		return nil, errors.New("open collection: empty key field")
	}
	return open(ctx, path, &collection{name: name, keyField: keyField}, opts)
}

// OpenCollectionWithKeyFunc is like OpenCollection for documents whose key is
// made of several fields. keyFunc returns a document's key, or nil if the
// document lacks what the key is made of. For Query.Delete and Query.Update it
// must take map[string]any besides the structs in use.
func OpenCollectionWithKeyFunc(ctx context.Context, path, name string, keyFunc func(docstore.Document) any, opts *Options) (*docstore.Collection, error) {
	if keyFunc == nil {
		return nil, errors.New("open collection: no key function")
	}
	return open(ctx, path, &collection{name: name, keyFunc: keyFunc}, opts)
}

func open(ctx context.Context, path string, c *collection, opts *Options) (*docstore.Collection, error) {
	if err := c.open(ctx, path, opts); err != nil {
		return nil, err
	}
	return docstore.NewCollection(c), nil
}

// A collection implements driver.Collection. It holds nothing that changes.
type collection struct {
	name     string
	keyField string                      // empty if keyFunc is set
	keyFunc  func(docstore.Document) any // nil if keyField is set
	opts     Options
	engine   *sqliteengine.Engine
	sql      statements
}

// Key implements driver.Collection.
func (c *collection) Key(doc driver.Document) (any, error) {
	if c.keyFunc == nil {
		key, _ := doc.GetField(c.keyField) // a missing field is a missing key
		return key, nil
	}
	key := c.keyFunc(doc.Origin)
	if key == nil || driver.IsEmptyValue(reflect.ValueOf(key)) {
		return nil, newError(gcerrors.InvalidArgument, "missing document key")
	}
	return key, nil
}

// RevisionField implements driver.Collection.
func (c *collection) RevisionField() string { return c.opts.RevisionField }

// RevisionToBytes implements driver.Collection.
func (c *collection) RevisionToBytes(revision any) ([]byte, error) {
	s, ok := revision.(string)
	if !ok {
		return nil, newError(gcerrors.InvalidArgument, "revision %v of type %[1]T is not a string", revision)
	}
	return []byte(s), nil
}

// BytesToRevision implements driver.Collection.
func (c *collection) BytesToRevision(b []byte) (any, error) { return string(b), nil }

// As implements driver.Collection.
func (c *collection) As(i any) bool {
	p, ok := i.(**sqliteengine.Engine)
	if ok {
		*p = c.engine
	}
	return ok
}

// ErrorAs implements driver.Collection.
func (c *collection) ErrorAs(err error, i any) bool {
	p, ok := i.(**sqlite.Error)
	return ok && errors.As(err, p)
}

// ErrorCode implements driver.Collection.
func (c *collection) ErrorCode(err error) gcerrors.ErrorCode { return errorCode(err) }

// Close implements driver.Collection.
func (c *collection) Close() error { return c.engine.Close() }
