//go:build wireinject

package app

import (
	"context"
	"log/slog"

	"github.com/google/wire"

	"promptz/internal/config"
)

// Open makes the program of a configuration. cleanup closes what it opened.
func Open(ctx context.Context, cfg config.Config, log *slog.Logger) (*App, func(), error) {
	panic(wire.Build(toolSet, serverSet, listenSet))
}

// OpenTools makes what commands work on. cleanup closes what it opened.
func OpenTools(ctx context.Context, cfg config.Config, log *slog.Logger) (*Tools, func(), error) {
	panic(wire.Build(toolSet))
}

// The functions that the program is on Lambda each open what they need. cleanup
// closes it.

func openHTTPFunction(ctx context.Context, cfg config.Config, log *slog.Logger) (*httpFunction, func(), error) {
	panic(wire.Build(toolSet, serverSet, functionSet))
}

func openRelayFunction(ctx context.Context, cfg config.Config, log *slog.Logger) (*relayFunction, func(), error) {
	panic(wire.Build(toolSet, serverSet, functionSet))
}

func openEventsFunction(ctx context.Context, cfg config.Config, log *slog.Logger) (*eventsFunction, func(), error) {
	panic(wire.Build(toolSet, serverSet, functionSet))
}

func openActivityFunction(ctx context.Context, cfg config.Config, log *slog.Logger) (*activityFunction, func(), error) {
	panic(wire.Build(toolSet, serverSet, functionSet))
}

func openSweepFunction(ctx context.Context, cfg config.Config, log *slog.Logger) (*sweepFunction, func(), error) {
	panic(wire.Build(toolSet, serverSet, functionSet))
}

func openSignInFunction(ctx context.Context, cfg config.Config, log *slog.Logger) (*signInFunction, func(), error) {
	panic(wire.Build(toolSet, serverSet, functionSet))
}
