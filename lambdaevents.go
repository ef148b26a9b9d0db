package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"promptz/internal/config"
	"promptz/internal/events"
	"promptz/internal/identity"
	"promptz/internal/server/lambda"
	"promptz/internal/store"
)

// relayFunction gives the events on tables' streams their numbers and publishes
// them.
type relayFunction struct {
	config    config.Config
	items     *store.Library
	users     *store.Identity
	relays    relays
	publisher *events.Publisher
	log       *slog.Logger
}

func (f *relayFunction) start(context.Context) (any, error) {
	type end struct {
		relay *events.Relay
		log   *store.Log
	}
	ends := map[string]end{}
	for i, collection := range []string{store.LibraryCollection, store.IdentityCollection} {
		raw, err := f.config.DocumentsURL(collection)
		if err != nil {
			return nil, err
		}
		u, err := url.Parse(raw)
		if err != nil {
			return nil, errors.New("documents: their URL can't be read")
		}
		ends[u.Host] = end{f.relays[i], []*store.Log{f.items.Log(), f.users.Log()}[i]}
	}
	take := func(ctx context.Context, table string, ids []string) error {
		e, ok := ends[table]
		if !ok {
			return fmt.Errorf("the stream is of table %q, which is none of ours", table)
		}
		if err := e.relay.Relay(ctx, ids); err != nil {
			return err
		}
		return f.publisher.Flush(ctx, e.log)
	}
	return (&lambda.Stream{Prefix: store.EventPrefix, Take: take, Log: f.log}).Handle, nil
}

// eventsFunction hands events from the queue to their consumers.
type eventsFunction struct {
	subscriber *events.Subscriber
	envelopes  *events.Envelopes
	unwrap     unwrap
	log        *slog.Logger
}

func (f *eventsFunction) start(context.Context) (any, error) {
	return (&lambda.Queue{Consume: f.subscriber.Consume, Check: f.check, Log: f.log}).Handle, nil
}

// check tells what is wrong with a message that is no event. A server drops those;
// here the queue keeps them among its dead letters.
func (f *eventsFunction) check(body []byte) error {
	inside, err := f.unwrap(body)
	if err != nil {
		return err
	}
	_, err = f.envelopes.Decode(inside)
	return err
}

// sweepFunction does what is due, and what a server does all the time, called each
// minute.
type sweepFunction struct {
	items      *store.Library
	users      *store.Identity
	sweeper    *sweeper
	signIn     *identity.SignIn
	relays     relays
	publisher  *events.Publisher
	subscriber *events.Subscriber
	waiting    *backlog
	metrics    emfOutput
	log        *slog.Logger
}

// sweepReport is what a sweep did.
type sweepReport struct {
	swept
	Retried int `json:"retried"` // attempts at events that had failed
}

func (f *sweepFunction) start(context.Context) (any, error) { return f.sweep, nil }

// sweep does it all. What fails keeps nothing else from being done, and is the error
// in the end: the function's errors are watched.
func (f *sweepFunction) sweep(ctx context.Context) (did sweepReport, err error) {
	var failed failures
	for _, relay := range f.relays {
		failed.note("relay", relay.Sweep(ctx))
	}
	failed.note("publish", f.publisher.Flush(ctx, f.items.Log(), f.users.Log()))
	did.Retried, err = f.subscriber.Retry(ctx)
	failed.note("retry", err)
	failed.note("deliver", f.signIn.Deliver(ctx))
	did.swept, err = f.sweeper.sweep(ctx)
	failed.note("sweep", err)
	failed.note("metrics", f.report(ctx))
	f.log.InfoContext(ctx, "swept", "purged", did.Purged, "expired", did.Expired, "erased", did.Erased, "retried", did.Retried)
	return did, errors.Join(failed...)
}

// report writes what waits as metrics.
func (f *sweepFunction) report(ctx context.Context) error {
	read, err := f.waiting.Read(ctx)
	if err != nil {
		return err
	}
	return read.writeEMF(f.metrics.to, f.metrics.deployment, f.waiting.now())
}
