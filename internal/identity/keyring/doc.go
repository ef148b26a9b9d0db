// Package keyring keeps a deployment's secrets: one random root key, from which
// every keyed hash and every seal is drawn, and the keys that sign access tokens,
// which it makes and retires in time.
//
// It leans on gocloud's secrets: what is stored is sealed by a keeper, which is
// a key file or a cloud's key service. Where it is stored is an interface
// declared here; package store is one.
package keyring
