//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqliteengine

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// A lockFile keeps processes from writing at the same time. SQLite's own lock
// is taken by trying again and again, which lets a busy process starve others
// for seconds; flock(2) queues them.
type lockFile struct{ f *os.File }

func openLockFile(path string) (*lockFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(fileMode); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &lockFile{f}, nil
}

func (l *lockFile) lock() error {
	for {
		err := syscall.Flock(int(l.f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			return wrapLock(err)
		}
	}
}

func (l *lockFile) unlock() error {
	return wrapLock(syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN))
}

func (l *lockFile) close() error { return l.f.Close() }

func wrapLock(err error) error {
	if err != nil {
		return fmt.Errorf("flock: %w", err)
	}
	return nil
}
