package promptz

import "time"

// Retry is an event that a consumer could not handle yet.
type Retry struct {
	Consumer string
	Event    Event
	Attempts int       // that failed
	DueAt    time.Time // of the next attempt
	Reason   string    // why the last one failed
	FailedAt time.Time // when it did
	Dead     bool      // it is not tried again until somebody redrives it

	// Guard is the store's own token, see [Item.Guard]; nil for a new one.
	Guard any
}
