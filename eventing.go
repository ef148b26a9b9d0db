package app

import (
	"io"
	"log/slog"

	"gocloud.dev/pubsub"

	"promptz/internal/events"
	"promptz/internal/library"
	"promptz/internal/promptz"
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

func newEnvelopes(public publicURL) *events.Envelopes { return events.NewEnvelopes(string(public)) }

// happenings is what the API shows of events.
type happenings struct {
	changes   *library.Changes
	watch     *events.Watch
	envelopes *events.Envelopes
}

func newHappenings(items *store.Library, users *store.Identity, watch *events.Watch, envelopes *events.Envelopes) happenings {
	return happenings{library.NewChanges(items.Log(), users.Log()), watch, envelopes}
}

// newPublisher names the publisher by a random word: no two processes may think
// they are one.
func newPublisher(topic *pubsub.Topic, envelopes *events.Envelopes, watch *events.Watch, log *slog.Logger, random io.Reader) (*events.Publisher, error) {
	name, err := promptz.NewID(random)
	if err != nil {
		return nil, err
	}
	return events.NewPublisher(topic, envelopes, watch, log, name), nil
}

func newSubscriber(items *store.Library, consumers []events.Consumer, envelopes *events.Envelopes, unwrap unwrap, log *slog.Logger, now clock) *events.Subscriber {
	return events.NewSubscriber(events.SubscriberDeps{
		Consumers: consumers, Envelopes: envelopes, Unwrap: unwrap, Retries: items, Now: now, Log: log,
	})
}
