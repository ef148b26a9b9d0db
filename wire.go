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
	panic(wire.Build(toolSet, serverSet))
}

// OpenTools makes what commands work on. cleanup closes what it opened.
func OpenTools(ctx context.Context, cfg config.Config, log *slog.Logger) (*Tools, func(), error) {
	panic(wire.Build(toolSet))
}
