//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package sqliteengine

import "errors"

// A lockFile is not to be had on this system.
type lockFile struct{}

func openLockFile(string) (*lockFile, error) {
	return nil, errors.New("sqliteengine: this system has no flock")
}

func (*lockFile) lock(<-chan struct{}) error { return nil }
func (*lockFile) unlock() error              { return nil }
func (*lockFile) close() error               { return nil }
