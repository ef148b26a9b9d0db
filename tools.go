package app

import (
	"promptz/internal/archive"
	"promptz/internal/identity"
	"promptz/internal/identity/keyring"
	"promptz/internal/library"
	"promptz/internal/store"
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
}
