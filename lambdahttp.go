package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"promptz/internal/identity"
	"promptz/internal/identity/keyring"
	"promptz/internal/library"
	"promptz/internal/server"
	"promptz/internal/server/lambda"
)

const (
	// mailTime is how long an answer takes that lets a mail go: as long for every
	// address, so that nobody learns by a clock who has an account.
	mailTime = time.Second
	// mailLook is how often what is queued is looked for meanwhile. The index that
	// tells may be late.
	mailLook = 200 * time.Millisecond
)

// httpFunction answers the requests of an HTTP API.
type httpFunction struct {
	handler http.Handler
	health  *server.Health
	keyring *keyring.Keyring
	library *library.Service
	signIn  *identity.SignIn
	refuse  server.Refuse
	log     *slog.Logger
}

func (f *httpFunction) start(ctx context.Context) (any, error) {
	if err := f.keyring.Rotate(ctx); err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	f.health.SetServing(true)
	return lambda.NewHTTP(f.handler, lambda.HTTPOptions{Refuse: f.refuse, Finish: f.finish, Log: f.log}), nil
}

// finish does at once what a server leaves to goroutines: once it has answered,
// the process is frozen.
func (f *httpFunction) finish(ctx context.Context) {
	if err := f.library.FlushViews(ctx); err != nil {
		f.log.WarnContext(ctx, "views were not counted yet", "error", err)
	}
	if f.signIn.TakeQueued() {
		f.deliver(ctx)
	}
}

// deliver lets mails go for a while. What fails is left to the sweep.
func (f *httpFunction) deliver(ctx context.Context) {
	end := time.NewTimer(mailTime)
	defer end.Stop()
	look := time.NewTicker(mailLook)
	defer look.Stop()
	for {
		if err := f.signIn.Deliver(ctx); err != nil {
			f.log.WarnContext(ctx, "deliveries failed; they are tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-look.C:
		}
	}
}
