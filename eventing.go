package app

import (
	"context"
	"io"
	"log/slog"
	"time"

	"gocloud.dev/pubsub"
	"golang.org/x/sync/errgroup"

	"promptz/internal/events"
	"promptz/internal/identity"
	"promptz/internal/library"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// consumeAtOnce is how many items' events are handled at the same time.
const consumeAtOnce = 16

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

func newSubscriber(items *store.Library, consumers []events.Consumer, envelopes *events.Envelopes, log *slog.Logger, now clock) *events.Subscriber {
	return events.NewSubscriber(events.SubscriberDeps{
		Consumers: consumers, Envelopes: envelopes, Unwrap: asItCame, Retries: items, Now: now, Log: log,
	})
}

// asItCame takes nothing off a message.
func asItCame(body []byte) ([]byte, error) { return body, nil }

// newConsumers is everything that is done because something happened.
func newConsumers(items *store.Library, service *library.Service, accounts *identity.Service, now clock) []events.Consumer {
	return []events.Consumer{
		{Name: "count", Types: []promptz.EventType{promptz.EventItemCopied, promptz.EventItemDownloaded}, Handle: byItem(items.CountEvents)},
		{Name: "purge", Types: []promptz.EventType{promptz.EventItemDeleted}, Handle: byItem(func(ctx context.Context, item string, _ []promptz.Event) error {
			return items.PurgeItem(ctx, item)
		})},
		{Name: "erase", Types: []promptz.EventType{promptz.EventUserDeleted}, Handle: eraser(service, accounts, now)},
	}
}

// byItem handles the events of each item together, and those of several items at
// the same time.
func byItem(handle func(ctx context.Context, item string, events []promptz.Event) error) func(context.Context, []promptz.Event) error {
	return func(ctx context.Context, all []promptz.Event) error {
		items := map[string][]promptz.Event{}
		for _, e := range all {
			items[e.ItemID] = append(items[e.ItemID], e)
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(consumeAtOnce)
		for item, some := range items {
			group.Go(func() error { return handle(ctx, item, some) })
		}
		return group.Wait()
	}
}

// eraser removes what deleted accounts leave, once no process takes their
// credentials for good any more.
func eraser(service *library.Service, accounts *identity.Service, now clock) func(context.Context, []promptz.Event) error {
	return func(ctx context.Context, all []promptz.Event) error {
		for _, e := range all {
			if due := e.At.Add(store.ErasureDelay + time.Second); now().Before(due) {
				return events.NotYet{Until: due}
			}
		}
		_, err := accounts.EraseDue(ctx, service)
		return err
	}
}
