// Package app is the composition root: it makes the program that a configuration
// describes, and runs it. It alone imports provider drivers and cloud SDKs.
package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"gocloud.dev/pubsub"
	"golang.org/x/term"

	"promptz/internal/config"
	"promptz/internal/events"
	"promptz/internal/identity"
	"promptz/internal/identity/keyring"
	"promptz/internal/library"
	"promptz/internal/server"
	"promptz/internal/store"
	"promptz/internal/transport"
)

// sweepInterval is how often deleted items are purged and expired records
// removed.
const sweepInterval = time.Minute

// viewsInterval is how often views are written.
const viewsInterval = 10 * time.Second

// App is the whole program, opened.
type App struct {
	config    config.Config
	log       *slog.Logger
	listeners listeners
	handler   http.Handler
	server    *server.Server
	items     *store.Library
	users     *store.Identity
	limits    *store.Ephemeral
	library   *library.Service
	accounts  *identity.Service
	signIn    *identity.SignIn
	keyring   *keyring.Keyring
	watch     *events.Watch
	relays    relays
	publisher *events.Publisher

	runner runner

	subscriber   *events.Subscriber
	subscription *pubsub.Subscription
}

// LoadConfig makes the configuration of flags, environment and file.
func LoadConfig(flags *config.Flags, environ []string) (config.Config, error) {
	cfg, err := config.Load(flags, environ, config.Schemes{
		"documents":    documentSchemes,
		"blobs":        blobSchemes,
		"workflows":    workflowSchemes,
		"topic":        transport.TopicSchemes,
		"subscription": transport.SubscriptionSchemes,
		"secrets":      keeperSchemes,
		"signIn":       signInSchemes,
		"mail":         mailSchemes,
	})
	if err != nil {
		return config.Config{}, err
	}
	return cfg, checkTransports(cfg)
}

// NewLogger makes the logger that the configuration wants: without one, lines of
// text on a terminal and JSON elsewhere.
func NewLogger(cfg config.Config, w io.Writer) *slog.Logger {
	format := cfg.LogFormat
	if f, ok := w.(*os.File); format == "" && ok && term.IsTerminal(int(f.Fd())) {
		format = "text"
	} else if format == "" {
		format = "json"
	}
	return server.NewLogger(w, format, cfg.LogLevel)
}

// Run serves until ctx ends, then drains.
func (a *App) Run(ctx context.Context) error {
	a.log.Info("serving", "url", a.url(), "data", a.config.Data)
	if err := a.keyring.Rotate(ctx); err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() { a.sweep(ctx) })
	work.Go(func() { a.signIn.Run(ctx) })
	work.Go(func() { a.watch.Run(ctx) })
	work.Go(func() { a.flushViews(ctx) })
	for _, relay := range a.relays {
		work.Go(func() { relay.Run(ctx) })
	}
	work.Go(func() { a.publisher.Run(ctx, a.items.Log(), a.users.Log()) })
	work.Go(func() { a.subscriber.Run(ctx, a.subscription) })
	work.Go(func() { a.runner.Run(ctx) })
	err := a.server.Run(ctx)
	stop()
	work.Wait()
	a.log.Info("stopped")
	return err
}

// url is where the server can be reached.
func (a *App) url() string {
	if a.config.PublicURL != "" {
		return a.config.PublicURL
	}
	return "http://" + a.listeners.public.Addr().String()
}

// sweep runs the stores' sweeps at once and then every minute.
func (a *App) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		a.sweepOnce(ctx, store.LibraryCollection, a.items.Sweep)
		a.sweepOnce(ctx, store.IdentityCollection, a.users.Sweep)
		a.sweepOnce(ctx, store.EphemeralCollection, a.limits.Sweep)
		a.maintain(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *App) sweepOnce(ctx context.Context, collection string, sweep func(context.Context) (store.Swept, error)) {
	swept, err := sweep(ctx)
	switch {
	case ctx.Err() != nil: // the server stops; the next start goes on
	case err != nil:
		a.log.Error("sweep failed; the next goes on", "collection", collection, "error", err)
	case swept != store.Swept{}:
		a.log.Info("swept", "collection", collection, "purged", swept.Purged, "expired", swept.Expired)
	}
}

// flushViews writes what was looked at every ten seconds, and at the end.
func (a *App) flushViews(ctx context.Context) {
	tick := time.NewTicker(viewsInterval)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		if err := a.library.FlushViews(context.WithoutCancel(ctx)); err != nil {
			a.log.Warn("views were not counted yet", "error", err)
		}
	}
}

// maintain does what is due of accounts: it erases those that were left, and makes
// signing keys in time.
func (a *App) maintain(ctx context.Context) {
	erased, err := a.accounts.EraseDue(ctx, a.library)
	if err != nil && ctx.Err() == nil {
		a.log.Error("erasing accounts failed; it goes on in a minute", "error", err)
	}
	if erased > 0 {
		a.log.Info("accounts erased", "count", erased)
	}
	if err := a.keyring.Rotate(ctx); err != nil && ctx.Err() == nil {
		a.log.Error("rotating signing keys failed; it is tried again in a minute", "error", err)
	}
}
