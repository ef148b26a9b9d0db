// Package sqliteengine runs one SQLite file for many concurrent callers of one
// or more processes, durably. It is what the drivers beside it stand on, and
// knows nothing of documents or messages.
//
// Writes go through one goroutine that commits concurrent callers together
// (group commit): each caller's function runs in a savepoint of its own, and
// every caller is answered after the one COMMIT, so many writes share one
// fsync. Reads use a bounded pool of read-only connections and never wait for
// writes. The file is in WAL mode with synchronous=FULL: what was acknowledged
// survives the process and the machine.
//
// There is one engine per file in a process, however often it is opened, since
// two writers in one process would only starve each other. Across processes a
// lock file beside the database, taken before each transaction, lets writers
// take turns.
//
// It leans on modernc.org/sqlite, which needs no cgo, and on flock(2).
package sqliteengine
