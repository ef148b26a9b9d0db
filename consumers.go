package app

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"promptz/internal/events"
	"promptz/internal/identity"
	"promptz/internal/library"
	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/workflow/activities"
	"promptz/internal/workflow/machines"
)

// consumeAtOnce is how many items' events are handled at the same time.
const consumeAtOnce = 16

func newStarter(runner runner, now clock) *machines.Starter {
	return machines.NewStarter(runner, now)
}

// newConsumers is everything that is done because something happened.
func newConsumers(items *store.Library, service *library.Service, accounts *identity.Service,
	starter *machines.Starter, do activities.Deps, now clock) []events.Consumer {
	return []events.Consumer{
		{
			Name:   "count",
			Types:  []promptz.EventType{promptz.EventItemCopied, promptz.EventItemDownloaded},
			Handle: byItem(counter(items, starter)),
		},
		{
			Name:   "rank", // stars are counted where they are set
			Types:  []promptz.EventType{promptz.EventItemStarred, promptz.EventItemUnstarred, promptz.EventItemPublished},
			Handle: byItem(ranker(starter)),
		},
		{
			Name:   "publish",
			Types:  []promptz.EventType{promptz.EventItemPublished, promptz.EventItemUpdated},
			Handle: each(starter.Published),
		},
		{
			Name:   "withdraw",
			Types:  []promptz.EventType{promptz.EventItemUnpublished, promptz.EventItemDeleted},
			Handle: each(withdrawer(do, starter)),
		},
		{
			Name:  "purge",
			Types: []promptz.EventType{promptz.EventItemDeleted},
			Handle: each(func(ctx context.Context, e promptz.Event) error {
				return items.PurgeItem(ctx, e.ItemID)
			}),
		},
		{
			Name:   "welcome",
			Types:  []promptz.EventType{promptz.EventUserCreated},
			Handle: each(starter.Joined),
		},
		{
			Name:   "erase",
			Types:  []promptz.EventType{promptz.EventUserDeleted},
			Handle: eraser(service, accounts, now),
		},
	}
}

// counter counts the interactions with an item, and has it ranked anew.
func counter(items *store.Library, starter *machines.Starter) func(context.Context, string, []promptz.Event) error {
	rank := ranker(starter)
	return func(ctx context.Context, item string, some []promptz.Event) error {
		if err := items.CountEvents(ctx, item, some); err != nil {
			return err
		}
		return rank(ctx, item, some)
	}
}

// ranker has an item ranked anew, unless all that happened to it did so elsewhere.
func ranker(starter *machines.Starter) func(context.Context, string, []promptz.Event) error {
	return func(ctx context.Context, item string, some []promptz.Event) error {
		for _, e := range some {
			if !e.Imported {
				return starter.Interacted(ctx, item)
			}
		}
		return nil
	}
}

// withdrawer removes the file of an item that was taken back. One that everybody
// can read again by now, as when its event comes late, keeps it.
func withdrawer(do activities.Deps, starter *machines.Starter) func(context.Context, promptz.Event) error {
	return func(ctx context.Context, e promptz.Event) error {
		public, err := do.Withdraw(ctx, e.Kind, e.ItemID)
		if err != nil || !public {
			return err
		}
		return starter.PublishedSince(ctx, e)
	}
}

// each handles events one by one, in their order.
func each(handle func(context.Context, promptz.Event) error) func(context.Context, []promptz.Event) error {
	return func(ctx context.Context, all []promptz.Event) error {
		for _, e := range all {
			if err := handle(ctx, e); err != nil {
				return err
			}
		}
		return nil
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
