package promptz

import "time"

// SealedKey is a signing key as it is stored.
type SealedKey struct {
	ID          string // the kid of tokens
	Sealed      []byte // the private key, sealed by the root key
	PublishedAt time.Time
	ActiveAt    time.Time // signs from here on, until a younger one does
	ExpiresAt   time.Time // no token of it is good any more

	// Guard is the store's own token, see [Item.Guard].
	Guard any
}

// Rate bounds how often something may happen: Burst at once, and in the long
// run Burst in every Window.
type Rate struct {
	Burst  int
	Window time.Duration
}
