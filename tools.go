package app

import (
	"promptz/internal/identity"
	"promptz/internal/library"
	"promptz/internal/store"
)

// Tools is the library without a server: what commands work on, beside running
// servers too.
type Tools struct {
	Library  *library.Service
	Identity *identity.Service
	Items    *store.Library
	Users    *store.Identity
}
