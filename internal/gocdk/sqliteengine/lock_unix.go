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
type lockFile struct {
	f       *os.File
	waiting chan error // of an abandoned wait; nil is none
}

func openLockFile(path string) (*lockFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(fileMode); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &lockFile{f: f}, nil
}

// lock waits until no other process holds the lock, or until abandon is closed:
// then its error is errLockAbandoned, and the lock file is of no more use.
func (l *lockFile) lock(abandon <-chan struct{}) error {
	if err := l.flock(syscall.LOCK_EX | syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
		return err
	}
	locked := make(chan error, 1)
	go func() { locked <- l.flock(syscall.LOCK_EX) }()
	select {
	case err := <-locked:
		return err
	case <-abandon:
		l.waiting = locked
		return errLockAbandoned
	}
}

func (l *lockFile) unlock() error { return l.flock(syscall.LOCK_UN) }

// close gives up the lock too. Nothing wakes a wait that was abandoned: the file
// is closed when that ends.
func (l *lockFile) close() error {
	if l.waiting == nil {
		return l.f.Close()
	}
	go func() {
		<-l.waiting
		l.f.Close()
	}()
	return nil
}

func (l *lockFile) flock(how int) error {
	for {
		err := syscall.Flock(int(l.f.Fd()), how)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, syscall.EINTR):
			return fmt.Errorf("flock: %w", err)
		}
	}
}
