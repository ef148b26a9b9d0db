package store

import "time"

// leaseDoc is lease#<name> in the ephemeral collection: who may do something that
// one at a time does.
type leaseDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	Holder  string `docstore:"holder"`
	Until   int64  `docstore:"until"`   // Unix milliseconds
	Expires int64  `docstore:"expires"` // Unix seconds

	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

// rateDoc is rate#<hash of key> in the ephemeral collection: see Ephemeral.Take.
type rateDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	Arrival int64  `docstore:"arrival"` // Unix microseconds
	Expires int64  `docstore:"expires"` // Unix seconds

	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

// secondsAfter is when a record expires that is wanted until t, in Unix seconds.
func secondsAfter(t time.Time) int64 { return t.Unix() + 1 }
