package sqlitedocstore_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"gocloud.dev/docstore"
	"gocloud.dev/docstore/driver"
	"gocloud.dev/docstore/drivertest"
	"modernc.org/sqlite"

	"promptz/internal/gocdk/sqlitedocstore"
	"promptz/internal/gocdk/sqliteengine"
)

// harness gives every collection a file of its own.
type harness struct {
	dir   string
	count int
}

func newHarness(_ context.Context, t *testing.T) (drivertest.Harness, error) {
	return &harness{dir: t.TempDir()}, nil
}

func (h *harness) MakeCollection(ctx context.Context, kind drivertest.CollectionKind) (driver.Collection, error) {
	h.count++
	path := filepath.Join(h.dir, fmt.Sprintf("%d.db", h.count))
	opts := &sqlitedocstore.Options{AllowScans: true}
	switch kind {
	case drivertest.SingleKey, drivertest.NoRev:
		return sqlitedocstore.OpenDriver(ctx, path, drivertest.KeyField, nil, opts)
	case drivertest.AltRev:
		opts.RevisionField = drivertest.AlternateRevisionField
		return sqlitedocstore.OpenDriver(ctx, path, drivertest.KeyField, nil, opts)
	case drivertest.TwoKey:
		// The indexes that the suite has on DynamoDB.
		opts.Indexes = []sqlitedocstore.Index{
			{Partition: "Game", Sort: "Player"},
			{Partition: "Game", Sort: "Score"},
			{Partition: "Player", Sort: "Score"},
			{Partition: "Player", Sort: "Time"},
		}
		return sqlitedocstore.OpenDriver(ctx, path, "", drivertest.HighScoreKey, opts)
	default:
		return nil, fmt.Errorf("unknown kind of collection %v", kind)
	}
}

func (*harness) BeforeDoTypes() []any               { return nil }
func (*harness) BeforeQueryTypes() []any            { return nil }
func (*harness) RevisionsEqual(rev1, rev2 any) bool { return rev1 == rev2 }
func (*harness) Close()                             {}

func (*harness) AtomicWritesKind() drivertest.AtomicWritesSupportKind {
	return drivertest.MultiplePartitions
}

// codecTester has the codec of single values for the native one: SQLite has
// none of its own for Go.
type codecTester struct{ codec sqlitedocstore.Codec }

func (codecTester) UnsupportedTypes() []drivertest.UnsupportedType { return nil }

func (c codecTester) DocstoreEncode(x any) (any, error) { return c.codec.EncodeDocument(x) }
func (c codecTester) NativeEncode(x any) (any, error)   { return c.codec.EncodeValue(x) }

func (c codecTester) DocstoreDecode(value, dest any) error {
	return c.codec.DecodeDocument(value.([]byte), dest)
}

func (c codecTester) NativeDecode(value, dest any) error {
	return c.codec.DecodeValue(value.([]byte), dest)
}

// asTest checks the types that As and ErrorAs expose.
type asTest struct{}

func (asTest) Name() string { return "engine and error" }

func (asTest) CollectionCheck(coll *docstore.Collection) error {
	var engine *sqliteengine.Engine
	if !coll.As(&engine) || engine.Path() == "" {
		return errors.New("Collection.As does not give the engine")
	}
	return nil
}

func (asTest) QueryCheck(it *docstore.DocumentIterator) error {
	var engine *sqliteengine.Engine
	if it.As(&engine) {
		return errors.New("DocumentIterator.As gives the engine")
	}
	return nil
}

func (asTest) ErrorCheck(coll *docstore.Collection, err error) error {
	var native *sqlite.Error
	if coll.ErrorAs(err, &native) {
		return fmt.Errorf("a taken key shows SQLite's error %v", native)
	}
	return nil
}

func TestConformance(t *testing.T) {
	drivertest.RunConformanceTests(t, newHarness, codecTester{}, []drivertest.AsTest{asTest{}})
}
