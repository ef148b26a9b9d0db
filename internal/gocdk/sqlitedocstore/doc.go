// Package sqlitedocstore is a docstore driver that keeps documents durably in
// a SQLite file, without cgo.
//
// A collection is a table. A document is one row: its key, its revision, and
// its fields in SQLite's own binary JSON (https://www.sqlite.org/jsonb.html),
// so SQLite can index any field, whoever writes it, and the sqlite3 shell can
// show it: SELECT json(doc) FROM library.
//
// It promises what DynamoDB promises with consistent reads, and refuses what
// DynamoDB refuses: a query wants the key or a declared index, unless it has no
// filter or Options.AllowScans is set.
//
// # URLs
//
// URLOpener opens URLs such as
//
//	sqlite://library/id?file=/var/lib/app/library.db&index=kind,publishedAt
//
// It does not register itself; do so on the docstore.URLMux of your choice:
//
//	mux.RegisterCollection(sqlitedocstore.Scheme, &sqlitedocstore.URLOpener{})
//
// # Action lists
//
// The gets of an action list see one state of the collection. Its writes, in
// groups of up to a hundred, are committed together, yet independently: one
// that fails does not undo the others. Writes after AtomicWrites all happen or
// none does, including a Create without a key; when they fail, each of them
// reports the error of the one that failed first. A revision is a random
// string, new at every write, also at a write whose document has no revision
// field.
//
// # Queries
//
// Results of an index come in the order of its sort field, those of the key and
// of scans in the order of keys. A query reads pages and holds no transaction
// in between, so it may see writes that happen meanwhile, but no document
// appears twice.
//
// # As
//
// sqlitedocstore exposes the following types for As:
//   - Collection: **sqliteengine.Engine, to back up the file or read its counters
//   - Error: **sqlite.Error of modernc.org/sqlite
package sqlitedocstore
