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
	library   *library.Service
	sweeper   *sweeper
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
	work.Go(func() { a.sweeper.run(ctx, a.log) })
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
