// Package sqlitepubsub is a pubsub driver that keeps messages durably in a SQLite
// file, without cgo and without a broker.
//
// A message is one row for each subscription of its topic: acknowledging it
// removes the row. What a topic gets before it has a subscription is kept for the
// first one.
//
// # Guarantees
//
// A message whose Send returned is on disk, and survives the death of the
// process. It is delivered at least once to every subscription: again when it is
// nacked, and when it is not acknowledged within the ack deadline, to whichever
// process asks. A message that was delivered as often as the subscription allows
// is put aside, see [Queue.DeadLetters]. Messages come about in the order in which
// they were sent; redelivered ones come later.
//
// Several processes may use a file. In the process that sent a message its
// receivers wake at once, in others within a fraction of a second. An ack deadline
// is kept by the wall clock; a clock that jumps back delays a redelivery by at most
// another deadline, and one that jumps ahead makes it early.
//
// # URLs
//
// URLOpener opens URLs such as
//
//	sqlite://events?file=/var/lib/app/events.db
//	sqlite://events?file=/var/lib/app/events.db&subscription=mail&ack_deadline=1m&max_attempts=5
//
// It does not register itself; do so on the pubsub.URLMux of your choice. One
// opener has to open both ends, for receivers to wake at once.
//
// # As
//
// sqlitepubsub exposes the following types for As:
//   - Topic, Subscription: **Queue
//   - Error: **sqlite.Error of modernc.org/sqlite
package sqlitepubsub
