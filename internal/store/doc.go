// Package store keeps the domain's things as documents in collections of
// gocloud.dev/docstore.
//
// It hides what the drivers do differently, and promises the same on all of
// them: one change is one atomic list of writes, an update succeeds only on the
// state that was read, a list is one query on one declared index, what has
// expired is absent. It leans on packages promptz and docstore only; which
// driver is behind a collection is the root's business, and what needs a
// driver's own types comes in as a [Tuning]. The suite that holds every driver
// to this is in storetest.
package store
