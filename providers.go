package app

import (
	"context"
	"crypto/rand"
	"io"
	"time"

	"github.com/google/wire"

	"promptz/internal/archive"
	"promptz/internal/config"
	"promptz/internal/identity"
	"promptz/internal/identity/keyring"
	"promptz/internal/library"
	"promptz/internal/server"
	"promptz/internal/store"
)

// toolSet is everything below the transports.
//
//lint:ignore U1000 wire.go uses it, behind its build tag
var toolSet = wire.NewSet(
	wire.Value(clock(time.Now)),
	wire.InterfaceValue(new(io.Reader), rand.Reader),
	newDocuments,
	openData,
	openLibrary,
	openIdentity,
	openEphemeral,
	openKeeper,
	openKeyring,
	newDayKeys,
	newLibrary,
	newIdentity,
	newImporter,
	newExporter,
	newExecutions,
	newDeadLetters,
	wire.Struct(new(Tools), "*"),
)

// serverSet is the transports, on top of toolSet.
//
//lint:ignore U1000 wire.go uses it, behind its build tag
var serverSet = wire.NewSet(
	openTracing,
	newTokens,
	newSender,
	newMailer,
	newProvider,
	newSignIn,
	newWatch,
	newRelays,
	newHappenings,
	newEnds,
	newUnwrap,
	openTopic,
	openSubscription,
	newPublisher,
	openBucket,
	newActivities,
	newRunner,
	newStarter,
	newConsumers,
	newSubscriber,
	newEnvelopes,
	newProblems,
	newHealth,
	newBacklog,
	newMetrics,
	newAPI,
	newProxies,
	newEdge,
	newOrigins,
	newRefuse,
	newLimits,
	newCaller,
	newHosts,
	wire.Struct(new(sweeper), "*"),
	wire.Struct(new(server.Middleware), "*"),
	newHandler,
)

// listenSet is what a process needs besides that serves on sockets.
//
//lint:ignore U1000 wire.go uses it, behind its build tag
var listenSet = wire.NewSet(
	wire.Value(mayWait(true)),
	newPublicURL,
	newListeners,
	newServer,
	wire.Struct(new(App), "*"),
)

// functionSet is what one needs that answers as a function on Lambda.
//
//lint:ignore U1000 wire.go uses it, behind its build tag
var functionSet = wire.NewSet(
	wire.Value(mayWait(false)),
	newFunctionURL,
	newEMFOutput,
	wire.Struct(new(httpFunction), "*"),
	wire.Struct(new(relayFunction), "*"),
	wire.Struct(new(eventsFunction), "*"),
	wire.Struct(new(activityFunction), "*"),
	wire.Struct(new(sweepFunction), "*"),
	wire.Struct(new(signInFunction), "*"),
)

// clock tells the time.
type clock func() time.Time

// data is the data folder, made and locked against a restore.
type data struct{}

func openData(cfg config.Config) (data, func(), error) {
	unlock, err := lockAll(cfg, false)
	return data{}, unlock, err
}

func openLibrary(ctx context.Context, _ data, cfg config.Config, docs *documents, now clock, random io.Reader) (*store.Library, func(), error) {
	c, err := docs.open(ctx, cfg, store.LibraryCollection)
	if err != nil {
		return nil, nil, err
	}
	return store.NewLibrary(c.handles, c.tuning, now, random), c.close, nil
}

func openIdentity(ctx context.Context, _ data, cfg config.Config, docs *documents, now clock, random io.Reader) (*store.Identity, func(), error) {
	c, err := docs.open(ctx, cfg, store.IdentityCollection)
	if err != nil {
		return nil, nil, err
	}
	return store.NewIdentity(c.handles, c.tuning, now, random), c.close, nil
}

func newDayKeys(keys *keyring.Keyring, limits *store.Ephemeral, random io.Reader) *keyring.DayKeys {
	return keyring.NewDayKeys(keys, limits, random)
}

func newLibrary(items *store.Library, users *store.Identity, days *keyring.DayKeys, now clock, random io.Reader) *library.Service {
	return library.NewService(library.Deps{Items: items, Users: users, DayKeys: days, Now: now, Random: random})
}

func openEphemeral(ctx context.Context, _ data, cfg config.Config, docs *documents, now clock) (*store.Ephemeral, func(), error) {
	c, err := docs.open(ctx, cfg, store.EphemeralCollection)
	if err != nil {
		return nil, nil, err
	}
	return store.NewEphemeral(c.handles, c.tuning, now), c.close, nil
}

func newIdentity(users *store.Identity, limits *store.Ephemeral, keys *keyring.Keyring, cfg config.Config, now clock, random io.Reader) *identity.Service {
	return identity.NewService(identity.Deps{
		Store: users, Counters: limits, Secrets: keys, Environment: cfg.Environment, Now: now, Random: random,
	})
}

func newImporter(service *library.Service, items *store.Library, users *store.Identity, now clock) *archive.Importer {
	return archive.NewImporter(service, items, users, now)
}

func newExporter(items *store.Library, users *store.Identity) *archive.Exporter {
	return archive.NewExporter(items, users)
}
