// Package app is the composition root: it makes the program that a configuration
// describes, and runs it. It alone imports provider drivers and cloud SDKs.
package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"golang.org/x/term"

	"promptz/internal/config"
	"promptz/internal/server"
	"promptz/internal/store"
)

// sweepInterval is how often deleted items are purged and expired records
// removed.
const sweepInterval = time.Minute

// App is the whole program, opened.
type App struct {
	config    config.Config
	log       *slog.Logger
	listeners listeners
	handler   http.Handler
	server    *server.Server
	items     *store.Library
	users     *store.Identity
}

// LoadConfig makes the configuration of flags, environment and file.
func LoadConfig(flags *config.Flags, environ []string) (config.Config, error) {
	return config.Load(flags, environ, documentSchemes)
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
	ctx, stop := context.WithCancel(ctx)
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		a.sweep(ctx)
	}()
	err := a.server.Run(ctx)
	stop()
	<-swept
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
