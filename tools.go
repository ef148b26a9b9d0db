package app

import (
	"context"
	"time"

	"promptz/internal/archive"
	"promptz/internal/identity"
	"promptz/internal/identity/keyring"
	"promptz/internal/library"
	"promptz/internal/store"
	"promptz/internal/workflow"
	"promptz/internal/workflow/machines"
)

// Tools is the library without a server: what commands work on, beside running
// servers too.
type Tools struct {
	Library  *library.Service
	Identity *identity.Service
	Importer *archive.Importer
	Exporter *archive.Exporter
	Items    *store.Library
	Keyring  *keyring.Keyring

	// Executions shows what workflows did and starts them anew; running them is
	// the servers'.
	Executions  workflow.Runner
	DeadLetters *DeadLetters
}

// Machines gives the names of all workflows.
func (t *Tools) Machines() []string { return machines.Names() }

// RebuildStats counts everything anew, see [library.RebuildStats].
func (t *Tools) RebuildStats(ctx context.Context) (library.Rebuilt, error) {
	return library.RebuildStats(ctx, t.Items, time.Now())
}
