package app

import (
	"log/slog"

	"promptz/internal/events"
	"promptz/internal/library"
	"promptz/internal/store"
)

// relays give events their numbers, one for each collection that has some.
type relays []*events.Relay

func newWatch(items *store.Library, users *store.Identity, log *slog.Logger) *events.Watch {
	return events.NewWatch(log, items.Log(), users.Log())
}

func newRelays(items *store.Library, users *store.Identity, watch *events.Watch, log *slog.Logger) relays {
	return relays{events.NewRelay(items.Log(), watch, log), events.NewRelay(users.Log(), watch, log)}
}

func newHappenings(items *store.Library, users *store.Identity, watch *events.Watch, envelopes *events.Envelopes) happenings {
	return happenings{library.NewChanges(items.Log(), users.Log()), watch, envelopes}
}

func newEnvelopes(public publicURL) *events.Envelopes { return events.NewEnvelopes(string(public)) }
