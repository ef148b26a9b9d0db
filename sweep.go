package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"promptz/internal/identity"
	"promptz/internal/identity/keyring"
	"promptz/internal/library"
	"promptz/internal/store"
)

// sweepInterval is how often a server sweeps.
const sweepInterval = time.Minute

// sweeper does what becomes due by time alone. Several at once are safe.
type sweeper struct {
	items    *store.Library
	users    *store.Identity
	limits   *store.Ephemeral
	library  *library.Service
	accounts *identity.Service
	keyring  *keyring.Keyring
}

// swept is what a sweep did.
type swept struct {
	Purged  int `json:"purged"`  // deleted items of which nothing is left
	Expired int `json:"expired"` // records removed after their time
	Erased  int `json:"erased"`  // accounts
}

// sweep does everything that is due. What fails keeps nothing else from being done,
// and is in the error.
func (s *sweeper) sweep(ctx context.Context) (did swept, err error) {
	var failed failures
	failed.note("rotate signing keys", s.keyring.Rotate(ctx))
	did.Erased, err = s.accounts.EraseDue(ctx, s.library)
	failed.note("erase accounts", err)
	for _, sweep := range []func(context.Context) (store.Swept, error){s.items.Sweep, s.users.Sweep, s.limits.Sweep} {
		from, err := sweep(ctx)
		did.Purged, did.Expired = did.Purged+from.Purged, did.Expired+from.Expired
		failed.note("sweep", err)
	}
	return did, errors.Join(failed...)
}

// failures are those of several things, none of which keeps another from being done.
type failures []error

func (f *failures) note(what string, err error) {
	if err != nil {
		*f = append(*f, fmt.Errorf("%s: %w", what, err))
	}
}

// run sweeps at once and then every minute, until ctx ends.
func (s *sweeper) run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		did, err := s.sweep(ctx)
		if ctx.Err() != nil { // the server stops; the next start goes on
			return
		}
		if err != nil {
			log.Error("sweeping failed; the next sweep goes on", "error", err)
		}
		if did != (swept{}) {
			log.Info("swept", "purged", did.Purged, "expired", did.Expired, "erased", did.Erased)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
